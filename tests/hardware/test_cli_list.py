"""`list` tells what is there and why it is used; `describe`'s lines select the same devices."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from config.loader import load_terminal
from config.schema import NONE
from hardware import cli_options, discovery, holders
from hardware.__main__ import main
from hardware.choosing import Chooser
from hardware.holders import Holder
from hardware.identity import Device, Kind
from hardware.interfaces import DeviceError
from hardware.inventory import KINDS, asked_for
from tests.hardware.attachments import ONE_OF_EACH, NoSound, device

LACKING = holders.lacking
HEAD = 'terminal = "t4"\nhub = "ws://127.0.0.1:1"\nhub_name = "h"\n'


@pytest.fixture
def attached(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """What is attached, to be filled by the test."""
    devices: list[Device] = []
    monkeypatch.setattr(discovery, "attached", lambda: tuple(devices))
    monkeypatch.setattr(holders, "lacking", lambda _: "")
    monkeypatch.setattr(holders, "holders", lambda _: {})
    monkeypatch.setattr(cli_options, "loaded_portaudio", NoSound)
    return devices


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, terminal_width=100)


def configured(folder: Path, devices: str) -> str:
    """Return the path of a terminal.toml with these lines for devices."""
    path = folder / "terminal.toml"
    path.write_text(f"{HEAD}{devices}\n", encoding="utf-8")
    return str(path)


def test_with_nothing_attached_list_says_so_and_what_simulated_is_for(
    attached: list[Device],
) -> None:
    told = run("list")
    assert told.exit_code == 0
    assert "no camera is attached" in told.stdout
    assert 'write "simulated"' in told.stdout
    assert "No configuration was named (--config)" in told.stderr
    assert "going by what is attached" in told.stderr


def test_list_shows_each_device_with_why_it_is_used(
    attached: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    attached += [device("camera", 1, "A"), device("camera", 2, "B"), *ONE_OF_EACH[1:]]
    monkeypatch.setattr(
        holders, "holders", lambda _: {"/dev/snd/pcmC2D0c": (Holder(4, "visit-kiosk"),)}
    )
    told = " ".join(run("list").stdout.split())
    assert "Lens [red]4K[/red]" in told, "a name is no markup"
    assert "usb:046d:0825:A" in told
    assert "the only one" in told
    assert "visit-kiosk" in told
    assert "Nothing is attached" not in told
    rows = json.loads(run("list", "--json").stdout)
    assert [each["is_chosen"] for each in rows] == [False, False, True, True, False, False]
    assert rows[2]["holders"] == [{"pid": 4, "name": "visit-kiosk"}]


def test_a_configuration_that_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    missing = run("list", "--config", str(tmp_path / "none.toml"))
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)
    assert "there is no such file" in missing.stderr
    assert run("describe", "--config", configured(tmp_path, "[devices]\nfps = 0")).exit_code == 2


def test_the_configuration_may_be_named_by_the_environment(
    attached: list[Device], tmp_path: Path
) -> None:
    attached += ONE_OF_EACH
    env = {"VISITBOOTH_TERMINAL": configured(tmp_path, '[devices]\nhook = "auto"')}
    rows = json.loads(CliRunner().invoke(main, ["list", "--json"], env=env).stdout)
    assert [each["is_chosen"] for each in rows if each["kind"] == "hook"] == [True]


def test_describe_names_the_devices_in_use(attached: list[Device], tmp_path: Path) -> None:
    attached += ONE_OF_EACH
    path = configured(tmp_path, '[devices]\nhook = "auto"')
    told = run("describe", "--config", path)
    assert told.exit_code == 0
    assert told.stdout == (
        "[devices]\n"
        "# Lens [red]4K[/red], 0000:00:14.0/1, /dev/video1\n"
        'camera = "usb:046d:0825"\n'
        "# Handset, 0000:00:14.0/2, /dev/snd/pcmC2D0c\n"
        'microphone = "usb:046d:0a44"\n'
        "# Handset, 0000:00:14.0/2, /dev/snd/pcmC2D0p\n"
        'earpiece = "usb:046d:0a44"\n'
        "# Handset, 0000:00:14.0/2, /dev/hidraw2\n"
        'hook = "usb:046d:0a44"\n'
        'keypad = "none"\n'
    )
    as_json = json.loads(run("describe", "--json", "--config", path).stdout)
    assert as_json == tomllib.loads(told.stdout)["devices"]


def test_describe_tells_what_is_missing_or_could_be_several(attached: list[Device]) -> None:
    attached += [device("camera", 1, "A"), device("camera", 2, "B")]
    told = run("describe")
    assert told.exit_code == 1
    lines = told.stdout.splitlines()
    assert lines[1].startswith("# 2 would do as camera")
    assert lines[2:4] == ['#camera = "usb:046d:0825:A"', '#camera = "usb:046d:0825:B"']
    assert "# no microphone is attached" in lines
    assert tomllib.loads(told.stdout) == {"devices": {"hook": "none", "keypad": "none"}}


def test_simulated_devices_are_described_as_what_they_are(
    attached: list[Device], tmp_path: Path
) -> None:
    words = '[devices]\ncamera = "simulated"\nmicrophone = "simulated"\nearpiece = "simulated"'
    told = run("describe", "--config", configured(tmp_path, words))
    assert told.exit_code == 0
    assert tomllib.loads(told.stdout)["devices"]["camera"] == "simulated"


def test_a_name_that_would_break_the_file_does_not(attached: list[Device], tmp_path: Path) -> None:
    odd = device("camera", 1, 'a"b\\c\U0001f4de')
    attached += [
        Device("camera", odd.node, 'x\nhook = "simulated"\0', odd.identity),
        device("camera", 2, "plain"),
        *ONE_OF_EACH[1:],
    ]
    path = configured(tmp_path, '[devices]\ncamera = "/dev/video1"')
    told = run("describe", "--config", path)
    assert tomllib.loads(told.stdout)["devices"]["camera"] == 'usb:046d:0825:a"b\\c\U0001f4de'
    assert tomllib.loads(told.stdout)["devices"]["hook"] == "none"


@st.composite
def attachments(draw: st.DrawFn) -> tuple[Device, ...]:
    """Some devices of each kind: of few makes, with few serial numbers, at ports of their own."""
    found: list[Device] = []
    for base, kind in enumerate(KINDS):
        for number in range(draw(st.integers(1, 3))):
            serial = draw(st.sampled_from(["", "S1", "S2"]))
            product = draw(st.sampled_from(["0001", "0002"]))
            found.append(device(kind, 10 * base + number, serial, product))
    return tuple(found)


@given(here=attachments(), data=st.data())
def test_what_describe_prints_selects_the_same_devices(
    here: tuple[Device, ...], data: st.DataObject
) -> None:
    """Pasted into terminal.toml, through the real loader; in whatever order they are found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discovery, "attached", lambda: here)
        patch.setattr(holders, "holders", lambda _: {})
        patch.setattr(holders, "lacking", lambda _: "")
        with TemporaryDirectory() as folder:
            before = {kind: data.draw(st.sampled_from(of(here, kind))) for kind in KINDS}
            lines = [f'{kind} = "{each.node}"' for kind, each in before.items()]
            path = configured(Path(folder), "[devices]\n" + "\n".join(lines))
            told = run("describe", "--config", path)
            assert told.exit_code == 0, told.output
            devices = load_terminal(configured(Path(folder), told.stdout)).devices
    shuffled = data.draw(st.permutations(here))
    for kind in KINDS:
        chooser = Chooser(kind, asked_for(devices, kind), lambda: 0.0)
        assert chooser.choose(shuffled).device == before[kind]
    unplugged = [each for each in here if each != before["camera"]]
    with pytest.raises(DeviceError):
        Chooser("camera", devices.camera, lambda: 0.0).choose(unplugged)
    assert devices.hook != NONE


def of(here: tuple[Device, ...], kind: Kind) -> list[Device]:
    return [each for each in here if each.kind == kind]


def test_a_keypad_that_is_one_only_because_it_is_named_is_listed(
    attached: list[Device], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks by their code and keypads by their name may be any input device."""
    pad, switch = device("keypad", 7), device("hook", 8)
    monkeypatch.setattr(
        discovery, "inputs", lambda kind, *_: (pad if kind == "keypad" else switch,)
    )
    attached += ONE_OF_EACH[:3]
    words = f'[devices]\nkeypad = "{pad.node}"\nhook = "auto"\nhook_code = "KEY_F13"'
    rows = json.loads(run("list", "--json", "--config", configured(tmp_path, words)).stdout)
    chosen = {each["kind"]: each["node"] for each in rows if each["is_chosen"]}
    assert (chosen["keypad"], chosen["hook"]) == (pad.node, switch.node)


def test_a_number_in_a_selector_is_no_picture(attached: list[Device]) -> None:
    """Rich would make a pictograph of ":100:", and of ":bell:" in a name."""
    odd = device("camera", 1, "100:bell:x", product="0825")
    attached += [Device("camera", odd.node, "A :bell: [b]b[/b]", odd.identity)]
    attached += [device("camera", 2, "100:bell:y")]
    told = run("list").stdout
    assert "A :bell: [b]b[/b]" in told
    assert "usb:046d:0825:100:bell:x" in told


def test_a_table_that_is_no_terminals_is_as_wide_as_columns_says(
    attached: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    attached += ONE_OF_EACH
    monkeypatch.setenv("COLUMNS", "72")
    assert max(map(len, run("list").stdout.splitlines())) <= 72
    monkeypatch.delenv("COLUMNS")
    assert max(map(len, run("list").stdout.splitlines())) > 72


def test_which_file_is_gone_by_is_said_and_not_to_programs(
    attached: list[Device], tmp_path: Path
) -> None:
    path = configured(tmp_path, "[devices]")
    for command in ("list", "describe"):
        assert f"Going by {path}." in run(command, "--config", path).stderr
        assert run(command, "--json", "--config", path).stderr == ""


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ('hook = "gpio:gpiochip99/3"', "missing"),
        ('hook = "serial:/dev/ttyNONE"\nhook_code = "cts"', "missing"),
        ('hook = "serial:usb:dead:beef"\nhook_code = "cts"', "missing"),
        (
            'hook = "simulated"\nhook_fifo = "/nowhere/hook"',
            "missing: hook_fifo is made when the hook is opened",
        ),
    ],
)
def test_a_hook_that_is_not_there_is_missing(
    attached: list[Device], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: str, state: str
) -> None:
    monkeypatch.setattr(holders, "lacking", LACKING)
    path = configured(tmp_path, f"[devices]\n{lines}")
    rows = json.loads(run("list", "--json", "--config", path).stdout)
    assert [each["state"] for each in rows if each["kind"] == "hook"] == [state]


def test_describe_keeps_what_else_is_set(attached: list[Device], tmp_path: Path) -> None:
    attached += ONE_OF_EACH
    lines = (
        'hook = "auto"\nhook_inverted = true\nhook_debounce_ms = 80\nsidetone_db = -30.0\n'
        'camera_masks = ["0 0 20 100"]\nsound = "speakerphone"'
    )
    path = configured(tmp_path, f"[devices]\n{lines}")
    told = run("describe", "--config", path)
    pasted = load_terminal(configured(tmp_path, told.stdout)).devices
    assert pasted.hook_inverted
    assert (pasted.hook_debounce_ms, pasted.sidetone_db) == (80, -30.0)
    assert (pasted.camera_masks, pasted.sound) == (("0 0 20 100",), "speakerphone")
    assert "width" not in told.stdout, "defaults are not repeated"
    assert (
        json.loads(run("describe", "--json", "--config", path).stdout)
        == (tomllib.loads(told.stdout)["devices"])
    )


def test_a_file_that_lies_here_and_is_not_read_is_pointed_to(
    attached: list[Device], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "is not read" not in run("list").stderr
    configured(tmp_path, "[devices]")
    assert "terminal.toml in this folder is not read without --config" in run("list").stderr
