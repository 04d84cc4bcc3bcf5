"""A terminal.toml made from its values, for `visit-hub terminal add` and `visit-config render`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w


def terminal_text(values: Mapping[str, Any], said: Sequence[str]) -> str:
    """Return the file with `values`, beneath `said` as comments."""
    comments = "".join(f"# {line}\n" for line in said)
    return f"{comments}\n{tomli_w.dumps(values, multiline_strings=True)}"
