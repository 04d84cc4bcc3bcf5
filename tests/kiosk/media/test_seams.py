"""The names under aiortc's skin that we replace or reach for are there in the installed version."""

from __future__ import annotations

import inspect

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceGatherer, RTCIceTransport

from kiosk.media.commands import Connect
from kiosk.media.peer import Connection
from kiosk.media.seams import private, replace_private
from kiosk.media.tracks import Gate
from kiosk.media.transport import Transport
from tests.kiosk.media.test_video_sender import Encoder


async def test_what_we_reach_for_exists() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver("video")
    for name in (
        "transceivers",
        "stream_id",
        "configuration",
        "certificates",
        "iceTransports",
        "dtlsTransports",
        "updateConnectionState",
        "updateIceConnectionState",
        "updateIceGatheringState",
        "createDtlsTransport",
        "createTransceiver",
    ):
        private(connection, RTCPeerConnection, name)
    for name in ("_ssrc", "_rtx_ssrc", "_stream_id", "_track_id", "_enabled"):
        getattr(transceiver.sender, name)
    transport = transceiver.receiver.transport
    for name in ("_tx_srtp", "_rx_srtp", "_state", "_rtp_header_extensions_map"):
        getattr(transport, name)
    assert transport.transport._connection is transport.transport.iceGatherer._connection
    await connection.close()


def test_what_we_override_is_still_called_so() -> None:
    for owner, name in (
        (RTCRtpSender, "send"),
        (RTCRtpSender, "stop"),
        (RTCRtpReceiver, "receive"),
        (RTCRtpReceiver, "stop"),
        (RTCPeerConnection, "_RTCPeerConnection__createTransceiver"),
        (RTCDtlsTransport, "_send_rtp"),
        (RTCDtlsTransport, "stop"),
        (JitterBuffer, "_remove_frame"),
        (RTCIceGatherer, "gather"),
        (RTCIceTransport, "start"),
    ):
        assert callable(getattr(owner, name))
    ours = inspect.signature(Connection._RTCPeerConnection__createTransceiver)
    theirs = inspect.signature(RTCPeerConnection._RTCPeerConnection__createTransceiver)  # type: ignore[attr-defined]
    assert list(ours.parameters) == list(theirs.parameters)


def test_how_the_connection_is_made_is_what_we_do_in_its_place() -> None:
    """`Connection._transport` does what this does; when it changes, so must ours."""
    theirs = inspect.getsource(RTCPeerConnection._RTCPeerConnection__createDtlsTransport)  # type: ignore[attr-defined]
    for line in (
        'iceGatherer.on("statechange", self.__updateIceGatheringState)',
        'iceTransport.on("statechange", self.__updateIceConnectionState)',
        'iceTransport.on("statechange", self.__updateConnectionState)',
        'dtlsTransport.on("statechange", self.__updateConnectionState)',
        "self.__iceTransports.add(iceTransport)",
        "self.__dtlsTransports.add(dtlsTransport)",
    ):
        assert line in theirs
    assert theirs.count('.on("') == 4 and theirs.count(".add(") == 2


async def test_our_parts_are_the_ones_in_use() -> None:
    connection = Connection(Connect(connection=1), Gate(), [], lambda _: Encoder(), print)
    for kind in ("audio", "video"):
        made = connection.addTransceiver(kind)
        assert type(made.sender).__module__ == f"kiosk.media.{kind}_sender"
        assert type(made.receiver).__module__ == f"kiosk.media.{kind}_receiver"
        assert type(made.sender.transport) is Transport
    one, two = connection.getTransceivers()
    assert one.sender.transport is two.receiver.transport, "everything shares one transport"
    await connection.close()


def test_a_seam_that_is_gone_says_so() -> None:
    with pytest.raises(AttributeError):
        replace_private(object(), RTCRtpSender, "encoder", None)
