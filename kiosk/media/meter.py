"""The numbers of one connection, once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiortc.stats import (
    RTCInboundRtpStreamStats,
    RTCRemoteInboundRtpStreamStats,
    RTCTransportStats,
)

from hardware.simulated import Heard
from kiosk.media.commands import Stats
from kiosk.media.peer import Peer


@dataclass(frozen=True, slots=True)
class _Counts:
    at: float
    pictures_in: int
    pictures_out: int
    bytes_in: int
    bytes_out: int


class Meter:
    """Turns counters into rates between two readings."""

    def __init__(self, peer: Peer, heard: Callable[[], Heard]) -> None:
        self._peer = peer
        self._heard = heard
        self._pictures = 0
        self._size = (0, 0)
        self._last: _Counts | None = None

    def picture(self, width: int, height: int) -> None:
        """Count a decoded frame."""
        self._pictures += 1
        self._size = (width, height)

    async def read(self) -> Stats:
        """Return the rates since the last reading."""
        sent = await self._peer.video_sender.getStats()
        got = [await receiver.getStats() for receiver in self._peer.receivers]
        transports = [each for each in sent.values() if isinstance(each, RTCTransportStats)]
        round_trips = [
            each.roundTripTime
            for each in sent.values()
            if isinstance(each, RTCRemoteInboundRtpStreamStats) and each.roundTripTime is not None
        ]
        lost = sum(
            each.packetsLost
            for report in got
            for each in report.values()
            if isinstance(each, RTCInboundRtpStreamStats)
        )
        encoder = self._peer.video_sender.encoder
        now = _Counts(
            at=asyncio.get_running_loop().time(),
            pictures_in=self._pictures,
            pictures_out=encoder.frames if encoder is not None else 0,
            bytes_in=sum(each.bytesReceived for each in transports),
            bytes_out=sum(each.bytesSent for each in transports),
        )
        last, self._last = self._last or now, now
        elapsed_s = max(now.at - last.at, 0.001)
        heard = self._heard()
        return Stats(
            connection=self._peer.number,
            fps_in=round((now.pictures_in - last.pictures_in) / elapsed_s, 1),
            fps_out=round((now.pictures_out - last.pictures_out) / elapsed_s, 1),
            width_in=self._size[0],
            height_in=self._size[1],
            kbps_in=round((now.bytes_in - last.bytes_in) * 8 / elapsed_s / 1000, 1),
            kbps_out=round((now.bytes_out - last.bytes_out) * 8 / elapsed_s / 1000, 1),
            rtt_ms=round(round_trips[-1] * 1000, 1) if round_trips else None,
            lost_in=max(0, lost),
            heard_dbfs=round(heard.dbfs, 1),
            heard_hz=round(heard.hz, 1) if heard.hz is not None else None,
        )
