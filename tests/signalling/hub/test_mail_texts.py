"""What visitors read in their mail."""

from __future__ import annotations

from signalling.hub.mail_texts import booked_text


def test_the_mail_says_with_whom_where_and_when_in_both_languages() -> None:
    subject, body = booked_text("Daniel Reyes", "North Jail", "2026-11-22 14:30:00 MST")
    assert "\n" not in subject
    assert subject.endswith("2026-11-22 14:30:00 MST")
    for half in body.split("\n\n"):
        assert "Daniel Reyes" in half
        assert "North Jail" in half
        assert "14:30:00 MST" in half
