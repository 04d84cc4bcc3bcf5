"""How this machine's Chromium is started for the page: with a camera and a microphone."""

from __future__ import annotations

from playwright.async_api import Browser, Playwright


async def start_chromium(playwright: Playwright) -> Browser:
    """Start Chromium without a window, its devices played and allowed."""
    return await playwright.chromium.launch(
        executable_path="/usr/bin/chromium",
        args=[
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream=device-count=2,fps=30",
        ],
    )
