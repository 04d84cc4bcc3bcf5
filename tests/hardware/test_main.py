"""`visit-hardware` on whatever this machine has."""

from __future__ import annotations

import json

from click.testing import CliRunner

from hardware.__main__ import main


def test_list_is_json() -> None:
    result = CliRunner().invoke(main, ["list", "--json"])
    assert result.exit_code == 0
    for each in json.loads(result.stdout):
        assert {"kind", "node", "name", "identity"} <= set(each)


def test_test_passes_simulated_devices() -> None:
    arguments = [
        "test",
        "--camera",
        "simulated",
        "--microphone",
        "simulated",
        "--earpiece",
        "simulated",
        "--json",
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert [each["passed"] for each in json.loads(result.stdout)] == [True] * 4


def test_test_names_a_missing_camera() -> None:
    arguments = [
        "test",
        "--camera",
        "/dev/video99",
        "--microphone",
        "simulated",
        "--earpiece",
        "simulated",
        "--json",
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["code"] == "CAM-01"
