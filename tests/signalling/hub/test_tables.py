"""Tables show what people and machines are called as it is."""

from __future__ import annotations

import pytest

from signalling.hub import tables


def test_a_name_is_neither_markup_nor_a_pictograph(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "usb:100:bell: [b]B[/b]"}]
    tables.show(rows, as_json=False, title="All :bell: [b]B[/b]", columns=("name",))
    told = capsys.readouterr().out
    assert "usb:100:bell: [b]B[/b]" in told
    assert "All :bell:" in told
