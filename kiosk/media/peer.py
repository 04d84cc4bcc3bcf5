"""One peer connection with the family's browser: the kiosk offers, the browser answers."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
from collections.abc import Iterable
from typing import Any, Final

import ifaddr
from aioice.stun import TransactionError
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.codecs import CODECS, is_rtx
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpsender import RTCEncodedFrame
from aiortc.rtp import AnyRtcpPacket
from aiortc.sdp import candidate_from_sdp

from kiosk.media.commands import Connect
from kiosk.media.encoder import Encoder
from kiosk.media.receiving import DatagramQueue, DecodedQueue, Receiver
from kiosk.media.seams import private, replace_private
from kiosk.media.tracks import CameraTrack, Gate, MicrophoneTrack
from signalling.descriptions import (
    MAX_CANDIDATES,
    AddressPolicy,
    check_answer,
    check_candidate,
)

PROBE_S: Final = 0.5
START_KBPS: Final = 2000
"""The rate that the family's browser begins with. Without this hint Chromium, asked for 720p,
began with 640x360 at 310 kb/s; with it, 1280x720 at 700 (tried)."""


def choose_codecs() -> None:
    """Offer Opus and VP8 only, and hint the start rate. Once a process, before the first offer.

    Fewer codecs are fewer parsers for strangers to feed; every browser has these two (RFC 7742,
    RFC 7874).
    """
    CODECS["audio"] = [codec for codec in CODECS["audio"] if codec.name == "opus"]
    vp8 = next(codec for codec in CODECS["video"] if codec.name == "VP8")
    vp8.parameters = {"x-google-start-bitrate": START_KBPS}
    rtx = next(
        codec
        for codec in CODECS["video"]
        if is_rtx(codec) and codec.parameters.get("apt") == vp8.payloadType
    )
    CODECS["video"] = [vp8, rtx]


class Sender(RTCRtpSender):
    """Sends one track, through the gate; silent (no reports either) before its first packet."""

    def __init__(self, track: MediaStreamTrack, transport: RTCDtlsTransport, gate: Gate) -> None:
        super().__init__(track, transport)
        self.encoder: Encoder | None = None
        self._gate = gate
        if track.kind == "video":
            self.encoder = Encoder()
            replace_private(self, RTCRtpSender, "encoder", self.encoder)

    @property
    def packets(self) -> int:
        """RTP packets sent."""
        return int(private(self, RTCRtpSender, "packet_count"))

    async def _next_encoded_frame(self, codec: RTCRtpCodecParameters) -> RTCEncodedFrame | None:
        frame = await super()._next_encoded_frame(codec)
        # The gate may have closed during the encoding: nothing leaves after that.
        return frame if self._gate.is_open else None

    async def _send_rtcp(self, packets: list[AnyRtcpPacket]) -> None:
        # Before the first packet aiortc would report NTP time 0, which browsers believe.
        if self.packets:
            await super()._send_rtcp(packets)


class Connection(RTCPeerConnection):
    """aiortc's peer connection with our sender and receiver, on the addresses that we choose."""

    def __init__(self, configuration: RTCConfiguration, gate: Gate, addresses: list[str]) -> None:
        super().__init__(configuration)
        self._gate = gate
        self._addresses = addresses

    def _RTCPeerConnection__createTransceiver(  # noqa: N802 - aiortc's own, overridden
        self, direction: str, kind: str, sender_track: MediaStreamTrack | None = None
    ) -> RTCRtpTransceiver:
        assert sender_track is not None, "the kiosk sends both kinds"
        transceivers: list[RTCRtpTransceiver] = private(self, RTCPeerConnection, "transceivers")
        if transceivers:
            transport = transceivers[0].receiver.transport
        else:
            transport = private(self, RTCPeerConnection, "createDtlsTransport")()
            self._restrain(transport.transport.iceGatherer._connection)
        sender = Sender(sender_track, transport, self._gate)
        receiver = Receiver(kind, transport)
        receiver._set_rtcp_ssrc(sender._ssrc)
        sender._stream_id = private(self, RTCPeerConnection, "stream_id")
        made = RTCRtpTransceiver(direction=direction, kind=kind, sender=sender, receiver=receiver)
        made._bundled = bool(transceivers)
        transceivers.append(made)
        return made

    def _restrain(self, ice: Any) -> None:
        ice._queue = DatagramQueue()
        if self._addresses:
            gather = ice.get_component_candidates
            ice.get_component_candidates = functools.partial(_gather_on, gather, self._addresses)


async def _gather_on(
    gather: Any, allowed: list[str], component: int, addresses: list[str], timeout: int = 5
) -> Any:
    # With the relay policy there are no host addresses at all, and none may come in here.
    kept = allowed if addresses else []
    return await gather(component=component, addresses=kept, timeout=timeout)


def addresses_of(interfaces: Iterable[str]) -> list[str]:
    """Return the IP addresses of the named interfaces, without IPv6 link-local ones."""
    names = set(interfaces)
    found = [
        address.ip if isinstance(address.ip, str) else address.ip[0]
        for adapter in ifaddr.get_adapters()
        if adapter.nice_name in names
        for address in adapter.ips
    ]
    return [each for each in found if not ipaddress.ip_address(each).is_link_local]


class Peer:
    """One connection, from its offer to its end.

    Call `offer`, then `answer`, then `candidate` as they come; `close` at the end. All raise
    ValueError (BadDescription) for what the browser should not have sent.
    """

    def __init__(
        self, connect: Connect, gate: Gate, interfaces: tuple[str, ...], policy: AddressPolicy
    ) -> None:
        self.number = connect.connection
        self.camera = CameraTrack(gate)
        self.microphone = MicrophoneTrack(gate)
        self._policy = policy
        self._offer = ""
        self._answered = False
        self._early: list[str] = []
        addresses = addresses_of(interfaces)
        if interfaces and not addresses:
            raise ValueError(f"no address on {', '.join(interfaces)}")
        self.connection = Connection(_configuration(connect), gate, addresses)
        self.audio = self.connection.addTransceiver(self.microphone)
        self.video = self.connection.addTransceiver(self.camera)

    @property
    def video_sender(self) -> Sender:
        """What sends the camera."""
        assert isinstance(self.video.sender, Sender)
        return self.video.sender

    @property
    def receivers(self) -> tuple[Receiver, Receiver]:
        """Audio and video, in this order."""
        audio, video = self.audio.receiver, self.video.receiver
        assert isinstance(audio, Receiver) and isinstance(video, Receiver)
        return audio, video

    @property
    def is_up(self) -> bool:
        """Whether ICE and DTLS stand."""
        return self.connection.connectionState == "connected"

    async def offer(self) -> str:
        """Gather addresses and return the offer."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        self._offer = self.connection.localDescription.sdp
        return self._offer

    async def answer(self, sdp: str) -> None:
        """Take the browser's answer; ICE and DTLS begin. Raises BadDescription."""
        checked = check_answer(sdp, self._offer, self._policy)

        @self.connection.on("track")
        def bound(track: MediaStreamTrack) -> None:
            vars(track)["_queue"] = DecodedQueue()

        await self.connection.setRemoteDescription(
            RTCSessionDescription(sdp=checked, type="answer")
        )
        self._answered = True
        for candidate in self._early:
            await self._add(candidate)

    async def candidate(self, line: str) -> None:
        """Take a trickled candidate; those before the answer wait for it. Raises BadDescription."""
        checked = check_candidate(line, self._policy)
        if not checked:
            return
        if self._answered:
            await self._add(checked)
        elif len(self._early) < MAX_CANDIDATES:
            self._early.append(checked)

    async def _add(self, checked: str) -> None:
        parsed = candidate_from_sdp(checked.removeprefix("candidate:"))
        # Everything is bundled on the first section's transport, whatever section it came with.
        parsed.sdpMid, parsed.sdpMLineIndex = self.audio.mid, 0
        await self.connection.addIceCandidate(parsed)

    async def probe(self) -> bool:
        """Ask the family's side by STUN whether it is there; False after half a second."""
        ice = self.audio.receiver.transport.transport._connection
        pair = next(iter(ice._nominated.values()), None)
        if pair is None or ice.remote_password is None:
            return False
        request = ice.build_request(pair, nominate=False)
        answered = pair.protocol.request(
            request,
            pair.remote_addr,
            integrity_key=ice.remote_password.encode(),
            retransmissions=0,
        )
        try:
            await asyncio.wait_for(answered, timeout=PROBE_S)
        except (TimeoutError, TransactionError):
            return False
        return True

    async def close(self) -> None:
        """Close; idempotent."""
        await self.connection.close()
        self.camera.stop()
        self.microphone.stop()


def _configuration(connect: Connect) -> RTCConfiguration:
    servers = [
        RTCIceServer(urls=list(server.urls), username=server.username, credential=server.credential)
        for server in connect.ice_servers
    ]
    return RTCConfiguration(
        iceServers=servers,
        bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
        iceTransportPolicy=RTCIceTransportPolicy(connect.ice_policy),
    )
