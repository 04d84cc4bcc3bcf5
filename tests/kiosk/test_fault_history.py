"""Past faults: opened, mended, kept over a restart, never more than two hundred."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.fault_history import MAX_BYTES, MAX_DETAIL, MAX_PAST, FaultHistory, PastFault, plain
from kiosk.faults import Faults
from signalling.device_report import MAX_INSTANT


def failing(*codes: str, detail: str = "") -> Faults:
    made = Faults()
    for code in codes:
        made.raised(code, 100.0, detail)
    return made


def test_a_fault_is_kept_from_its_first_time_until_it_is_mended() -> None:
    history, faults = FaultHistory(), failing("CAM-01", detail="unplugged")
    assert history.settle(faults, 105.0)
    assert not history.settle(faults, 106.0)
    stands = PastFault(code="CAM-01", since=100.0, detail="unplugged")
    assert history.newest_first == (stands,)
    faults.mended("CAM-01")
    assert history.settle(faults, 110.0)
    assert not history.settle(faults, 111.0)
    assert history.newest_first == (msgspec.structs.replace(stands, mended_at=110.0),)


def test_the_same_fault_again_is_another() -> None:
    history, faults = FaultHistory(), failing("CAM-01")
    history.settle(faults, 100.0)
    history.settle(Faults(), 101.0)
    faults = Faults()
    faults.raised("CAM-01", 161.0)
    history.settle(faults, 161.0)
    assert [(each.since, each.mended_at) for each in history.newest_first] == [
        (161.0, None), (100.0, 101.0),
    ]  # fmt: skip


def test_a_loose_plug_is_one_fault_and_pushes_nothing_out() -> None:
    history = FaultHistory()
    history.settle(failing("MIC-02"), 100.0)
    for number in range(3 * MAX_PAST):
        faults = Faults()
        faults.raised("CAM-01", 200.0 + number, "unplugged" if number == 0 else "")
        assert history.settle(faults, 200.0 + number)
        history.settle(Faults(), 200.5 + number)
    newest, before = history.newest_first
    assert (newest.since, newest.mended_at) == (200.0, 199.5 + 3 * MAX_PAST)
    assert newest.said == f"{3 * MAX_PAST} x unplugged"
    assert (before.code, before.said) == ("MIC-02", "")
    assert FaultHistory.decode(history.encode()).newest_first == history.newest_first


def test_a_clock_that_was_set_back_mends_nothing_before_it_broke() -> None:
    history = FaultHistory()
    history.settle(failing("CAM-01"), 100.0)
    history.settle(Faults(), 50.0)
    assert history.newest_first[0].mended_at == 100.0


def test_a_clock_out_of_its_mind_is_brought_within_what_calendars_show() -> None:
    history, faults = FaultHistory(), Faults()
    faults.raised("CAM-01", -5.0)
    history.settle(faults, -5.0)
    history.settle(Faults(), 1e300)
    (kept,) = history.newest_first
    assert (kept.since, kept.mended_at) == (0.0, MAX_INSTANT)
    assert FaultHistory.decode(history.encode()).newest_first == (kept,)


def test_after_a_restart_it_is_known_still_and_what_stood_is_over() -> None:
    before = FaultHistory()
    before.settle(failing("CAM-01", "MIC-02"), 100.0)
    after = FaultHistory.decode(before.encode())
    assert after.newest_first == before.newest_first
    assert after.settle(failing("MIC-02"), 200.0)
    assert {each.code: each.mended_at for each in after.newest_first} == {
        "CAM-01": 200.0, "MIC-02": None,
    }  # fmt: skip


def test_the_oldest_leaves_first_and_the_longest_file_can_be_read_again() -> None:
    history = FaultHistory()
    for number in range(MAX_PAST + 5):
        faults = Faults()
        at = 100.0 * number
        faults.raised("CAM-01", at, '"\U0001f4f7' * 500)
        history.settle(faults, at)
        history.settle(Faults(), at)
    assert len(history.newest_first) == MAX_PAST
    assert history.newest_first[-1].since == 500.0
    data = history.encode()
    assert len(data) <= MAX_BYTES
    assert FaultHistory.decode(data).newest_first == history.newest_first


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[3]", b'[{"code":"CAM-01","since":1e300}]',
     b'[{"code":"cam 1","since":1}]', b'[{"code":"CAM-01","since":"x"}]',
     msgspec.json.encode([{"code": "CAM-01", "since": 1.0}] * (MAX_PAST + 1))],
)  # fmt: skip
def test_what_is_no_history_is_an_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        FaultHistory.decode(data)


@given(st.text())
def test_a_detail_is_one_short_line_whatever_a_device_said(text: str) -> None:
    said = plain(text)
    assert len(said) <= MAX_DETAIL
    assert said.isprintable()
