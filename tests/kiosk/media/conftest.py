"""The sound server of tests/hardware, here too."""

from __future__ import annotations

from tests.hardware.conftest import _server, on_sound_server

__all__ = ["_server", "on_sound_server"]
