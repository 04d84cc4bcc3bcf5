"""Structs over the socket: whole, strict, limited."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.media import framing
from kiosk.media.commands import MAX_COMMAND, AnyReport, Fault, Imported, Level, LocalOffer


def splitter() -> framing.Splitter[AnyReport]:
    return framing.Splitter(msgspec.json.Decoder(AnyReport))


@given(st.lists(st.integers(1, 50), max_size=40))
def test_however_it_is_cut_it_comes_whole(cuts: list[int]) -> None:
    sent = [Imported(), Level(microphone_dbfs=-20.5), LocalOffer(connection=3, sdp="v=0")] * 3
    stream = b"".join(framing.encode(each) for each in sent)
    reading = splitter()
    got = []
    for cut in [*cuts, len(stream)]:
        chunk, stream = stream[:cut], stream[cut:]
        got += list(reading.feed(chunk))
    assert got == sent


@pytest.mark.parametrize(
    "hostile",
    [
        b"\xff\xff\xff\xff",
        (MAX_COMMAND + 1).to_bytes(4, "big"),
        b"\0\0\0\2{}",
        b"\0\0\0\3abc",
        b"\0\0\0\x16" + b'{"is":"open","door":1}',
        b"\0\0\0\1\xff",
        b"\0\0\0\0",
        b"\0\0\x4e\x26" + b'{"a":' + b"[" * 20_001,
    ],
)
def test_nonsense_is_refused(hostile: bytes) -> None:
    with pytest.raises(framing.BadFrame):
        list(splitter().feed(hostile))


def test_too_long_is_not_sent() -> None:
    with pytest.raises(framing.BadFrame):
        framing.encode(LocalOffer(connection=1, sdp="x" * MAX_COMMAND))


@pytest.mark.parametrize("code", ["HUB-01", "HOOK-01", "CAM-05", "cam-01", "CAM-01\n", "X", ""])
def test_the_media_process_reports_no_fault_but_its_own(code: str) -> None:
    reports = splitter()
    assert list(reports.feed(framing.encode(Fault(code="EAR-04")))) == [Fault(code="EAR-04")]
    with pytest.raises(framing.BadFrame):
        list(reports.feed(framing.encode(Fault(code=code))))
