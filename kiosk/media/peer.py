"""One peer connection with the family's browser: the kiosk offers, the browser answers."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Final

import ifaddr
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.codecs import CODECS, HEADER_EXTENSIONS, is_rtx
from aiortc.rtcicetransport import RTCIceTransport
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
from aiortc.sdp import candidate_from_sdp

from kiosk.media import paths
from kiosk.media.audio_receiver import AudioReceiver
from kiosk.media.audio_sender import AudioSender
from kiosk.media.commands import Connect
from kiosk.media.rtp_packets import ABS_SEND_TIME, MID, PLAYOUT_DELAY
from kiosk.media.seams import private
from kiosk.media.tracks import Gate
from kiosk.media.transport import Transport
from kiosk.media.video_receiver import VideoReceiver
from kiosk.media.video_sender import MakeEncoder, VideoSender
from signalling.descriptions import (
    MAX_CANDIDATES,
    AddressPolicy,
    check_answer,
    check_candidate,
)

START_KBPS: Final = 2000
"""The rate that the family's browser begins with. Without this hint Chromium, asked for 720p,
began with 640x360 at 310 kb/s; with it, 1280x720 at 700 (tried)."""
BASELINE: Final = "42e01f"
"""H.264's constrained baseline, level 3.1: what every browser decodes (RFC 7742, section 6.2)."""


def choose_codecs() -> None:
    """Offer Opus, VP8, and H.264 that we only send. Once a process, before the first offer.

    Fewer codecs are fewer parsers for strangers to feed; every browser has these (RFC 7742,
    RFC 7874). VP8 stands first, so that browsers send it. The start rate is hinted.
    """
    CODECS["audio"] = [codec for codec in CODECS["audio"] if codec.name == "opus"]
    CODECS["audio"][0].parameters = {"minptime": 10, "useinbandfec": 1}
    first = [codec for codec in CODECS["video"] if codec.name == "VP8"]
    first[0].parameters = {"x-google-start-bitrate": START_KBPS}
    second = [each for each in CODECS["video"] if _level(each.parameters) == BASELINE]
    wanted = {codec.payloadType for codec in first + second}
    CODECS["video"] = [
        codec
        for codec in CODECS["video"]
        if codec.payloadType in wanted or (is_rtx(codec) and codec.parameters["apt"] in wanted)
    ]
    named = {1: MID, 3: ABS_SEND_TIME, 4: PLAYOUT_DELAY}
    known = [RTCRtpHeaderExtensionParameters(id=number, uri=uri) for number, uri in named.items()]
    HEADER_EXTENSIONS["audio"] = known[:1]
    HEADER_EXTENSIONS["video"] = known


def _level(parameters: dict[str, int | str | None]) -> object:
    return parameters.get("profile-level-id")


def short_packets(sdp: str) -> str:
    """Ask for sound in packets of 10 ms (RFC 8866, section 6.4): it is heard 10 ms sooner."""
    head, found, rest = sdp.partition("a=rtpmap:96 opus/48000/2\r\n")
    return head + found + ("a=ptime:10\r\n" if found else "") + rest


class Connection(RTCPeerConnection):
    """aiortc's peer connection made of our parts, on the addresses that we choose."""

    def __init__(
        self,
        connect: Connect,
        gate: Gate,
        addresses: list[str],
        make_encoder: MakeEncoder,
        on_candidate: Callable[[str], None],
    ) -> None:
        super().__init__(_configuration(connect))
        self._gate = gate
        self._addresses = addresses
        self._make_encoder = make_encoder
        self._on_candidate = on_candidate

    def _RTCPeerConnection__createTransceiver(  # noqa: N802 - aiortc's own, overridden
        self, direction: str, kind: str, sender_track: None = None
    ) -> RTCRtpTransceiver:
        assert sender_track is None, "the kiosk's senders take from feeds"
        transceivers: list[RTCRtpTransceiver] = private(self, RTCPeerConnection, "transceivers")
        if transceivers:
            transport = transceivers[0].receiver.transport
            assert isinstance(transport, Transport)
        else:
            transport = self._transport()
        sender: AudioSender | VideoSender
        receiver: AudioReceiver | VideoReceiver
        if kind == "audio":
            sender = AudioSender(transport, self._gate)
            receiver = AudioReceiver(transport, sender._ssrc)
        else:
            sender = VideoSender(transport, self._gate, self._make_encoder)
            receiver = VideoReceiver(transport, sender._ssrc)
        sender._stream_id = private(self, RTCPeerConnection, "stream_id")
        made = RTCRtpTransceiver(direction=direction, kind=kind, sender=sender, receiver=receiver)
        made._bundled = bool(transceivers)
        transceivers.append(made)
        return made

    def _transport(self) -> Transport:
        """What aiortc's `__createDtlsTransport` does, with our gatherer and our transport."""
        settings = private(self, RTCPeerConnection, "configuration")
        gatherer = paths.gatherer(settings.iceServers, settings.iceTransportPolicy, self._addresses)
        gatherer.paths.on_candidate = self._on_candidate
        ice = RTCIceTransport(gatherer)
        dtls = Transport(ice, private(self, RTCPeerConnection, "certificates"))
        connection_changed = private(self, RTCPeerConnection, "updateConnectionState")
        gatherer.on("statechange", private(self, RTCPeerConnection, "updateIceGatheringState"))
        ice.on("statechange", private(self, RTCPeerConnection, "updateIceConnectionState"))
        ice.on("statechange", connection_changed)
        dtls.on("statechange", connection_changed)
        private(self, RTCPeerConnection, "iceTransports").add(ice)
        private(self, RTCPeerConnection, "dtlsTransports").add(dtls)
        return dtls


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
        self,
        connect: Connect,
        gate: Gate,
        make_encoder: MakeEncoder,
        *,
        interfaces: tuple[str, ...],
        policy: AddressPolicy,
        on_candidate: Callable[[str], None],
    ) -> None:
        self.number = connect.connection
        self._policy = policy
        self._offer = ""
        self._answered = False
        self._early: list[str] = []
        addresses = addresses_of(interfaces)
        if interfaces and not addresses:
            raise ValueError(f"no address on {', '.join(interfaces)}")
        self._found: list[str] | None = []
        self._on_candidate = on_candidate
        self.connection = Connection(connect, gate, addresses, make_encoder, self._candidate_found)
        self._audio = self.connection.addTransceiver("audio")
        self._video = self.connection.addTransceiver("video")

    @property
    def microphone(self) -> AudioSender:
        """What sends the microphone."""
        assert isinstance(self._audio.sender, AudioSender)
        return self._audio.sender

    @property
    def camera(self) -> VideoSender:
        """What sends the camera."""
        assert isinstance(self._video.sender, VideoSender)
        return self._video.sender

    @property
    def sound(self) -> AudioReceiver:
        """What takes the family's sound."""
        assert isinstance(self._audio.receiver, AudioReceiver)
        return self._audio.receiver

    @property
    def picture(self) -> VideoReceiver:
        """What takes the family's picture."""
        assert isinstance(self._video.receiver, VideoReceiver)
        return self._video.receiver

    @property
    def transport(self) -> Transport:
        """What carries all four."""
        transport = self._audio.receiver.transport
        assert isinstance(transport, Transport)
        return transport

    @property
    def is_up(self) -> bool:
        """Whether ICE and DTLS stand."""
        return self.connection.connectionState == "connected"

    async def offer(self) -> str:
        """Return the offer, with the addresses that are known at once.

        Raises ValueError when there is no address at all: no relay answers, and none other may be.
        """
        await self.connection.setLocalDescription(await self.connection.createOffer())
        self._offer = short_packets(self.connection.localDescription.sdp)
        if "\na=candidate:" not in self._offer:
            raise ValueError("no address to be reached at: no relay answers")
        return self._offer

    def tell_candidates(self) -> None:
        """Tell what was found since the offer was made, and from now on at once."""
        found, self._found = self._found or [], None
        for line in found:
            self._on_candidate(line)

    def _candidate_found(self, line: str) -> None:
        if self._found is None:
            self._on_candidate(line)
        else:
            self._found.append(line)

    async def answer(self, sdp: str) -> None:
        """Take the browser's answer; ICE and DTLS begin. Raises BadDescription."""
        checked = check_answer(sdp, self._offer, self._policy)
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
        parsed.sdpMid, parsed.sdpMLineIndex = self._audio.mid, 0
        await self.connection.addIceCandidate(parsed)

    async def probe(self) -> bool:
        """Ask the family's side by STUN whether it is there; False after half a second."""
        ice = self.transport.transport._connection
        assert isinstance(ice, paths.Paths)
        return await ice.probe()

    async def close(self) -> None:
        """Close; idempotent."""
        await self.connection.close()


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
