"""The numbers of one connection, once a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from hardware.simulated import Heard
from kiosk.media.commands import Stats
from kiosk.media.peer import Peer
from kiosk.media.showing import Showing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Counts:
    at: float
    pictures_in: int
    pictures_out: int
    bytes_in: int
    bytes_out: int
    picture_bytes_in: int
    picture_bytes_out: int
    concealed_ms: float


class Meter:
    """Turns counters into rates between two readings."""

    def __init__(
        self,
        peer: Peer,
        showing: Showing,
        heard: Callable[[], Heard],
        xruns: Callable[[], int],
    ) -> None:
        self._peer = peer
        self._showing = showing
        self._heard = heard
        self._xruns = xruns
        self._xruns_told = xruns()
        self._pictures = 0
        self._size = (0, 0)
        self._last: _Counts | None = None
        self._picture_at: float | None = None
        self._longest_gap_s = 0.0

    def picture(self, width: int, height: int) -> None:
        """Count a decoded frame."""
        self._gap(asyncio.get_running_loop().time())
        self._picture_at = asyncio.get_running_loop().time()
        self._pictures += 1
        self._size = (width, height)

    def gate_moved(self) -> None:
        """Count no pause that somebody wanted as a gap."""
        self._picture_at = None
        self._longest_gap_s = 0.0

    def read(self) -> Stats:
        """Return the rates since the last reading."""
        peer = self._peer
        camera, microphone, picture, sound = peer.camera, peer.microphone, peer.picture, peer.sound
        now = self._count()
        last, self._last = self._last or now, now
        elapsed_s = max(now.at - last.at, 0.001)
        self._gap(now.at)
        gap_s, self._longest_gap_s = self._longest_gap_s, 0.0
        heard = self._heard()
        kbps = 8 / 1000 / elapsed_s
        rtt_s = camera.rtt_s if camera.rtt_s is not None else microphone.rtt_s
        encoder = camera.encoder
        return Stats(
            connection=peer.number,
            fps_in=round((now.pictures_in - last.pictures_in) / elapsed_s, 1),
            fps_out=round((now.pictures_out - last.pictures_out) / elapsed_s, 1),
            width_in=self._size[0],
            height_in=self._size[1],
            kbps_in=round((now.bytes_in - last.bytes_in) * kbps, 1),
            kbps_out=round((now.bytes_out - last.bytes_out) * kbps, 1),
            video_kbps_in=round((now.picture_bytes_in - last.picture_bytes_in) * kbps, 1),
            video_kbps_out=round((now.picture_bytes_out - last.picture_bytes_out) * kbps, 1),
            rtt_ms=round(rtt_s * 1000, 1) if rtt_s is not None else None,
            lost_in=picture.lost + sound.lost,
            lost_out=camera.lost + microphone.lost,
            jitter_ms=round(sound.jitter_ms, 1),
            sound_delay_ms=round(sound.buffer.delay_ms, 1),
            # A gate that opened anew began with a new buffer, which counts from zero.
            concealed_ms=round(max(0.0, now.concealed_ms - last.concealed_ms), 1),
            longest_gap_ms=round(gap_s * 1000, 1),
            dropped=picture.dropped + sound.dropped + camera.skipped + self._showing.dropped,
            xruns=self._count_xruns(),
            target_kbps=round(encoder.target_bps / 1000, 1) if encoder is not None else 0.0,
            heard_dbfs=round(heard.dbfs, 1),
            heard_hz=round(heard.hz, 1) if heard.hz is not None else None,
            heard_chirp_ms=round(heard.chirp_ms, 1) if heard.chirp_ms is not None else None,
        )

    def _count(self) -> _Counts:
        transport = self._peer.transport
        return _Counts(
            at=asyncio.get_running_loop().time(),
            pictures_in=self._pictures,
            pictures_out=self._peer.camera.frames,
            bytes_in=transport.bytes_in,
            bytes_out=transport.bytes_out,
            picture_bytes_in=self._peer.picture.octets,
            picture_bytes_out=self._peer.camera.octets,
            concealed_ms=self._peer.sound.buffer.concealed_ms,
        )

    def _count_xruns(self) -> int:
        xruns = self._xruns()
        if xruns > self._xruns_told:
            new = xruns - self._xruns_told
            _log.warning("sound was late %d times within a second, %d in all", new, xruns)
            self._xruns_told = xruns
        return xruns

    def _gap(self, now: float) -> None:
        """Note how long the picture has stood, whether or not one has come to end it."""
        if self._picture_at is not None:
            self._longest_gap_s = max(self._longest_gap_s, now - self._picture_at)
