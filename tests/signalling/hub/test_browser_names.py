"""Browsers by short names, never by what they say of themselves."""

from __future__ import annotations

import pytest

from signalling.hub.browser_names import browser_name

FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"
PHONE = "Linux; Android 10; K"
CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 {}Safari/537.36"
WEBKIT = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) {}"
MAC = "Macintosh; Intel Mac OS X 10_15_7"
IPHONE = "iPhone; CPU iPhone OS 18_1 like Mac OS X"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox, Android"),
        (CHROME.format(PHONE, "Mobile "), "Chrome, Android"),
        (CHROME.format(PHONE, "SamsungBrowser/27.0 "), "Samsung Internet, Android"),
        (CHROME.format("Windows NT 10.0; Win64; x64", "") + " Edg/131.0.0.0", "Edge, Windows"),
        (CHROME.format("X11; CrOS x86_64 14541.0.0", ""), "Chrome, ChromeOS"),
        (CHROME.format("X11; Linux x86_64", "") + " OPR/115.0.0.0", "Opera, Linux"),
        (WEBKIT.format(IPHONE, "Version/18.1 Mobile/15E148 Safari/604.1"), "Safari, iPhone"),
        (WEBKIT.format(IPHONE, "CriOS/131.0 Mobile/15E148 Safari/604.1"), "Chrome, iPhone"),
        (WEBKIT.format(MAC, "Version/18.1 Safari/605"), "Safari, Mac"),
        ("something on Windows", "Windows"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_known_by_name_and_system(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
