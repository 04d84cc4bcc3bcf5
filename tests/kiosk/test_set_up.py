"""What the screen says of a wrong file, and of a hub that does not take the terminal."""

from __future__ import annotations

from pathlib import Path

from config.problems import Problem
from kiosk.events import DeviceFault
from kiosk.session import Session
from kiosk.set_up import MOST, of_hub, of_mistakes
from kiosk.technician import New, Technician
from kiosk.view import SetUp
from signalling.link_events import LinkDown
from tests.kiosk.bench_of_session import HUB_EPOCH, Bench

FILE = Path("/etc/visitbooth/terminal.toml")


def test_each_mistake_with_its_place_and_no_more_than_fit() -> None:
    problems = [
        Problem(FILE, "there is no such key", 3, ("hubb",)),
        Problem(FILE, "cannot be read"),
        *[Problem(FILE, "found 0", 9, ("devices", "fps"))] * MOST,
    ]
    shown = of_mistakes(problems)
    assert shown.said[:3] == (
        (f"{FILE}, line 3, hubb", "there is no such key."),
        (f"{FILE}", "cannot be read."),
        (f"{FILE}, line 9, devices.fps", "found 0."),
    )
    assert (len(shown.said), shown.more) == (MOST, 2)


def test_why_the_hub_has_not_taken_it() -> None:
    assert of_hub("c4", "wss://v.example", "the hub is away.") == SetUp(
        "hub", (("c4, wss://v.example", "The hub is away."),)
    )


def new_terminal() -> Bench:
    technician = Technician(new=New("c4", "wss://v.example"))
    return Bench(Session(language="en", clock_offset_s=HUB_EPOCH, technician=technician))


def test_a_new_terminal_says_why_it_waits_until_its_hub_takes_it() -> None:
    bench = new_terminal()
    assert (bench.screen, bench.view.set_up) == ("set-up", of_hub("c4", "wss://v.example", ""))
    bench.do(LinkDown("the enrolment code is too old", "HUB-04"))
    assert bench.screen == "set-up"
    shown = bench.view.set_up
    assert shown is not None
    assert shown.said == (("c4, wss://v.example", "The enrolment code is too old"),)
    bench.link_up()
    assert (bench.screen, bench.view.set_up) == ("idle", None)
    bench.do(LinkDown("another hub", "HUB-04"))
    assert bench.screen == "out-of-order", "it was taken once: families' visits are booked on it"


def test_a_terminal_that_was_taken_before_says_why_until_its_hub_is_back() -> None:
    bench = Bench()
    bench.do(LinkDown("the certificate is not valid yet", "NET-04"))
    assert bench.screen == "out-of-order"
    shown = bench.view.set_up
    assert shown is not None
    assert [text for _, text in shown.said] == ["The certificate is not valid yet"]
    bench.link_up()
    bench.do(LinkDown("the certificate has expired", "NET-04"))
    assert (bench.screen, bench.view.set_up) == ("out-of-order", None), "inmates read it too"


def test_a_broken_device_is_told_without_the_hub() -> None:
    bench = Bench()
    bench.do(LinkDown("Nothing listens at v.example:443"))
    bench.do(DeviceFault("HOOK-01"))
    assert (bench.screen, bench.view.set_up) == ("out-of-order", None)
