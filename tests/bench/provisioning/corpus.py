"""A right terminal.toml, and over sixty ways in which people, editors and disks make it wrong.

Of each the line is known that a person has to look at, and a part of what tells them what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RIGHT: Final = """\
terminal = "unit-a-1"
hub = "wss://visits.example"
hub_name = "main"
state_dir = "/var/lib/visitbooth"
enrolment_code = "K7QF-2MXR"
language = "en"
log_format = "text"

[display]
fullscreen = true
width = 0

[devices]
camera = "auto"
microphone = "auto"
sound = "handset"
sidetone_db = -20.0
hook = "auto"
hook_code = "auto"
hook_debounce_ms = 50
width = 1280
height = 720
fps = 30
camera_masks = ["0 0 20 100"]
mains_hz = "60"

[technician]
pin = "482017"
tries = 3
lockout_s = 900

[network]
interfaces = ["eth0"]
allow_peers = ["10.0.0.0/8"]
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong file. `line` is None where no line is wrong: the file itself is."""

    name: str
    make: Callable[[Path], None]
    line: int | None
    fix: str


def _changed(old: str, new: str) -> Callable[[Path], None]:
    assert RIGHT.count(old) >= 1, old
    return _bytes(RIGHT.replace(old, new, 1).encode())


def _bytes(content: bytes) -> Callable[[Path], None]:
    return lambda path: _write(path, content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _line(text: str) -> int:
    """The line of RIGHT that begins so."""
    return next(n for n, line in enumerate(RIGHT.split("\n"), 1) if line.startswith(text))


def _edit(name: str, old: str, new: str, fix: str, line: int | None = None) -> Mutant:
    """A change of a line, which is the one to look at unless another is named; 0: none is."""
    at = _line(old.split("\n", maxsplit=1)[0]) if line is None else line
    return Mutant(name, _changed(old, new), at or None, fix)


KEYS: Final = (
    _edit("a key misspelt", "hub_name =", "hubname =", "the nearest is hub_name"),
    _edit("a key in capitals", "hub =", "HUB =", "the nearest is hub"),
    _edit("a dash for an underscore", "state_dir", "state-dir", "the nearest is state_dir"),
    _edit("a key of British spelling", "enrolment_code", "enrollment_code", "nearest is enrolment"),
    _edit("a key that does not exist", 'language = "en"', 'volume = 5', "expected one of"),
    _edit("a key in another table", "mains_hz", "lockout_s", "lockout_s belongs in [technician]"),
    _edit("a key of the top in a table", "width = 0", 'language = "en"', "at the top, before"),
    _edit("a table misspelt", "[devices]", "[device]", "the nearest is devices"),
    _edit("a table in capitals", "[network]", "[Network]", "the nearest is network"),
    _edit("a list of tables", "[display]", "[[display]]", "expected a table, [display]"),
    _edit("a needed key is missing", 'terminal = "unit-a-1"\n', "", "expected 1 to 64 letters", 0),
    _edit("a key twice", "fps = 30\n", "fps = 30\nfps = 25\n", "delete one of the two",
          _line("fps") + 1),
    _edit("a table twice", "[network]", "[devices]",
          "leave one of the two, with the lines of both"),
    _edit("a value and a table", 'log_format = "text"', 'display = "full"',
          "a key that stands above",
          _line("[display]")),
)  # fmt: skip

TYPES: Final = (
    _edit("a number in quotes", "fps = 30", 'fps = "30"', "expected a whole number from 5 to 60"),
    _edit("a number for text", 'language = "en"', "language = 1", "expected a text in quotes"),
    _edit("text for yes or no", "fullscreen = true", 'fullscreen = "yes"',
          "expected true or false"),
    _edit("one for true", "fullscreen = true", "fullscreen = 1", "expected true or false"),
    _edit("a list for text", 'camera = "auto"', 'camera = ["auto"]', "expected a text in quotes"),
    _edit("text for a list", 'interfaces = ["eth0"]', 'interfaces = "eth0"', "a list of texts"),
    _edit("a number in a list", '["eth0"]', "[0]", "expected a text in quotes",
          _line("interfaces")),
    _edit("a PIN without quotes", 'pin = "482017"', "pin = 482017", "expected a text in quotes"),
    _edit("a fraction", "hook_debounce_ms = 50", "hook_debounce_ms = 0.05", "a whole number"),
    _edit("a date", "tries = 3", "tries = 2026-11-27", "expected a whole number from 1 to 10"),
    _edit("not a number", "sidetone_db = -20.0", "sidetone_db = nan", "a number from -60 to -6"),
)  # fmt: skip

VALUES: Final = (
    _edit("too many frames", "fps = 30", "fps = 100", "expected a whole number from 5 to 60"),
    _edit("seconds for ms", "hook_debounce_ms = 50", "hook_debounce_ms = 50000", "from 1 to 1000"),
    _edit("minutes for seconds", "lockout_s = 900", "lockout_s = 15", "a number from 60 to 86400"),
    _edit("decibels without sign", "sidetone_db = -20.0", "sidetone_db = 20", "from -60 to -6"),
    _edit("an odd width", "width = 1280", "width = 1279", "an even number"),
    _edit("a screen too small", "width = 0", "width = 320", "expected 640 or more, or 0"),
    _edit("a placeholder", "K7QF-2MXR", "PUT-IT-HERE", "`visit-hub terminal add` printed",
          _line("enrolment")),
    _edit("a code with a digit too few", "K7QF-2MXR", "K7QF-2MX", "such as K7QF-2MXR",
          _line("enrolment")),
    _edit("a page's address", "wss://visits", "https://visits", "expected wss://HOST",
          _line("hub")),
    _edit("an address without scheme", "wss://visits", "visits", "expected wss://HOST",
          _line("hub")),
    _edit("an address with a path", "visits.example", "visits.example/terminal",
          "with nothing after it", _line("hub")),
    _edit("clear text", "wss://visits", "ws://visits", "ws:// sends PINs in clear", _line("hub")),
    _edit("a port that is none", "visits.example", "visits.example:99999", "wss://HOST:PORT",
          _line("hub")),
    _edit("a blank in a name", "unit-a-1", "unit a 1", "dots, dashes or underscores",
          _line("terminal")),
    _edit("an empty name", '"unit-a-1"', '""', "1 to 64 letters", _line("terminal")),
    _edit("a relative path", "/var/lib/visitbooth", "visitbooth", "an absolute path",
          _line("state_dir")),
    _edit("no such language", 'language = "en"', 'language = "English"', 'such as "en"'),
    _edit("no such log", 'log_format = "text"', 'log_format = "xml"', 'expected "text" or "json"'),
    _edit("a device misspelt", 'camera = "auto"', 'camera = "atuo"', 'probably "auto"'),
    _edit("a hook misspelt", 'hook_code = "auto"', 'hook_code = "KEY_PONE"',
          'probably "KEY_PHONE"'),
    _edit("a code of a serial port", 'hook_code = "auto"', 'hook_code = "cts"', "no serial port"),
    _edit("a number for mains", 'mains_hz = "60"', 'mains_hz = "100"', '"50" or "60"'),
    _edit("a mask beyond the picture", '"0 0 20 100"', '"90 0 20 100"', "in percent",
          _line("camera_masks")),
    _edit("a short PIN", '"482017"', '"4820"', "6 to 12 digits", _line("pin")),
    _edit("an address for a range", "10.0.0.0/8", "10.0.0.1", "in CIDR notation", _line("allow")),
    _edit("a range with bits beyond", "10.0.0.0/8", "10.0.0.1/8", '"10.0.0.0/8"', _line("allow")),
    _edit("an interface that is none", '["eth0"]', '["eth0/1"]', "the name of a network interface",
          _line("interfaces")),
    _edit("an authority that is not there", 'language = "en"', 'ca_file = "/no/ca.pem"',
          "a PEM file that exists"),
    _edit("half an authority", 'language = "en"', 'ca = "-----BEGIN CERTIFICATE-----"',
          "to its END line"),
    _edit("a machine that is none", 'language = "en"', 'machine = "eth0"', "wired network card"),
)  # fmt: skip

WRITING: Final = (
    _edit("no quotes", 'language = "en"', "language = en", "expected a text in quotes"),
    _edit("a path without quotes", 'state_dir = "/var/lib/visitbooth"', "state_dir = /var/lib/v",
          "expected a text in quotes"),
    _edit("no quote at the end", 'hub_name = "main"', 'hub_name = "main', "a quote at the end"),
    _edit("curly quotes", '"main"', "“main”", "expected straight quotes", _line("hub_name")),
    _edit("True in capitals", "fullscreen = true", "fullscreen = True", "true, in small letters"),
    _edit("yes for true", "fullscreen = true", "fullscreen = yes", "expected true, in small"),
    _edit("a colon", "fps = 30", "fps: 30", "with = and not :"),
    _edit("two equals", "fps = 30", "fps == 30", "expected one =, key = value"),
    _edit("no value", "fps = 30", "fps =", "expected a value after ="),
    _edit("no key", "fps = 30", "= 30", "expected a key before ="),
    _edit("no equals", "fps = 30", "fps 30", "expected key = value"),
    _edit("a semicolon", "fps = 30", "fps = 30;", "expected nothing after the value"),
    _edit("two keys on a line", "tries = 3\n", "tries = 3 ", "the next key on a line of its own"),
    _edit("a unit", "hook_debounce_ms = 50", "hook_debounce_ms = 50ms", "without unit"),
    _edit("a decimal comma", "sidetone_db = -20.0", "sidetone_db = -20,5", "a point in a number"),
    _edit("a zero before", "tries = 3", "tries = 03", "without a 0 before it"),
    _edit("another comment sign", "[devices]", "// the devices\n[devices]", "expected # before"),
    _edit("a table without end", "[devices]", "[devices", "expected ] at the end of the table"),
    _edit("a table without name", "[devices]", "[]", "a table's name between [ and ]"),
    _edit("a list without end", '["eth0"]', '["eth0"', "expected ] at the end of the list",
          _line("interfaces")),
    _edit("a list without comma", '["eth0"]', '["eth0" "eth1"]', "commas between its texts",
          _line("interfaces")),
    _edit("a path of Windows", "/var/lib/visitbooth", "C:\\visits", "expected \\\\ for each \\",
          _line("state_dir")),
    _edit("a long text without end", 'language = "en"', 'ca = """\n-----BEGIN', "the three quotes"),
    _edit("a merge's mark", "[devices]", "<<<<<<< HEAD\n[devices]", "a merge's mark"),
    _edit("a sentence", "[devices]", "see the manual\n[devices]", "expected key = value"),
)  # fmt: skip


def _folder(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path)


FILES: Final = (
    Mutant("there is none", lambda path: None, None, "there is no such file"),
    Mutant("a folder", _folder, None, "Is a directory"),
    Mutant("a link to itself", _loop, None, "cannot be read: Too many levels"),
    Mutant("empty", _bytes(b""), None, "nothing found, expected"),
    Mutant("only blanks and tabs", _bytes(b"\t\n  \n"), None, "nothing found, expected"),
    Mutant("half of it, in a text", _bytes(RIGHT[: RIGHT.index('lib/v')].encode()),
           _line("state_dir"), "a quote at the end"),
    Mutant("half of it, in a key", _bytes(RIGHT[: RIGHT.index("name =") + 4].encode()),
           _line("hub_name"), "expected key = value"),
    Mutant("half of it, after a table", _bytes(RIGHT[: RIGHT.index("hub_name")].encode()), None,
           "nothing found, expected 1 to 64 letters"),
    Mutant("UTF-16", _bytes(RIGHT.encode("utf-16")), 1, "save it anew"),
    Mutant("UTF-16 without mark", _bytes(RIGHT.encode("utf-16-le")), 1, "save it anew"),
    Mutant("Latin-1", _bytes(RIGHT.replace("main", "mäin").encode("latin-1")), _line("hub_name"),
           "save it anew"),
    Mutant("zeros of a power cut", _bytes(RIGHT[:200].encode() + bytes(300)),
           RIGHT[:200].count("\n") + 1, "copy it anew"),
    Mutant("a picture", _bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), 3, "copy it anew"),
    Mutant("too long", _bytes(RIGHT.encode() + b"#" * 300_000), None, "expected less"),
    Mutant("line ends of a Macintosh", _bytes(RIGHT.replace("\n", "\r").encode()), 1,
           "end each line with a line feed"),
    Mutant("numbers without end", _bytes(RIGHT.replace("30", "3" * 5000, 1).encode()), None,
           "beyond all bounds"),
    Mutant("a control character", _bytes(RIGHT.replace("main", "ma\x07in").encode()),
           _line("hub_name"), "delete the character"),
    Mutant("JSON", _bytes(b'{"terminal": "unit-a-1"}\n'), 1, "expected key = value"),
    Mutant("YAML", _bytes(b"terminal: unit-a-1\n"), 1, "with = and not :"),
    Mutant("the hub's file", _bytes(b'name = "main"\nport = 8080\n'), 1, "the nearest is"),
)  # fmt: skip

MUTANTS: Final = (*KEYS, *TYPES, *VALUES, *WRITING, *FILES)

RIGHT_TOO: Final = {
    "with a mark of its encoding": b"\xef\xbb\xbf" + RIGHT.encode(),
    "with line ends of Windows": RIGHT.replace("\n", "\r\n").encode(),
    "with tabs": RIGHT.replace(" = ", "\t=\t").encode(),
}
"""What editors do that changes nothing."""
