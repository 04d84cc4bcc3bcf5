"""Discovery in the guest: what the kernel's own drivers show of what is plugged and pulled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.vm import cabling
from tests.vm.guest import Guest
from tests.vm.terminal import SLOW, until_async

pytestmark = pytest.mark.asyncio(loop_scope="session")

HANDSET = "usb:095d:9201"


async def listed(guest: Guest) -> list[dict[str, Any]]:
    """What `visit-hardware list` has, gaps left out."""
    told: list[dict[str, Any]] = json.loads(
        await guest.sh("visit-hardware list --json 2> /dev/null")
    )
    return [each for each in told if each["node"]]


async def test_nothing_attached_is_said_and_fails(guest: Guest) -> None:
    assert {each["kind"] for each in await listed(guest)} <= {"hook", "keypad"}
    done = await guest.run("visit-hardware test --no-ask --json 2> /dev/null")
    assert done.status == 1
    assert {"CAM-01", "MIC-01", "EAR-01"} <= {each["code"] for each in json.loads(done.out)}


async def test_a_real_usb_handset_comes_and_goes(guest: Guest) -> None:
    async def seen() -> bool:
        return any(
            each["kind"] == "hook" and each["selector"].startswith(HANDSET)
            for each in await listed(guest)
        )

    async def gone() -> bool:
        return not await seen()

    await guest.sh(cabling.GADGET_BEGIN)
    for _ in range(2):
        await guest.sh(cabling.GADGET_IN)
        await until_async(seen, SLOW, "the handset in the list")
        await guest.wait("ls /dev/serial/by-id/ | grep Handset_SN0001", SLOW)
        await guest.sh(cabling.GADGET_OUT)
        await until_async(gone, SLOW, "the list without the handset")


async def test_camera_and_card_are_described_so_that_they_are_found_again(guest: Guest) -> None:
    await guest.sh(cabling.CAMERA_IN)
    await guest.sh(cabling.CARD_IN)
    before = await listed(guest)
    assert {"camera", "microphone", "earpiece"} <= {each["kind"] for each in before}
    await guest.sh(
        '(printf \'terminal = "t4"\\nhub = "ws://127.0.0.1"\\nhub_name = "hub"\\n\';'
        " visit-hardware describe) > /root/described.toml"
    )
    await guest.sh(cabling.CAMERA_OUT)
    await guest.sh(cabling.CARD_OUT)
    assert not any(each["kind"] in ("camera", "microphone") for each in await listed(guest))
    await guest.sh(cabling.CAMERA_IN)
    await guest.sh(cabling.CARD_IN)
    told = json.loads(
        await guest.sh("visit-hardware list --config /root/described.toml --json 2> /dev/null")
    )
    chosen = {each["kind"]: each["selector"] for each in told if each["is_chosen"]}
    assert chosen == {each["kind"]: each["selector"] for each in before if each["is_chosen"]}
