"""Finds whom and what staff commands name, or says in one sentence that there is no such one."""

from __future__ import annotations

from typing import Final

from config.problems import nearest
from config.schema import Facility, HubConfig
from signalling.hub.errors import StaffError
from signalling.hub.store.interface import Store
from signalling.hub.store.records import Inmate, Visitor


def facility_of(config: HubConfig, facility: str) -> Facility:
    """Return a facility of hub.toml. Raises StaffError."""
    found = next((each for each in config.facility if each.id == facility), None)
    if found is None:
        known = ", ".join(sorted(each.id for each in config.facility))
        raise StaffError(f"there is no facility {facility} in hub.toml (there is: {known})")
    return found


def zone_of(config: HubConfig, facility: str) -> str:
    """Return a facility's time zone; of one that is not in hub.toml any more, UTC."""
    return next((each.time_zone for each in config.facility if each.id == facility), "UTC")


def hub_zone(config: HubConfig) -> str:
    """Return the time zone for what is of no facility: the one that all of them have, or UTC."""
    zones = {each.time_zone for each in config.facility}
    return zones.pop() if len(zones) == 1 else "UTC"


def relation_of(facility: Facility, relation: str) -> str:
    """Return a relation as hub.toml writes it: whether a visit is private depends on it.

    One that is not listed there stays as staff write it.
    """
    typed = relation.strip()
    listed = (*facility.relations, *facility.private_relations)
    return next((each for each in listed if each.casefold() == typed.casefold()), typed)


def relation_warnings(facility: Facility, relation: str) -> list[str]:
    """Return what to tell staff of a relation that hub.toml does not list: a slip, perhaps."""
    listed = (*facility.relations, *facility.private_relations)
    if not relation or relation in listed:
        return []
    near = nearest(relation, listed)
    meant = f', probably "{near}"' if near else ""
    return [f'facility {facility.id} lists no relation "{relation}"{meant}: {", ".join(listed)}']


def require_listed(facility: Facility, unit: str) -> None:
    """Check a housing unit where hub.toml lists them: in another nobody could book.

    Raises:
        StaffError: it is not among them.
    """
    listed = [each.name for each in facility.unit]
    if unit and listed and unit not in listed:
        raise StaffError(
            f'"{unit}" is no housing unit of {facility.id} in hub.toml ({", ".join(listed)})'
        )


async def require_unit(store: Store, facility: Facility, unit: str) -> None:
    """Check the name of a housing unit. Raises StaffError: nobody and nothing is in it."""
    here = facility.id
    known = {each.name for each in facility.unit}
    known |= {each.unit for each in await store.people.inmates() if each.facility == here}
    known |= {each.unit for each in await store.terminals.terminals() if each.facility == here}
    known.discard("")
    if unit not in known:
        there_is = f"there is: {', '.join(sorted(known))}" if known else "it has none"
        raise StaffError(f'there is no housing unit "{unit}" at {here} ({there_is})')


async def find_inmate(store: Store, number: str, facility: str | None) -> Inmate:
    """Return the inmate with a number. Raises StaffError: there is none, or there are several."""
    found = [
        each
        for each in await store.people.inmates(number)
        if facility is None or each.facility == facility
    ]
    if not found:
        where = f" at {facility}" if facility is not None else ""
        raise StaffError(f"there is no inmate {number}{where}: visit-hub inmate list shows all")
    if len(found) > 1:
        where = ", ".join(each.facility for each in found)
        raise StaffError(f"inmate {number} is in several facilities ({where}): add --facility")
    return found[0]


LOOK: Final = "visit-hub visitor list shows who has one"
SIGN_UP: Final = "have them sign up on the page, or use visit-hub visitor add"


async def find_visitor(store: Store, email: str, otherwise: str = LOOK) -> Visitor:
    """Return the visitor with an e-mail.

    Raises:
        StaffError: nobody has it; says what to do `otherwise`.
    """
    visitor = await store.people.visitor_by_email(email.lower())
    if visitor is None:
        raise StaffError(f"{email} has no account: {otherwise}")
    return visitor
