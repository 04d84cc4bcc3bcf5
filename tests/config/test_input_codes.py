"""Names of input codes, against the kernel's own header where it is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.input_codes import (
    EV_KEY,
    EV_SW,
    KEY_MAX,
    KEYS,
    SWITCHES,
    input_code,
    input_code_name,
)

HEADER = Path("/usr/include/linux/input-event-codes.h")


def test_names_and_numbers() -> None:
    assert input_code("KEY_PHONE") == (EV_KEY, 169)
    assert input_code("KEY_F24") == (EV_KEY, 194)
    assert input_code("BTN_TRIGGER_HAPPY1") == (EV_KEY, 0x2C0)
    assert input_code("SW_HEADPHONE_INSERT") == (EV_SW, 2)
    assert input_code("169") == (EV_KEY, 169)
    assert input_code(str(KEY_MAX)) == (EV_KEY, KEY_MAX)


@pytest.mark.parametrize("text", ["auto", "KEY_FONE", "768", "-1", "1.5", "", "²", "cts"])
def test_what_is_none(text: str) -> None:
    assert input_code(text) is None


def test_each_name_is_told_again() -> None:
    for name in (*KEYS, *SWITCHES):
        code = input_code(name)
        assert code is not None and input_code_name(*code) == name
    assert input_code_name(EV_KEY, 30) == "30"


@pytest.mark.skipif(not HEADER.exists(), reason="linux-libc-dev is not installed")
def test_the_kernel_says_the_same() -> None:
    defined = dict(re.findall(r"^#define\s+(\w+)\s+(0x[0-9a-f]+|\d+)\b", HEADER.read_text(), re.M))
    for name, number in (KEYS | SWITCHES).items():
        assert int(defined[name], 0) == number, name
