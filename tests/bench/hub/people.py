"""Who is at the hub: everything of number N follows from N, so that no process need be told.

Terminal, inmate, visitor and visit of one number belong together.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signalling.hub.accounts import token_hash
from signalling.hub.inmates import pin_mac, read_pin_key
from signalling.hub.services import PIN_KEY
from signalling.hub.store.interface import Store
from signalling.hub.store.records import Approval, Inmate, Session, Terminal, Visitor
from signalling.visit_events import Booked
from tests.bench.hub.sizes import FACILITIES, PAIRS, Size

HUB: Final = "bench"
PIN: Final = "246810"
VISIT_S: Final = 3 * 3600.0
"""Longer than any run."""
AT_ONCE: Final = 500
HALF_A_DAY_S: Final = 12 * 3600.0


def terminal_key(number: int) -> Ed25519PrivateKey:
    """Return a terminal's key."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"key {number}".encode()).digest())


def session_token(number: int) -> str:
    """Return a visitor's session token."""
    return f"bench-session-token-of-visitor-{number:06d}"


def inmate_number(number: int) -> str:
    """Return what an inmate types."""
    return str(100_000 + number)


def visit_id(number: int, kind: str = "w") -> str:
    """Return a visit's id."""
    return f"{kind}{number}"


def facility(number: int) -> str:
    """Return the facility of everybody of a number."""
    return f"f{number % FACILITIES}"


def hub_toml(folder: Path, store: str = "", bus: str = "local", more: str = "") -> str:
    """Return a hub's configuration whose limits let one address do all of this; `more`: tables."""
    lines = [
        f'name = "{HUB}"\nport = 0\nstate_dir = "{folder}/state"\nstore = "{store}"',
        f'bus = "{bus}"',
        "[limits]\nconnections = 20000\nconnections_per_address = 20000",
        "half_open_per_address = 5000",
        "messages_per_10_s = 1000000",
        '[metrics]\nlisten = "127.0.0.1"\nport = 0',
    ]
    lines.append(more)
    for index in range(FACILITIES):
        lines.append(
            f'[[facility]]\nid = "f{index}"\nname = "Jail {index}"\ntime_zone = "UTC"\n'
            'photo = "none"'
        )
    return "\n".join(lines) + "\n"


async def settle(store: Store, state: Path, size: Size, now: float) -> None:
    """Keep everybody, and a visit of each pair: the first ones' are pending, others' tomorrow.

    Those whose visits are to become pending have none yet.
    """
    key = read_pin_key(state / PIN_KEY)
    count, first = size.clients // 2, size.starting + PAIRS
    await keep(store, key, count, now)
    await book(store, range(first), "w", now - 60.0)
    await book(store, range(first + size.pending, count), "w", now + 2 * HALF_A_DAY_S)


async def keep(store: Store, key: bytes, count: int, now: float) -> None:
    """Keep terminals, inmates, visitors and their sessions."""
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(count, start + AT_ONCE))
        await asyncio.gather(*(_keep(store, key, number, now) for number in numbers))


async def _keep(store: Store, key: bytes, number: int, now: float) -> None:
    place = facility(number)
    public = terminal_key(number).public_key().public_bytes_raw()
    terminal = Terminal(f"t{number}", place, f"{number}", "C", None, "code", now + HALF_A_DAY_S)
    await store.terminals.add_terminal(terminal)
    assert await store.terminals.enrol(terminal.id, "code", public)
    inmate = Inmate(f"i-{number}", place, inmate_number(number), f"Inmate {number}")
    await store.people.add_inmate(inmate, pin_mac(key, place, inmate.number, PIN))
    email = f"v{number}@example.org"
    await store.people.add_visitor(
        Visitor(f"v-{number}", email, f"Visitor {number}", "-", now, now)
    )
    await store.people.approve(Approval(f"v-{number}", inmate.id, "mother"))
    session = Session(
        token_hash=token_hash(session_token(number)),
        visitor=f"v-{number}",
        expires_at=now + HALF_A_DAY_S,
        facility=place,
        facility_until=now + HALF_A_DAY_S,
        id=f"s-{number}",
        created_at=now,
        seen_at=now,
    )
    await store.people.add_session(session, None)


async def book(store: Store, numbers: range, kind: str, starts_at: float) -> None:
    """Book a visit for each pair."""
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        some = range(start, min(numbers.stop, start + AT_ONCE))
        await asyncio.gather(*(book_one(store, number, kind, starts_at) for number in some))


async def book_one(store: Store, number: int, kind: str, starts_at: float) -> None:
    """Book a visit for one pair."""
    booked = Booked(
        facility=facility(number),
        inmate=f"i-{number}",
        visitors=(f"v-{number}",),
        starts_at=starts_at,
        ends_at=starts_at + VISIT_S,
        sign_in_from=starts_at - 600.0,
    )
    await store.visits.book(visit_id(number, kind), booked, "staff:bench")
