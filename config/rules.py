"""What a value must mean, beyond its type and range: addresses, zones, keys that need others."""

from __future__ import annotations

import functools
import ipaddress
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from config.enrolment_rules import ENROLMENT_FIELD_RULES, ENROLMENT_TABLE_RULES, ca_file
from config.facility_rules import FACILITY_FIELD_RULES, FACILITY_TABLE_RULES
from config.input_codes import KEYS, SWITCHES, input_code
from config.network_rules import (
    NETWORK_FIELD_RULES,
    NETWORK_TABLE_RULES,
    absolute,
    absolute_or_empty,
    address_range,
    matches,
    proxy,
)
from config.problems import Key, nearest
from config.rule import FieldRule, TableRule
from config.schema import (
    AUTO,
    Devices,
    Display,
    Facility,
    HubConfig,
    MailServer,
    MetricsListener,
    Network,
    Secret,
    Technician,
    TerminalConfig,
    Terminals,
)

UNIX_SOCKET_PATH_MAX_BYTES = 107  # sun_path of <sys/un.h>, without its final zero
INTERFACE_NAME_MAX = 15  # IFNAMSIZ of <linux/if.h>, without its final zero

# -- one value --------------------------------------------------------------------------------


_NATS = re.compile(r"(nats|tls)://([^\s/@:,]+@)?([^\s/@:,\[\]]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?/?")
_POSTGRES = re.compile(r"postgresql://([^\s:@/?]+@)?[^\s@/?]*/[^\s@/?]+(\?\S+)?")


def _store(url: str) -> str:
    if not url.startswith("postgresql:"):
        fits = not url or re.fullmatch(r"sqlite:///\S.*", url)
        return "" if fits else '"sqlite:///PATH", "postgresql://...", or "" for state_dir'
    shape = '"postgresql://USER@HOST:PORT/DATABASE"'
    if "password=" in url or re.match(r"postgresql://[^/@?]*:.*@", url):
        return f"{shape} without a password, which belongs into store_password"
    return "" if _POSTGRES.fullmatch(url) else shape


def _bus(urls: str) -> str:
    shape = '"nats://USER@HOST:PORT", with commas between the servers of one cluster'
    if urls == "local" or all(_NATS.fullmatch(each.strip()) for each in urls.split(",")):
        return ""
    if re.search(r"//[^/@]*:[^/@]*@", urls):
        return f"{shape}, without a password, which belongs into bus_password"
    return f'"local" or {shape}'


def _hub_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "wss://HOST or wss://HOST:PORT"
    if not host or parts.path not in ("", "/") or parts.query or parts.fragment or "@" in url:
        return "wss://HOST or wss://HOST:PORT, with nothing after it"
    if parts.scheme == "ws" and not _is_loopback(host):
        return "wss://..., because ws:// sends PINs in clear text (only for a hub on this machine)"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _socket(path: str) -> str:
    if len(path.encode()) > UNIX_SOCKET_PATH_MAX_BYTES:
        return f"a path of at most {UNIX_SOCKET_PATH_MAX_BYTES} bytes"
    return absolute_or_empty(path)


def _even(value: int) -> str:
    return "an even number, since colours are sampled for two pixels at a time" if value % 2 else ""


def _of_screen(least: int) -> FieldRule:
    expected = f"{least} or more, or 0 for the screen's own"
    return lambda value: expected if 0 < value < least else ""


def _interface(name: str) -> str:
    usable = 0 < len(name) <= INTERFACE_NAME_MAX and not re.search(r"[/:\s]", name)
    return "" if usable else 'the name of a network interface, such as "eth0"'


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())  # reads the whole database: 8 ms


def _time_zone(name: str) -> str:
    zones = _time_zones()
    if name in zones:
        return ""
    near = nearest(name, zones)
    meant = f', probably "{near}"' if near else ""
    return f'a time zone of the IANA database, such as "America/New_York"{meant}'


def _listen(address: str) -> str:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return "" if address == "localhost" else 'an IP address of this machine, or "0.0.0.0"'
    return ""


def _origin(origin: str) -> str:
    expected = "https://HOST or https://HOST:PORT, with nothing after it"
    try:
        parts = urlsplit(origin)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return expected
    plain = parts.scheme in ("http", "https") and host and origin.lower() == origin
    bare = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in origin
    return "" if plain and bare else expected


def _public_url(url: str) -> str:
    """Expect where families open the page: the secret in a mailed link goes there."""
    expected = "https://HOST or https://HOST:PORT, with nothing after it"
    if not url:
        return ""
    wrong = _origin(url)
    if wrong or (url.startswith("http:") and not _is_loopback(urlsplit(url).hostname or "")):
        return expected
    return ""


_DEVICE = r"/dev/\S+|usb:[0-9a-f]{4}:[0-9a-f]{4}(:[^\s@]+)?(@\S+)?|at:\S+"
_NAMED = "a device as `visit-hardware list` names it (usb:046d:0825..., at:... or /dev/...)"


def _word_or_device(words: tuple[str, ...], pattern: str, expected: str) -> FieldRule:
    """Expect one of `words`, or what fits `pattern`; a misspelt word is said to be one."""
    fits = matches("|".join((*words, pattern)), expected)

    def rule(text: str) -> str:
        wrong = fits(text)
        near = nearest(text.strip().lower(), words) if wrong else ""
        return f'{wrong}; probably "{near}"' if near else wrong

    return rule


_camera = _word_or_device(("auto", "simulated"), _DEVICE, f'"auto", "simulated" or {_NAMED}')
_keypad = _word_or_device(("none", "auto"), _DEVICE, f'"none", "auto" or {_NAMED}')
_hook = _word_or_device(
    ("none", "auto", "simulated"),
    rf"{_DEVICE}|gpio:[^\s/]+/\S+|serial:({_DEVICE})",
    f'"none", "auto", "simulated", {_NAMED}, gpio:CHIP/LINE or serial:DEVICE',
)


def _sound(text: str) -> str:
    if re.match(r"(usb|at):", text):
        usable = re.fullmatch(_DEVICE, text)
    else:
        usable = re.fullmatch(r"\S(.*\S)?", text)
    return "" if usable else f'"auto", "simulated", {_NAMED} or a part of an ALSA name'


_SERIAL_CODES = ("cts", "dsr", "dcd", "ri", "text")


def _hook_code(text: str) -> str:
    if text == AUTO or text in _SERIAL_CODES or input_code(text) is not None:
        return ""
    expected = (
        '"auto", an input device\'s code such as "KEY_PHONE", "SW_HEADPHONE_INSERT" or a key\'s '
        'number, or "cts", "dsr", "dcd", "ri" or "text"'
    )
    # Compared without what half of them begin with: it would make any two look alike.
    names = {_bare_code(name): name for name in (*KEYS, *SWITCHES)}
    near = names.get(nearest(_bare_code(text.upper()), names))
    return f'{expected}; probably "{near}"' if near else expected


def _bare_code(name: str) -> str:
    return re.sub(r"^(KEY|SW|BTN)_", "", name)


_own_units = matches(r"auto|[0-9]{1,6}", '"auto" or a number, such as "120"')


def _part(text: str) -> str:
    """Expect a part of a picture, in percent; empty: all of it."""
    expected = '"LEFT TOP WIDTH HEIGHT" in percent of the picture, such as "10 0 80 100"'
    if not text:
        return ""
    if not re.fullmatch(r"[0-9]{1,3}( [0-9]{1,3}){3}", text):
        return expected
    left, top, width, height = map(int, text.split())
    fits = width and height and left + width <= 100 and top + height <= 100
    return "" if fits else expected + ", within it"


def _mask(text: str) -> str:
    """Expect a part; an empty one would hide nothing, which nobody meant who wrote it."""
    return _part(text or " ")


def _technician_pin(pin: Secret) -> str:
    fits = not pin or re.fullmatch(r"[0-9]{6,12}", pin.reveal())
    return "" if fits else "6 to 12 digits, or nothing to let nobody in"


FIELD_RULES: Mapping[tuple[type, str], FieldRule] = {
    (TerminalConfig, "hub"): _hub_url,
    (TerminalConfig, "state_dir"): absolute,
    (TerminalConfig, "language"): matches(
        r"[a-z]{2,3}(_[A-Z]{2})?", 'a language code, such as "en" or "pt_BR"'
    ),
    (Devices, "camera"): _camera,
    (Devices, "microphone"): _sound,
    (Devices, "earpiece"): _sound,
    (Devices, "hook"): _hook,
    (Devices, "keypad"): _keypad,
    (Devices, "hook_code"): _hook_code,
    (Devices, "camera_exposure"): _own_units,
    (Devices, "camera_focus"): _own_units,
    (Devices, "camera_gain"): _own_units,
    (Devices, "camera_crop"): _part,
    (Devices, "camera_masks"): _mask,
    (Technician, "pin"): _technician_pin,
    (Devices, "hook_fifo"): absolute_or_empty,
    (Display, "width"): _of_screen(640),
    (Display, "height"): _of_screen(400),
    (Devices, "width"): _even,
    (Devices, "height"): _even,
    (Network, "interfaces"): _interface,
    (Network, "allow_peers"): address_range,
    (HubConfig, "listen"): _listen,
    (HubConfig, "state_dir"): absolute,
    (HubConfig, "store"): _store,
    (HubConfig, "bus"): _bus,
    (HubConfig, "staff_socket"): _socket,
    (HubConfig, "staff_group"): matches(r"|[a-z_][a-z0-9_-]{0,31}", "the name of a group"),
    (HubConfig, "origins"): _origin,
    (HubConfig, "allow_peers"): address_range,
    (HubConfig, "trusted_proxies"): proxy,
    (Facility, "time_zone"): _time_zone,
    **NETWORK_FIELD_RULES,
    **FACILITY_FIELD_RULES,
    **ENROLMENT_FIELD_RULES,
    (MetricsListener, "listen"): lambda address: _listen(address) if address else "",
    (MailServer, "public_url"): _public_url,
    (MailServer, "ca_file"): ca_file,
    (Terminals, "address"): lambda url: _hub_url(url) if url else "",
    (Terminals, "ca_file"): absolute_or_empty,
}
"""By table and field; a list's rule is asked for each of its elements."""


# -- several values ---------------------------------------------------------------------------


def _hook_fifo(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if table["hook_fifo"] and table["hook"] != "simulated":
        yield ("hook_fifo",), 'nothing, because it is only for hook = "simulated"'


def _hook_code_fits(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    hook, code = table["hook"], table["hook_code"]
    if hook.startswith("serial:"):
        if code not in _SERIAL_CODES:
            yield (
                ("hook_code",),
                '"cts", "dsr", "dcd", "ri" or "text": what the serial port shows the hook by',
            )
    elif code in _SERIAL_CODES:
        yield (
            ("hook_code",),
            'an input device\'s code or "auto", because the hook is no serial port',
        )


def _relay(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if table["ice_policy"] == "relay" and not table["turn"]["urls"]:
        yield ("ice_policy",), '"all", because there are no turn.urls to relay through'


def _store_password(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if table["store_password"] and not table["store"].startswith("postgresql:"):
        yield ("store",), "the postgresql://... that store_password is for"


def _shared_store(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if table["bus"] != "local" and not table["store"].startswith("postgresql:"):
        yield ("store",), 'a store that several hubs can share, "postgresql://...", because of bus'
    if table["bus_password"] and table["bus"] == "local":
        yield ("bus",), "the nats://... that bus_password is for"


def _facility_ids(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Asked also when some facility is wrong: a doubled id among the others counts all the same."""
    facilities = table["facility"] if isinstance(table["facility"], tuple) else ()
    seen: set[str] = set()
    for index, facility in enumerate(facilities):
        name = facility["id"] if isinstance(facility, Mapping) else None
        if isinstance(name, str):
            if name in seen:
                yield ("facility", index, "id"), "an id that no facility above has"
            seen.add(name)


def _default_socket(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if not table["staff_socket"] and _socket(table["state_dir"] + "/staff.sock"):
        yield (
            ("state_dir",),
            "a shorter path (or a staff_socket), so that staff.sock in it can open",
        )


def _mailed_links(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if table["host"] and not table["public_url"]:
        yield ("public_url",), "where families open the page, because mails have links to it"


def _metrics_apart(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    own = table["metrics"]
    if own["listen"] and own["port"] == table["port"] != 0:
        yield ("metrics", "port"), "another port than families and terminals reach"


TABLE_RULES: Mapping[type, tuple[TableRule, ...]] = {
    Devices: (
        TableRule(("hook", "hook_fifo"), _hook_fifo),
        TableRule(("hook", "hook_code"), _hook_code_fits),
    ),
    **NETWORK_TABLE_RULES,
    **FACILITY_TABLE_RULES,
    **ENROLMENT_TABLE_RULES,
    MailServer: (TableRule(("host", "public_url"), _mailed_links),),
    HubConfig: (
        TableRule(("store", "store_password"), _store_password),
        TableRule(("store", "bus", "bus_password"), _shared_store),
        TableRule(("ice_policy", "turn"), _relay),
        TableRule((), _facility_ids),
        TableRule(("staff_socket", "state_dir"), _default_socket),
        TableRule(("metrics", "port"), _metrics_apart),
    ),
}
