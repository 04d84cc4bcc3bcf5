"""A hostile browser: it answers the terminal's offer as it should, and then sends what it likes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pylibsrtp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcdtlstransport import RTCDtlsTransport, State

from kiosk.media.commands import Connect, Connected, LocalOffer, RemoteAnswer
from tests.kiosk.media.wall import Wall

VP8, RTX, OPUS, H264 = 97, 98, 96, 101


class Attacker:
    """Speaks SRTP by hand. `video` and `audio` are the SSRCs that its answer named."""

    def __init__(self, transport: RTCDtlsTransport, video: int, audio: int) -> None:
        self.video, self.audio = video, audio
        self._transport = transport
        self._sequences: dict[int, int] = {}

    def rtp(
        self,
        payload: bytes,
        *,
        kind: int = VP8,
        ssrc: int | None = None,
        sequence: int | None = None,
        timestamp: int = 0,
        marker: bool = True,
    ) -> None:
        """Send one RTP packet; its sequence number follows the last one's unless given."""
        source = ssrc if ssrc is not None else self.audio if kind == OPUS else self.video
        if sequence is None:
            sequence = self._sequences.get(source, 1000) + 1
        self._sequences[source] = sequence
        second = kind | (0x80 if marker else 0)
        header = struct.pack(
            "!BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, source
        )
        self.raw_rtp(header + payload)

    def raw_rtp(self, packet: bytes) -> None:
        """Encrypt and send what may be no RTP at all."""
        try:
            self.datagram(self._transport._tx_srtp.protect(packet))
        except (pylibsrtp.Error, ValueError):
            self.datagram(packet)  # not even libsrtp takes it: in the clear, then

    def rtcp(self, packet: bytes) -> None:
        """Encrypt and send RTCP."""
        self.datagram(self._transport._tx_srtp.protect_rtcp(packet))

    def datagram(self, data: bytes) -> None:
        """Send bytes as they are on the path that ICE found."""
        ice = self._transport.transport._connection
        pair = ice._nominated[1]
        pair.protocol.transport.sendto(data, pair.remote_addr)


@asynccontextmanager
async def attacker(one: Wall, number: int = 1) -> AsyncIterator[Attacker]:
    """Connect to a wall whose devices are open."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    await one.engine.send(Connect(connection=number))
    offer = await one.wait(LocalOffer, lambda each: each.connection == number)
    await connection.setRemoteDescription(RTCSessionDescription(sdp=offer.sdp, type="offer"))
    for transceiver in connection.getTransceivers():
        transceiver.direction = "sendrecv"
    await connection.setLocalDescription(await connection.createAnswer())
    sdp = connection.localDescription.sdp
    await one.engine.send(RemoteAnswer(connection=number, sdp=only_sha256(sdp)))
    await one.wait(Connected, lambda each: each.connection == number and each.up)
    audio, video = connection.getTransceivers()
    transport = audio.sender.transport
    async with asyncio.timeout(5):
        while transport._state is not State.CONNECTED:  # noqa: ASYNC110 - aiortc's, no event
            await asyncio.sleep(0.01)
    try:
        yield Attacker(transport, video.sender._ssrc, audio.sender._ssrc)
    finally:
        await connection.close()


def only_sha256(sdp: str) -> str:
    """Return the answer with one fingerprint: aiortc gives three, browsers give one."""
    lines = [
        line for line in sdp.split("\r\n") if "fingerprint:sha-" not in line or "sha-256" in line
    ]
    return "\r\n".join(lines)
