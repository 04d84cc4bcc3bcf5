"""The .ics file of a visit, read back by the library that wrote it and as plain lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar

from signalling.hub.calendar_file import calendar_file

START = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)


def made(**more: Any) -> bytes:
    facts: dict[str, Any] = {
        "summary": "Visit with Daniel",
        "starts_at": START.timestamp() + 0.4,
        "ends_at": START.timestamp() + 1800,
        "stamp_at": START.timestamp() - 86_400,
    }
    return calendar_file("v7k2", "main", **{**facts, **more})


def test_a_visit_is_one_entry_in_utc() -> None:
    lines = made(location="North Jail").decode().split("\r\n")
    assert {
        "METHOD:PUBLISH",
        "UID:v7k2@main",
        "DTSTART:20261128T150000Z",
        "DTEND:20261128T153000Z",
        "DTSTAMP:20261127T150000Z",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "LOCATION:North Jail",
    } <= set(lines)
    assert any(line.startswith("PRODID:-//Visitbooth//") for line in lines)


def test_a_moved_or_cancelled_visit_is_found_again_by_its_uid() -> None:
    lines = made(cancelled=True, sequence=2).decode().split("\r\n")
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:2", "UID:v7k2@main"} <= set(lines)


def test_names_cannot_add_lines_of_their_own() -> None:
    summary = "Visit, with; Dániel محمد\r\nATTENDEE:mailto:eve@example.org " + "x" * 200
    file = made(summary=summary)
    assert b"\nATTENDEE" not in file
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    read = Calendar.from_ical(file)
    assert read.walk("VEVENT")[0]["SUMMARY"] == summary.replace("\r\n", "\n")
