"""The names under aiortc's skin that we replace are there in the installed version."""

from __future__ import annotations

import inspect

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.rtcdtlstransport import RTCDtlsTransport

from kiosk.media.peer import Connection
from kiosk.media.seams import private, replace_private
from kiosk.media.tracks import CameraTrack, Gate

RECEIVER = (
    "decoder_queue",
    "decoder_error",
    "jitter_buffer",
    "nack_generator",
    "remote_bitrate_estimator",
    "codecs",
    "timestamp_mapper",
)


async def test_what_we_reach_for_exists() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver("video")
    for name in RECEIVER:
        private(transceiver.receiver, RTCRtpReceiver, name)
    for name in ("encoder", "packet_count"):
        private(transceiver.sender, RTCRtpSender, name)
    for name in ("transceivers", "stream_id", "createDtlsTransport", "createTransceiver"):
        private(connection, RTCPeerConnection, name)
    ice = transceiver.receiver.transport.transport.iceGatherer._connection
    for name in ("_queue", "_nominated", "get_component_candidates", "build_request"):
        getattr(ice, name)
    await connection.close()


def test_what_we_override_is_still_called_so() -> None:
    for owner, name in (
        (RTCRtpSender, "_next_encoded_frame"),
        (RTCRtpSender, "_send_rtcp"),
        (RTCRtpSender, "_send_keyframe"),
        (RTCRtpReceiver, "_handle_rtp_packet"),
        (RTCRtpReceiver, "_send_rtcp_pli"),
        (RTCPeerConnection, "_RTCPeerConnection__createTransceiver"),
        (RTCDtlsTransport, "_get_stats"),
    ):
        assert callable(getattr(owner, name))
    ours = inspect.signature(Connection._RTCPeerConnection__createTransceiver)
    theirs = inspect.signature(RTCPeerConnection._RTCPeerConnection__createTransceiver)  # type: ignore[attr-defined]
    assert list(ours.parameters) == list(theirs.parameters)


async def test_our_parts_are_the_ones_in_use() -> None:
    connection = Connection(RTCConfiguration(iceServers=[]), Gate(), [])
    transceiver = connection.addTransceiver(CameraTrack(Gate()))
    assert type(transceiver.sender).__module__ == "kiosk.media.peer"
    assert type(transceiver.receiver).__module__ == "kiosk.media.receiving"
    await connection.close()


def test_a_seam_that_is_gone_says_so() -> None:
    with pytest.raises(AttributeError):
        replace_private(object(), RTCRtpSender, "encoder", None)
