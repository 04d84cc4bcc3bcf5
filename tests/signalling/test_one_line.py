"""What strangers send forges no line of the log, and no look of one."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.one_line import TRACEBACK, escaped, guard

FORMAT = "%(levelname)s %(name)s: %(message)s"


def logged(write: object, *args: object) -> list[str]:
    """Return the lines that one event comes to."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(FORMAT))
    logger = logging.Logger("hub")
    logger.addHandler(handler)
    guard(logger)
    if isinstance(write, Exception):
        try:
            raise write
        except type(write):
            logger.exception("failed")
    else:
        logger.warning(write, *args)
    return stream.getvalue().removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a\nERROR hub: all is lost", r"a\nERROR hub: all is lost"),
        ("a\r\nb", r"a\r\nb"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\u202eyob", r"\u202eyob"),
        ("\x00\x07\x7f\x85", r"\x00\x07\x7f\x85"),
        ("José 日本 visit=v1", "José 日本 visit=v1"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_strangers_send_stays_on_its_line(sent: str, shown: str) -> None:
    assert logged("page said %s", sent) == [f"WARNING hub: page said {shown}"]


@given(st.text())
def test_any_text_is_one_printable_line(sent: str) -> None:
    (line,) = logged("%s", sent)
    assert line.isprintable()
    assert escaped(escaped(sent)) == escaped(sent)


def test_a_traceback_cannot_look_like_events() -> None:
    first, *lines = logged(ValueError("x\nERROR hub: all is lost\x1b[2J"))
    assert first == "ERROR hub: failed"
    assert all(line.startswith(TRACEBACK) and line.isprintable() for line in lines)
    assert any("ValueError: x" in line for line in lines)


def test_arguments_that_do_not_fit_are_told_by_logging_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert logged("%d", "x") == [""]
    assert "Logging error" in capsys.readouterr().err
