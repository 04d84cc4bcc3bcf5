"""What a new file would change, and what each change takes."""

from __future__ import annotations

from typing import Any

import msgspec

from config.difference import NEW_CODE, NOTHING, RESTART, UNUSED, Change, changes
from config.schema import Devices, Facility, HubConfig, Secret, Technician, TerminalConfig

HUB = HubConfig(name="main", facility=(Facility(id="a", name="A", time_zone="UTC"),))


def terminal(**more: Any) -> TerminalConfig:
    values = {"terminal": "t1", "hub": "wss://visits.example", "hub_name": "main", **more}
    return TerminalConfig(**values)


def test_the_same_is_nothing() -> None:
    assert changes(terminal(), terminal()) == []


def test_each_key_with_what_it_takes() -> None:
    now = terminal(machine="")
    then = terminal(
        terminal="t2",
        hub="wss://other.example",
        machine="52:54:00:12:34:56",
        devices=Devices(fps=25, camera_masks=("0 0 1 1",)),
    )
    assert changes(now, then) == [
        Change("terminal", '"t1"', '"t2"', NEW_CODE),
        Change("hub", f'"{now.hub}"', '"wss://other.example"', RESTART),
        Change("machine", '""', '"52:54:00:12:34:56"', NOTHING),
        Change("devices.fps", "30", "25", RESTART),
        Change("devices.camera_masks", "[]", '["0 0 1 1"]', RESTART),
    ]


def test_a_secret_is_not_shown() -> None:
    now = terminal(technician=Technician(pin=Secret("123456")))
    then = terminal(enrolment_code=Secret("K7QF-2MXR"), technician=Technician(pin=Secret("654321")))
    assert changes(now, then) == [
        Change("enrolment_code", "no secret", "a secret", UNUSED),
        Change("technician.pin", "a secret", "another secret", RESTART),
    ]


def test_a_hubs_facilities_come_and_go() -> None:
    two = msgspec.structs.replace(HUB, facility=HUB.facility * 2)
    assert ("facility[2].id", "-") in {(each.key, each.now) for each in changes(HUB, two)}
    assert ("facility[2].id", "-") in {(each.key, each.then) for each in changes(two, HUB)}
