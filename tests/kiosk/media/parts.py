"""Stand-ins for what lies around senders and receivers: a transport that keeps what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiortc import RTCCertificate, RTCIceTransport
from aiortc.rtcdtlstransport import State
from aiortc.rtcrtpparameters import (
    RTCRtcpParameters,
    RTCRtpCodecParameters,
    RTCRtpDecodingParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpReceiveParameters,
    RTCRtpSendParameters,
)
from aiortc.rtp import AnyRtcpPacket, HeaderExtensionsMap, RtcpPacket, RtpPacket, is_rtcp

from kiosk.media import paths
from kiosk.media.rtp_packets import ABS_SEND_TIME, MID, PLAYOUT_DELAY
from kiosk.media.transport import Transport

OPUS = RTCRtpCodecParameters(mimeType="audio/opus", clockRate=48_000, channels=2, payloadType=96)
VP8 = RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90_000, payloadType=97)
RTX = RTCRtpCodecParameters(
    mimeType="video/rtx", clockRate=90_000, payloadType=98, parameters={"apt": 97}
)
H264 = RTCRtpCodecParameters(mimeType="video/H264", clockRate=90_000, payloadType=101)
EXTENSIONS = [
    RTCRtpHeaderExtensionParameters(id=1, uri=MID),
    RTCRtpHeaderExtensionParameters(id=3, uri=ABS_SEND_TIME),
    RTCRtpHeaderExtensionParameters(id=4, uri=PLAYOUT_DELAY),
]


def sending(*codecs: RTCRtpCodecParameters) -> RTCRtpSendParameters:
    """Return what was negotiated for a sender."""
    rtcp = RTCRtcpParameters(cname="wall", mux=True)
    return RTCRtpSendParameters(
        codecs=list(codecs), headerExtensions=EXTENSIONS, muxId="1", rtcp=rtcp
    )


def receiving(ssrc: int, *codecs: RTCRtpCodecParameters) -> RTCRtpReceiveParameters:
    """Return what was negotiated for a receiver."""
    first = codecs[0].payloadType
    assert first is not None
    encodings = [RTCRtpDecodingParameters(ssrc=ssrc, payloadType=first)]
    return RTCRtpReceiveParameters(
        codecs=list(codecs), headerExtensions=EXTENSIONS, muxId="1", encodings=encodings
    )


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait for what other threads do."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - a condition of any kind has no event
            await asyncio.sleep(0.002)


class Clear:
    """An SRTP session that leaves packets as they are."""

    def protect(self, packet: bytes) -> bytes:
        return packet

    protect_rtcp = unprotect = unprotect_rtcp = protect


class Wire(Transport):
    """A transport without network or keys; what is sent is kept, parsed."""

    def __init__(self) -> None:
        gatherer = paths.gatherer([])
        ice = RTCIceTransport(gatherer)
        super().__init__(ice, [RTCCertificate.generateCertificate()])
        self.rtp: list[RtpPacket] = []
        self.rtcp: list[AnyRtcpPacket] = []
        self._map = HeaderExtensionsMap()
        self._map.configure(sending())
        self.open_keys()
        gatherer.paths.send_now = self._keep  # type: ignore[method-assign]  # played

    def open_keys(self) -> None:
        """Have the handshake be over."""
        self._state = State.CONNECTED
        clear: Any = Clear()
        self._rx_srtp = self._tx_srtp = clear

    def came(self, datagram: bytes) -> None:
        """Have a datagram arrive."""
        self._media_came(datagram)

    def _keep(self, data: bytes) -> bool:
        if is_rtcp(data):
            self.rtcp += RtcpPacket.parse(data)
        else:
            self.rtp.append(RtpPacket.parse(data, self._map))
        return True
