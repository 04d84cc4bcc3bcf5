"""What the media process says changes only what it may speak of."""

from __future__ import annotations

import msgspec

from kiosk.media.commands import Fault, Finding, Level, Opened
from kiosk.reports import reported
from signalling.messages import CallStats
from signalling.visit import Status
from tests.kiosk.bench_of_session import HUB_EPOCH, OPENED, TESTED, sent, visit
from tests.kiosk.test_narration import STATS
from tests.kiosk.test_standing import standing


def test_a_fault_stands_with_its_words_until_it_is_mended() -> None:
    made = standing()
    reported(made, Fault(code="CAM-01", detail="unplugged"), 1.0)
    assert made.faults.open == (("CAM-01", HUB_EPOCH + 1.0, "unplugged"),)
    reported(made, Fault(code="CAM-01", mended=True), 2.0)
    assert not made.faults.open


def test_a_level_moves_the_meter() -> None:
    made = standing(visit())
    reported(made, Level(microphone_dbfs=-10.0), 1.0)
    assert made.meter.level > 0


def test_a_visits_process_that_opens_mends_what_an_earlier_one_judged() -> None:
    made = standing(visit())
    made.faults.raised("CAM-02", 0.0)
    made.settle(0.0)
    reported(made, OPENED, 1.0)
    assert not made.faults.codes
    assert made.technician.opened == Opened(width=640, height=480, fps=30)


def test_a_proofs_process_that_opens_leaves_judgements_to_its_findings() -> None:
    made = standing()
    made.faults.raised("CAM-02", 0.0)
    made.settle(0.0)
    reported(made, OPENED, 1.0)
    made.settle(1.0)
    assert made.faults.codes == ("CAM-02",)
    for device in TESTED:
        reported(made, Finding(device=device, passed=True, detail=""), 2.0)
    assert not made.faults.codes


def test_statistics_are_told_of_the_visits_own_connection_only() -> None:
    made = standing(visit(Status.IN_VISIT))
    made.settle(0.0)
    reported(made, OPENED, 0.0)
    made.settle(0.0)
    stats = msgspec.structs.replace(STATS, connection=made.call.connection)
    (told,) = sent(reported(made, stats, 1.0))
    assert isinstance(told, CallStats)
    other = msgspec.structs.replace(STATS, connection=made.call.connection + 1)
    assert reported(made, other, 1.0) == []
    made.fresh = False
    assert reported(made, stats, 1.0) == []
    assert reported(standing(), stats, 1.0) == []
