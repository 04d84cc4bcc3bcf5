"""When the devices are proved, and that a proof always ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.actions import Action, Send, StartMedia, StopMedia, Tell
from kiosk.events import DeviceFault, DevicePlugged, Event, HookMoved, MediaDied
from kiosk.faults import Faults
from kiosk.media.commands import Fault, Finding, SelfTest
from kiosk.proving import (
    AFTER_PLUG_S,
    EVERY_S,
    EVERY_WITH_FAULT_S,
    FOR_SOMEBODY_S,
    JUDGED,
    LIMITS_S,
    LOOP_S,
    MOST,
    MOST_WITHIN_S,
    UNPROVED_FAULT,
    Proving,
)
from kiosk.session import Session
from kiosk.technician import Technician
from kiosk.technician_lock import TechnicianLock
from kiosk.view import AskTechnician, Back, Key, RunSelfTest, Touch
from signalling.link_events import LinkDown
from signalling.messages import Health
from signalling.visit import Status
from tests.kiosk.bench_of_session import HUB_EPOCH, OPENED, WELL, Bench, seat, told, visit
from tests.kiosk.test_technician_lock import PIN, SETTINGS


def finding(device: str, passed: bool = True, code: str = "") -> Finding:
    return Finding(device=device, passed=passed, code=code, detail=f"{device} seen")


@dataclass
class Proof:
    """A `Proving` with its faults, at a terminal at which nobody sits."""

    proving: Proving = field(default_factory=Proving)
    faults: Faults = field(default_factory=Faults)
    now: float = 0.0

    def settle(self, *, free: bool = True, here: bool = True) -> str:
        self.proving.settle(self.faults, self.now, HUB_EPOCH + self.now, free=free, here=here)
        return self.proving.state

    def at(self, now: float) -> str:
        self.now = now
        return self.settle()

    def tests(self, *, is_open: bool = True) -> bool:
        return self.proving.may_test(self.now, is_open=is_open)

    def found(self, *findings: Finding) -> tuple[str, ...]:
        for each in findings:
            self.proving.found(each, self.faults, self.now, HUB_EPOCH + self.now)
        return self.faults.codes

    def prove(self, *findings: Finding) -> tuple[str, ...]:
        self.settle()
        assert self.tests()
        return self.found(*(findings or WELL))


# -- when -------------------------------------------------------------------------------------


def test_the_first_is_due_at_once_and_the_next_in_ten_minutes() -> None:
    one = Proof()
    one.prove()
    assert one.at(EVERY_S - 0.1) == "resting"
    assert one.at(EVERY_S) == "opening"


def test_none_begins_where_somebody_is() -> None:
    one = Proof()
    assert (one.settle(free=False), one.settle(here=False)) == ("resting", "resting")
    assert one.settle() == "opening"


def test_one_that_has_begun_goes_on_while_somebody_signs_in_and_stops_for_a_visit() -> None:
    one = Proof()
    one.settle()
    assert one.settle(free=False) == "opening"
    assert one.settle(free=False, here=False) == "resting"
    assert one.settle() == "opening", "what was not finished is due"


def test_a_device_that_comes_is_looked_at_soon_however_many_come() -> None:
    one = Proof()
    one.prove()
    for now in (10.0, 11.0, 11.9):
        one.now = now
        one.proving.plugged(now)
        assert one.settle() == "resting"
    assert one.at(10.0 + AFTER_PLUG_S) == "opening"


def test_a_device_that_comes_during_a_proof_is_looked_at_after_it() -> None:
    one = Proof()
    one.settle()
    assert one.tests()
    one.proving.plugged(0.0)
    one.found(*WELL)
    assert one.at(AFTER_PLUG_S) == "opening"


def test_a_loose_plug_has_no_processes_started_without_end() -> None:
    one, began = Proof(), []
    for quarter in range(4 * 600):
        one.now = quarter / 4
        one.proving.plugged(one.now)
        if one.settle() == "opening":
            began.append(one.now)
            assert one.tests()
            one.found(*WELL)
    assert len(began) <= MOST * (1 + 600 / MOST_WITHIN_S)
    assert began[-1] > 540
    one.proving.ask(one.now)
    assert one.settle() == "opening", "a person is not made to wait"


def test_a_person_who_asks_gets_it_at_once() -> None:
    one = Proof()
    one.prove()
    one.proving.ask(1.0)
    assert one.at(1.0) == "opening"


def test_while_a_judgement_stands_it_is_proved_every_minute() -> None:
    one = Proof()
    assert one.prove(finding("camera", False, "CAM-02"), *WELL[1:]) == ("CAM-02",)
    assert one.at(EVERY_WITH_FAULT_S - 0.1) == "resting"
    assert one.at(EVERY_WITH_FAULT_S) == "opening"
    assert one.tests()
    assert one.found(*WELL) == ()
    assert one.at(2 * EVERY_WITH_FAULT_S) == "resting"


def test_a_judgement_that_a_visit_left_is_looked_at_within_a_minute() -> None:
    one = Proof()
    one.prove()
    one.faults.raised("CAM-03", 0.0)
    assert one.at(EVERY_WITH_FAULT_S) == "opening"


# -- what it finds ----------------------------------------------------------------------------


def test_the_loop_is_waited_for_where_it_is_measured_and_for_a_second_only() -> None:
    one = Proof()
    one.settle()
    assert one.tests()
    one.found(*WELL[:3])
    assert one.at(LOOP_S - 0.1) == "testing"
    assert one.at(LOOP_S) == "resting"
    assert one.proving.findings.keys() == JUDGED
    one.proving.ask(2.0)
    assert one.at(2.0) == "opening"
    assert one.tests()
    one.found(*WELL[:3], finding("loop", False, "EAR-02"))
    assert (one.proving.state, one.faults.codes) == ("resting", ("EAR-02",))


def test_what_a_process_said_before_it_died_does_not_count() -> None:
    one = Proof()
    one.settle()
    assert one.tests()
    one.found(*WELL[:2])
    assert not one.tests(is_open=False)
    assert one.tests()
    one.found(*WELL[2:])
    assert one.proving.state == "testing"


def test_the_faults_follow_together_and_keep_the_tests_words() -> None:
    one = Proof()
    one.faults.raised("EAR-02", 5.0)
    one.settle()
    assert one.tests()
    loop = finding("loop", False, "EAR-02")
    assert one.found(finding("camera", False, "CAM-02"), *WELL[1:3]) == ("EAR-02",)
    assert one.found(loop) == ("EAR-02", "CAM-02"), "the loop's word stands"
    assert one.faults.open[1] == ("CAM-02", HUB_EPOCH, "camera seen")
    assert one.proving.state == "resting"
    assert one.proving.findings["loop"] == loop
    assert one.proving.found_at["camera"] == HUB_EPOCH


def test_what_is_missing_is_not_mended_by_a_test_that_passes() -> None:
    one = Proof()
    one.faults.raised("CAM-01", 0.0)
    one.faults.raised("HOOK-01", 0.0)
    assert one.prove() == ("CAM-01", "HOOK-01")


def test_a_failure_without_a_code_is_no_fault() -> None:
    one = Proof()
    assert one.prove(*WELL[:3], finding("loop", False)) == ()


def test_nothing_is_believed_that_was_not_asked() -> None:
    one = Proof()
    assert one.found(finding("camera", False, "CAM-02")) == ()
    assert one.proving.findings == {}


# -- it always ends ---------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["opening", "testing"])
def test_one_that_takes_too_long_is_a_fault_and_is_tried_again(state: str) -> None:
    one = Proof()
    one.settle()
    if state == "testing":
        assert one.tests()
        one.found(finding("camera", False, "CAM-02"))
    limit = LIMITS_S[state]
    assert one.at(limit - 0.1) == state
    assert one.at(limit) == "resting"
    judged = ("CAM-02", UNPROVED_FAULT) if state == "testing" else (UNPROVED_FAULT,)
    assert one.faults.codes == judged
    assert one.at(limit + EVERY_WITH_FAULT_S) == "opening"
    assert one.tests()
    assert one.found(*WELL) == ()


def test_a_process_that_died_is_asked_again() -> None:
    one = Proof()
    one.settle()
    assert not one.tests(is_open=False)
    assert one.tests()
    assert not one.tests(), "once"
    assert not one.tests(is_open=False)
    assert one.proving.state == "opening"
    assert one.tests()


def test_a_process_that_dies_of_the_test_again_is_a_fault_and_left_alone_for_a_minute() -> None:
    one = Proof()
    for _ in range(2):
        assert one.settle() == "opening"
        assert one.tests()
        assert not one.tests(is_open=False)
    assert one.settle() == "resting"
    assert one.faults.codes == (UNPROVED_FAULT,)
    assert one.at(EVERY_WITH_FAULT_S) == "opening"
    assert one.settle() == "opening", "counted anew"


def test_a_program_that_failed_works_when_a_proof_is_over() -> None:
    one = Proof()
    one.faults.raised("APP-01", 0.0)
    assert one.prove() == ()


# -- in a session -----------------------------------------------------------------------------


def test_at_the_start_a_process_proves_the_devices_and_goes_again() -> None:
    session = Session(language="en", clock_offset_s=HUB_EPOCH)
    bench = Bench.__new__(Bench)
    bench.session, bench.now, bench.actions = session, 0.0, []
    assert bench.wait(0.25) == [StartMedia("")]
    assert Tell(SelfTest()) in bench.do(OPENED)
    assert StopMedia() in [action for each in WELL for action in bench.do(each)]


def test_a_terminal_without_a_camera_says_so_before_anybody_signs_in() -> None:
    bench = Bench().ready()
    bench.do(DevicePlugged("camera", here=False))
    assert StartMedia("") in bench.wait(AFTER_PLUG_S)
    asked = bench.do(Fault(code="CAM-01", detail="unplugged"))
    assert Send(Health(faults=["CAM-01"])) in asked
    assert bench.screen == "out-of-order"
    bench.do(OPENED)
    bench.do(finding("camera", False, "CAM-01"))
    for each in WELL[1:]:
        bench.do(each)
    assert StopMedia() not in bench.wait(500), "it watches until the camera is back"
    assert StopMedia() in bench.do(Fault(code="CAM-01", mended=True))
    assert bench.screen == "idle"


def test_a_black_camera_is_out_of_order_without_a_flicker_until_a_proof_passes() -> None:
    bench = Bench().ready()
    bench.wait(EVERY_S)
    bench.do(OPENED)
    for each in (finding("camera", False, "CAM-02"), *WELL[1:]):
        bench.do(each)
    assert (bench.screen, bench.actions[-1]) == ("out-of-order", Send(Health(faults=["CAM-02"])))
    assert StopMedia() in bench.actions
    assert StartMedia("") in bench.wait(EVERY_WITH_FAULT_S)
    bench.do(OPENED)
    assert bench.screen == "out-of-order"
    for each in WELL:
        bench.do(each)
    assert bench.screen == "idle"


@pytest.mark.parametrize("comes", [Touch(), HookMoved(up=True)])
def test_who_comes_to_a_terminal_that_is_out_of_order_has_it_proved_again(comes: Event) -> None:
    """The lamp has come on with them; but not more often than every ten seconds."""
    bench = Bench().ready()
    bench.wait(EVERY_S)
    bench.do(OPENED)
    for each in (finding("camera", False, "CAM-02"), *WELL[1:]):
        bench.do(each)
    bench.wait(1.0)
    bench.do(comes)
    assert StartMedia("") not in bench.wait(FOR_SOMEBODY_S - 2.0)
    assert StartMedia("") in bench.wait(2.0)
    bench.do(OPENED)
    for each in WELL:
        bench.do(each)
    assert bench.screen == "idle"
    bench.do(comes)
    assert bench.screen == "sign-in", "a terminal that is well only serves"
    assert StartMedia("") not in bench.wait(FOR_SOMEBODY_S)


def test_a_touch_during_a_proof_is_served_at_once_and_a_visit_gets_its_own_process() -> None:
    bench = Bench().ready()
    bench.wait(EVERY_S)
    bench.press(Touch())
    assert bench.screen == "sign-in"
    bench.type("482017e1234e")
    asked = bench.push(seat(visit()))
    assert asked[:2] == [StopMedia(), StartMedia("v1")]
    assert SelfTest() not in told(bench.do(OPENED))


def test_a_running_visit_is_never_proved_nor_judged() -> None:
    bench = Bench().connected(visit(Status.IN_VISIT))
    before = len(bench.actions)
    bench.do(DevicePlugged("camera", here=True))
    bench.wait(EVERY_S * 2)
    bench.do(finding("camera", False, "CAM-02"))
    assert SelfTest() not in told(bench.actions[before:])
    assert (bench.screen, bench.view.faults) == ("in-visit", ())


# -- no process runs for ever at a terminal at which nobody sits -------------------------------

EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.sampled_from([OPENED, *WELL, Touch(), Back(), AskTechnician(), RunSelfTest()]),
    st.sampled_from([MediaDied("crash"), LinkDown("gone"), DevicePlugged("camera", here=True)]),
    st.builds(HookMoved, up=st.booleans()),
    st.sampled_from([*PIN, "enter"]).map(Key),
    st.builds(Fault, code=st.sampled_from(["CAM-01", "CAM-02", "MIC-04"]), mended=st.booleans()),
    st.builds(
        Finding,
        device=st.sampled_from(["camera", "earpiece", "loop"]),
        passed=st.booleans(),
        detail=st.just(""),
        code=st.sampled_from(["", "CAM-02", "CAM-01", "EAR-02"]),
    ),
    st.builds(DeviceFault, st.just("HOOK-01"), mended=st.booleans()),
)
STEPS = st.lists(
    st.one_of(
        EVENTS,
        st.sampled_from([1.0, 30.0, 130.0]),
        st.sampled_from([None, seat(visit()), seat(visit(), at=None)]).map(lambda each: (each,)),
        st.just("come"),
    ),
    max_size=20,
)


class Processes:
    """Answers as a media process does: quickly, never, or by dying of the test."""

    def __init__(self, bench: Bench, kind: str) -> None:
        self.bench, self.kind = bench, kind
        self.runs = False

    def wait(self, seconds: float, *, until_stopped: bool = False) -> bool:
        """Let time go on; return whether no process runs."""
        for _ in range(int(4 * seconds)):
            if until_stopped and not self.runs:
                break
            self.take(self.bench.wait(0.25))
        return not self.runs

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, StopMedia):
                self.runs = False
            elif isinstance(action, StartMedia):
                self.runs = True
                if self.kind != "hangs":
                    self.take(self.bench.do(OPENED))
            elif action == Tell(SelfTest()) and self.kind == "well":
                for each in WELL:
                    self.take(self.bench.do(each))
            elif action == Tell(SelfTest()) and self.kind == "fragile":
                self.take(self.bench.do(MediaDied("crash")))


@given(steps=STEPS, kind=st.sampled_from(["well", "hangs", "deaf", "fragile"]))
@settings(max_examples=100, deadline=None)
def test_whatever_happens_the_process_stops_when_nobody_is_here(
    steps: list[Any], kind: str
) -> None:
    technician = Technician(TechnicianLock(SETTINGS))
    bench = Bench(
        session=Session(language="en", clock_offset_s=HUB_EPOCH, technician=technician)
    ).ready()
    processes = Processes(bench, kind)
    for step in steps:
        match step:
            case float():
                processes.wait(step)
            case (pushed,):
                processes.take(bench.push(pushed))
            case "come":
                processes.take(bench.press(AskTechnician()))
                processes.take(bench.type(f"{PIN}e"))
            case _:
                processes.take(bench.do(step))
    processes.take(bench.push(None))
    for code in ("CAM-01", "MIC-04"):
        processes.take(bench.do(Fault(code=code, mended=True)))
    # A technician who left, a process that was never answered: after both it must have ended.
    assert processes.wait(300 + sum(LIMITS_S.values()) + 100, until_stopped=True)
    bench.now += EVERY_S
    started = len(bench.actions)
    processes.wait(1.0)
    assert StartMedia("") in bench.actions[started:]
    assert processes.wait(sum(LIMITS_S.values()) + 1, until_stopped=True)
