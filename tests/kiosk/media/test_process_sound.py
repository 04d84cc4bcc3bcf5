"""A visit's media process on a sound server, sandbox and all: the microphone's level is told."""

from __future__ import annotations

import msgspec

from kiosk.media.commands import Fault, Level
from tests.hardware.sound_server import MOUTH, Speaking, Tone
from tests.kiosk.media.wall import devices, wall


async def test_auto_is_the_sound_servers_default_where_there_is_no_card(
    on_sound_server: dict[str, str],
) -> None:
    automatic = msgspec.structs.replace(devices(160, 120), microphone="auto", earpiece="auto")
    with Speaking(Tone(500.0).spoken, MOUTH):
        async with wall(automatic) as one:
            await one.open()
            await one.wait(Level, lambda level: -14 < level.microphone_dbfs < -10)
            assert one.said(Fault) == []
