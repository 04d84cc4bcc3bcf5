"""Composes the rooms of a hub around its store, with or without a network in front of them."""

from __future__ import annotations

import contextlib
import fcntl
import hmac
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from config.schema import HubConfig
from signalling.hub.account_links import AccountLinks
from signalling.hub.accounts import Accounts
from signalling.hub.audit_trail import AuditTrail
from signalling.hub.booking import Booking
from signalling.hub.bus.interface import Bus
from signalling.hub.bus.local import LocalBus
from signalling.hub.bus.nats import NatsBus
from signalling.hub.carrying import Carrier
from signalling.hub.errors import StartError
from signalling.hub.inmates import Inmates, read_pin_key
from signalling.hub.keeping import Alone, Keeping
from signalling.hub.kept_rooms import KeptRooms
from signalling.hub.lifetime import Lifetime
from signalling.hub.lockdowns import Lockdowns
from signalling.hub.mail_links import links_key
from signalling.hub.metrics import Metrics
from signalling.hub.mirror import Mirror
from signalling.hub.outbox import Outbox
from signalling.hub.own_account import OwnAccount
from signalling.hub.pages import Pages
from signalling.hub.passwords import Passwords
from signalling.hub.people import People
from signalling.hub.pushes import Pushes
from signalling.hub.receipts import Receipts
from signalling.hub.retention import Sweeper
from signalling.hub.seats import Seats
from signalling.hub.shared_keeping import SharedKeeping
from signalling.hub.signing import KEY_FILE, ReceiptKey
from signalling.hub.still_valid import StillValid
from signalling.hub.store.interface import Store
from signalling.hub.store.records import PinRules
from signalling.hub.stores import open_store
from signalling.hub.switchboard import Switchboard
from signalling.hub.terminals import Terminals
from signalling.hub.tickets import Tickets
from signalling.hub.visit_mails import VisitMails
from signalling.hub.visits import Visits

Clock = Callable[[], float]

log = logging.getLogger(__name__)

LOCK: Final = "hub.lock"
PIN_KEY: Final = "pin.key"
RESTORING: Final = "restore.unfinished"
"""In the state folder while a backup is put in place: half of two states is none."""

NATS: Final = ("nats://", "tls://")


@dataclass(frozen=True, slots=True)
class Others:
    """What a hub has for the others beside it."""

    keeping: Alone | SharedKeeping
    carrier: Carrier
    mirror: Mirror
    rooms: KeptRooms


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms of one hub."""

    config: HubConfig
    store: Store
    bus: Bus
    accounts: Accounts
    links: AccountLinks
    people: People
    own_account: OwnAccount
    booking: Booking
    inmates: Inmates
    terminals: Terminals
    switchboard: Switchboard
    visits: Visits
    seats: Seats
    pages: Pages
    pushes: Pushes
    outbox: Outbox
    receipts: Receipts
    tickets: Tickets
    others: Others
    lockdowns: Lockdowns
    trail: AuditTrail
    sweeper: Sweeper
    metrics: Metrics
    lifetime: Lifetime = field(default_factory=Lifetime)


class HubRuns(StartError):
    """Another hub holds the lock of this state folder."""


@contextlib.contextmanager
def hub_lock(state_dir: Path) -> Iterator[None]:
    """Hold the state folder: one hub, or one staff command without a hub, at a time.

    Raises:
        HubRuns: somebody else holds it. StartError: the folder cannot be used.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(state_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartError(f"cannot use the state folder {state_dir}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise HubRuns(f"another hub uses {state_dir}") from None
    finally:
        os.close(descriptor)


def socket_path(config: HubConfig) -> Path:
    """Return where staff commands reach the hub."""
    return Path(config.staff_socket or Path(config.state_dir) / "staff.sock")


@contextlib.asynccontextmanager
async def open_services(config: HubConfig, clock: Clock | None = None) -> AsyncIterator[Services]:
    """Open the store and compose the rooms; the caller holds `hub_lock`.

    Raises:
        StartError: something of the configuration or the state folder does not hold.
    """
    if config.ice_policy == "relay" and not config.turn.urls:
        raise StartError('ice_policy "relay" needs turn.urls')
    if (Path(config.state_dir) / RESTORING).exists():
        raise StartError(
            f"a restore into {config.state_dir} was broken off; do it again:"
            " visit-hub restore FILE --force"
        )
    key = read_pin_key(Path(config.state_dir) / PIN_KEY)
    receipt_key = ReceiptKey.load_or_make(Path(config.state_dir) / KEY_FILE)
    store = await open_store(config, clock)
    passwords = Passwords(config.limits.password_hash_queue)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        stack.callback(passwords.close)
        await _require_same_keys(config, store, key, receipt_key)
        # Before anything is read: what others change from now on is heard.
        bus = await _open_bus(config)
        stack.push_async_callback(bus.close)
        services = _compose(_Opened(config, store, bus, passwords, key, receipt_key))
        stack.push_async_callback(services.trail.close)
        await services.trail.holds()
        await services.visits.start()
        _warn_of_strays(services)
        if isinstance(services.others.keeping, Alone):
            services.visits.take(None)
            await services.seats.take(None)
            await services.lockdowns.take(None)
            services.visits.settle_all(None)
        yield services


def _warn_of_strays(services: Services) -> None:
    """Say which facilities have open visits and are not in hub.toml any more."""
    known = {each.id for each in services.config.facility}
    open_visits = (live.visit for live in services.visits.all() if live.visit.ended is None)
    for facility in sorted({each.booked.facility for each in open_visits} - known):
        log.warning("facility=%s has open visits and is not in hub.toml any more", facility)


async def _require_same_keys(
    config: HubConfig, store: Store, key: bytes, receipt_key: ReceiptKey
) -> None:
    """Raise StartError when another hub's keys, or an older backup's, belong to the database."""
    for name, print in ((PIN_KEY, _print(key)), (KEY_FILE, receipt_key.id)):
        if not await store.keeping.same_key(name, print):
            raise StartError(
                f"{Path(config.state_dir) / name} is not the key that this database is used with:"
                " copy it from the hub that made the database, or from its backup"
            )


def _print(key: bytes) -> str:
    # One way: whoever reads the database must not learn the key that its PINs are kept under.
    return hmac.digest(key, b"visitbooth print of this key", "sha256").hex()[:16]


async def _open_bus(config: HubConfig) -> Bus:
    if config.bus == "local":
        return LocalBus()
    if not all(each.strip().startswith(NATS) for each in config.bus.split(",")):
        raise StartError(f'bus "{config.bus}" is neither "local" nor "nats://HOST:PORT"')
    return await NatsBus.open(config.bus, config.name, config.bus_password.reveal())


def _pin_rules(config: HubConfig) -> PinRules:
    rules = config.inmates
    return PinRules(rules.pin_tries, rules.terminal_tries, rules.lockout_s, rules.facility_tries)


def _keeping(config: HubConfig, store: Store, bus: Bus) -> Alone | SharedKeeping:
    if isinstance(bus, LocalBus):
        return Alone(bus.hub)
    facilities = tuple(each.id for each in config.facility)
    return SharedKeeping(store, bus.hub, facilities, heard=bus.heard)


def _fence(keeping: Keeping, bus: Bus) -> str | None:
    """Return who this hub is where another may keep what it kept; None: there are no others."""
    return None if isinstance(keeping, Alone) else bus.hub


@dataclass(frozen=True, slots=True)
class _Opened:
    """What rooms are composed of."""

    config: HubConfig
    store: Store
    bus: Bus
    passwords: Passwords
    key: bytes
    receipt_key: ReceiptKey

    def audit_trail(self) -> AuditTrail:
        return AuditTrail(
            self.store, self.receipt_key, self.config.name, Path(self.config.state_dir)
        )


def _compose(opened: _Opened) -> Services:
    config, store, bus, key = opened.config, opened.store, opened.bus, opened.key
    keeping = _keeping(config, store, bus)
    inmates, switchboard = Inmates(store, key, _pin_rules(config)), Switchboard(config)
    visits = Visits(store, bus, keeping, config, metrics := Metrics())
    accounts = Accounts(store, bus, opened.passwords, config, links_key(key))
    people = People(store, bus, accounts.tries, config)
    outbox = Outbox(store, config.mail, links_key(key))
    seats = Seats(store, bus, visits, switchboard, inmates, _fence(keeping, bus))
    trail, mails = opened.audit_trail(), VisitMails(config, outbox.look)
    store.write_letters_with(mails.letters)
    mirror = Mirror(store, bus, visits, StillValid(store, bus, switchboard))
    carrier = Carrier(bus)
    lockdowns = Lockdowns(store, bus, visits, keeping, config)
    rooms = KeptRooms(visits, seats, switchboard, mirror, carrier, lockdowns)
    return Services(
        config=config,
        store=store,
        bus=bus,
        accounts=accounts,
        links=AccountLinks(store, bus, accounts, outbox),
        own_account=OwnAccount(store, bus, accounts, outbox, visits),
        people=people,
        booking=Booking(store, visits, people, config),
        inmates=inmates,
        terminals=Terminals(store, config.name),
        switchboard=switchboard,
        visits=visits,
        seats=seats,
        pages=Pages(store, bus, visits, switchboard, config),
        pushes=Pushes(store, bus, visits, seats, switchboard, config),
        outbox=outbox,
        receipts=Receipts(store, config, opened.receipt_key),
        tickets=Tickets(store),
        others=Others(keeping, carrier, mirror, rooms),
        metrics=metrics,
        lockdowns=lockdowns,
        trail=trail,
        sweeper=Sweeper(store, accounts, trail, config),
    )
