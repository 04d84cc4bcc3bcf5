"""Opus, mono at 48 kHz in frames of 10 ms (RFC 6716, 7587), through ctypes on libopus.

FFmpeg's Opus decoders conceal nothing and cannot read in-band FEC, and its encoder cannot be
retuned while it runs, so libopus is called itself: the one that PyAV's wheel brings (it is in
memory anyway), or the system's for a PyAV built from source. It is loaded with this module, so
that a sandbox which closes later does not matter.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from hardware.interfaces import SAMPLE_RATE_HZ, Block

FRAMES: Final = (480, 960)
"""Samples of 10 and 20 ms: shorter frames have no FEC (RFC 6716, section 2.1.7)."""
MAX_SAMPLES: Final = 5760
"""120 ms, the longest that one packet may hold (RFC 6716, section 2.1.4)."""
STEP_SAMPLES: Final = 120
"""2.5 ms: what is concealed or recovered is a multiple of this."""
MAX_PAYLOAD: Final = 1275
"""Bytes of one Opus frame at most (RFC 6716, section 3.4)."""
SILENT_BYTES: Final = 2
"""libopus (opus_encode): a packet of 2 bytes or less need not be sent, it only marks silence."""

_APPLICATION_VOIP: Final = 2048
_SIGNAL_VOICE: Final = 3001
_SET_BITRATE: Final = 4002
_SET_COMPLEXITY: Final = 4010
_SET_INBAND_FEC: Final = 4012
_SET_PACKET_LOSS_PERC: Final = 4014
_SET_DTX: Final = 4016
_SET_SIGNAL: Final = 4024
_COMPLEXITY: Final = 3
"""Of 10. Encoding with FEC took 0.25 ms on the machine where 5 took 0.30 and 10 took 0.43."""
_LOSS_PCT: Final = 10
"""At 5 or less libopus leaves FEC out rather than lower the bandwidth (decide_fec)."""


class BadOpus(Exception):
    """This payload is no Opus packet, or libopus could not decode it."""


class Encoder:
    """One direction of one call. Quick enough (about 0.2 ms) to be called on the loop."""

    def __init__(
        self,
        bitrate_bps: int = 32_000,
        *,
        fec: bool = True,
        dtx: bool = True,
        loss_pct: int = _LOSS_PCT,
    ) -> None:
        """`loss_pct` says how much loss FEC is made for: 0 sends none, whatever `fec` says."""
        self._state = ctypes.create_string_buffer(_lib.opus_encoder_get_size(1))
        _check(_lib.opus_encoder_init(self._state, SAMPLE_RATE_HZ, 1, _APPLICATION_VOIP))
        self._set(_SET_SIGNAL, _SIGNAL_VOICE)
        self._set(_SET_COMPLEXITY, _COMPLEXITY)
        self._set(_SET_INBAND_FEC, int(fec))
        self._set(_SET_DTX, int(dtx))
        self.retune(bitrate_bps=bitrate_bps, loss_pct=loss_pct)
        self._payload = ctypes.create_string_buffer(MAX_PAYLOAD)
        self._silent = False

    def retune(self, *, bitrate_bps: int, loss_pct: int) -> None:
        """Change the rate and the loss that FEC is made for, from the next frame on."""
        self._set(_SET_BITRATE, bitrate_bps)
        self._set(_SET_PACKET_LOSS_PERC, loss_pct)

    def encode(self, block: Block) -> bytes:
        """Return the payload for 10 or 20 ms, or b"" when there is nothing to send (DTX).

        The first frame of a silence is sent, one or two bytes: it tells the receiver that what
        follows is silence and no loss. Raises ValueError for anything but one of FRAMES of int16.
        """
        if block.dtype != np.int16 or block.ndim != 1 or block.size not in FRAMES:
            raise ValueError(f"a frame is {FRAMES} int16 samples, got {block.shape}")
        samples = block.tobytes()
        size = _lib.opus_encode(self._state, samples, block.size, self._payload, MAX_PAYLOAD)
        _check(size)
        was_silent, self._silent = self._silent, size <= SILENT_BYTES
        return b"" if was_silent and self._silent else self._payload.raw[:size]

    def _set(self, request: int, value: int) -> None:
        _check(_lib.opus_encoder_ctl(self._state, request, ctypes.c_int32(value)))


class Decoder:
    """One stream's decoder, fed in the order of sequence numbers; not for two threads at once."""

    def __init__(self) -> None:
        self._state = ctypes.create_string_buffer(_lib.opus_decoder_get_size(1))
        _check(_lib.opus_decoder_init(self._state, SAMPLE_RATE_HZ, 1))
        self._samples = np.zeros(MAX_SAMPLES, dtype=np.int16)
        self._address = self._samples.ctypes.data

    def decode(self, payload: bytes) -> Block:
        """Return what a packet holds, stereo mixed to mono. Raises BadOpus."""
        if not payload:
            raise BadOpus("an empty packet")  # libopus would conceal instead
        return self._decode(payload, MAX_SAMPLES, fec=False)

    def conceal(self, samples: int) -> Block:
        """Return `samples` made up to follow what was decoded last."""
        return self._decode(None, _checked(samples), fec=False)

    def recover(self, next_payload: bytes, samples: int) -> Block:
        """Return the `samples` before a packet, from its FEC if it has that. Raises BadOpus."""
        if not next_payload:
            raise BadOpus("an empty packet")
        return self._decode(next_payload, _checked(samples), fec=True)

    def _decode(self, payload: bytes | None, samples: int, *, fec: bool) -> Block:
        size = len(payload) if payload else 0
        made = _lib.opus_decode(self._state, payload, size, self._address, samples, int(fec))
        _check(made)
        return self._samples[:made].copy()


def samples_in(payload: bytes) -> int:
    """Return how much sound a packet holds (RFC 6716, section 3.1 and 3.2). Raises BadOpus."""
    samples: int = _lib.opus_packet_get_nb_samples(payload, len(payload), SAMPLE_RATE_HZ)
    _check(samples)
    if not 0 < samples <= MAX_SAMPLES:
        raise BadOpus(f"a packet of {samples} samples")
    return samples


def carries_previous(payload: bytes) -> bool:
    """Return whether a packet has the one before it as FEC (LBRR; RFC 6716, section 4.2.4).

    Told for packets of one frame, which is what everyone sends; for others False.
    """
    if len(payload) <= SILENT_BYTES or payload[0] & 0x83:
        return False  # CELT only (bit 7) has no FEC; the low bits count the frames
    config = payload[0] >> 3
    # SILK frames of 40 and 60 ms hold two and three of 20 ms, each with a voice flag before the
    # LBRR flag; hybrid modes (12 and up) know 10 and 20 ms only.
    frames = max(1, config % 4) if config < 12 else 1
    middle = payload[1] >> (7 - frames) & 1
    side = payload[1] >> (6 - 2 * frames) & 1 if payload[0] & 4 and frames < 4 else 0
    return bool(middle | side)


def _checked(samples: int) -> int:
    if samples % STEP_SAMPLES or not 0 < samples <= MAX_SAMPLES:
        raise ValueError(f"{samples} samples are no multiple of 2.5 ms up to 120 ms")
    return samples


def _check(result: int) -> None:
    if result < 0:
        raise BadOpus(_lib.opus_strerror(result).decode())


def _load() -> Any:
    """Load libopus. Raises ImportError when there is none.

    PyDLL, because a call takes less time than getting the interpreter's lock back may.
    """
    bundled = sorted(Path(av.__file__).parent.parent.glob("av.libs/libopus-*.so*"))
    try:
        library = ctypes.PyDLL(str(bundled[0]) if bundled else "libopus.so.0")
    except OSError as error:
        raise ImportError(
            f"{error}: install PyAV's wheel, or libopus0 beside a built one"
        ) from error
    state, numbers = ctypes.c_void_p, ctypes.c_int32
    signatures: dict[str, tuple[list[Any], Any]] = {
        "opus_encoder_get_size": ([ctypes.c_int], ctypes.c_int),
        "opus_encoder_init": ([state, numbers, ctypes.c_int, ctypes.c_int], ctypes.c_int),
        "opus_encode": (
            [state, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, numbers],
            numbers,
        ),
        "opus_decoder_get_size": ([ctypes.c_int], ctypes.c_int),
        "opus_decoder_init": ([state, numbers, ctypes.c_int], ctypes.c_int),
        "opus_decode": (
            [state, ctypes.c_char_p, numbers, ctypes.c_void_p, ctypes.c_int, ctypes.c_int],
            ctypes.c_int,
        ),
        "opus_packet_get_nb_samples": ([ctypes.c_char_p, numbers, numbers], ctypes.c_int),
        "opus_strerror": ([ctypes.c_int], ctypes.c_char_p),
    }
    for name, (arguments, result) in signatures.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    # Variadic: the requests used here all take one 32-bit integer.
    library.opus_encoder_ctl.argtypes = [state, ctypes.c_int]
    library.opus_encoder_ctl.restype = ctypes.c_int
    return library


_lib: Final = _load()
