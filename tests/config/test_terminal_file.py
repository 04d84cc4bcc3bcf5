"""What is written is what is read."""

from __future__ import annotations

import tomllib

from config.terminal_file import terminal_text


def test_values_come_back_and_comments_stand_above() -> None:
    values = {"terminal": "c4", "ca": "one\ntwo\n", "devices": {"fps": 25, "camera_masks": ["a"]}}
    text = terminal_text(values, ["Terminal 4", "of unit C"])
    assert tomllib.loads(text) == values
    assert text.startswith('# Terminal 4\n# of unit C\n\nterminal = "c4"\nca = """\none\n')
