"""The parts of the media bench that its figures rest on: marks, chirps, clocks, gaps, memory."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from hardware import chirp, mark
from tests.bench.media import chirps, growth, samples, stamps
from tests.bench.media.chirps import Heard
from tests.bench.media.sides import Frame

SCRIPT = Path(stamps.__file__).with_name("stamps.js")
NUMBERS = (0, 1, 255, 256, 32768, 43690, 65535)


def node(code: str, given: object = None) -> object:
    """Run code in node with stamps.js loaded and `given` told; return what it returns."""
    program = shutil.which("node")
    assert program is not None, "node is missing: .ci/bootstrap installs it"
    whole = f"""
        require("node:vm").runInThisContext(
            require("node:fs").readFileSync({json.dumps(str(SCRIPT))}, "utf8"));
        const given = {json.dumps(given)};
        console.log(JSON.stringify((() => {{ {code} }})()));"""
    told = subprocess.run([program, "-"], input=whole, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    result: object = json.loads(told.stdout)
    return result


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("width", [320, 640, 1280])
def test_a_mark_is_read_at_its_place(width: int, number: int) -> None:
    luma = np.full((width * 3 // 4, width), 120, dtype=np.uint8)
    mark.draw(luma, number)
    assert stamps.read_at_place(luma) == number
    luma[: luma.shape[0] // 2] = 235
    assert stamps.read_at_place(luma) is None


def test_the_page_draws_marks_that_we_read() -> None:
    told = node(
        "return given.map((n) => { const p = new Uint8Array(640 * 480); drawMark(p, 640, n);"
        ' return Buffer.from(p).toString("base64"); });',
        NUMBERS,
    )
    assert isinstance(told, list)
    for number, packed in zip(NUMBERS, told, strict=True):
        luma = np.frombuffer(base64.b64decode(packed), dtype=np.uint8).reshape(480, 640)
        assert mark.read(luma) == stamps.read_at_place(luma) == number


@pytest.mark.parametrize("width", [480, 640, 960, 1280])
def test_the_page_reads_marks_of_any_size(width: int) -> None:
    """Browsers scale down what they send; 480 and 960 are what Chromium makes of ours."""
    pictures = []
    for number in NUMBERS:
        luma = np.full((1440, 1920), 120, dtype=np.uint8)
        mark.draw(luma, number)
        place = (np.arange(width) + 0.5) * 1920 / width
        rows = place[: width * 3 // 4].astype(int)
        small = luma[np.ix_(rows, place.astype(int))]
        pictures.append(base64.b64encode(small.tobytes()).decode())
    told = node(
        "return given.pictures.map((each) => { const r = markRect(given.width);"
        " const luma = unpacked(each).subarray(r.y * given.width);"
        " return readMark(luma, given.width, given.width); });",
        {"width": width, "pictures": pictures},
    )
    assert told == list(NUMBERS)


def heard(delay_ms: float, seconds: int, late_ms: float = 0.0, missing: int = -1) -> Heard:
    """What a page hears from 0.3 s past a whole second on, every other block read late."""
    began_s = 1_700_000_000.3
    sound = chirp.said(began_s - delay_ms / 1000, seconds * chirps.RATE_HZ)
    if missing >= 0:
        sound[missing * chirps.RATE_HZ : (missing + 1) * chirps.RATE_HZ] = 0
    pulled = [
        (1000 * began_s + 10 * each + (late_ms if each % 2 else 0.0), 480)
        for each in range(sound.size // 480)
    ]
    return Heard(sound, chirps.RATE_HZ, pulled)


def test_chirps_are_found_however_late_the_page_reads() -> None:
    assert chirps.delays_ms(heard(70, 6, late_ms=40)) == pytest.approx([70] * 5, abs=0.3)


def test_a_chirp_that_never_came_is_none() -> None:
    found = chirps.delays_ms(heard(70, 6, missing=2))
    assert [each is None for each in found] == [False, False, True, False, False]


def test_too_little_sound_is_an_error() -> None:
    with pytest.raises(ValueError, match="samples at 48000 Hz"):
        chirps.delays_ms(heard(70, 1))


def test_delays_by_the_wall_clock_over_the_turn_of_its_sixteen_bits() -> None:
    base = 65536 * 27_000_000
    frames = [Frame(base + at + 12, (base + at) % 65536, 640, 480) for at in (65500, 65533, 65566)]
    told = samples.clock_delays([*frames, Frame(base + 66_000, None, 640, 480)])
    assert told.all_ms == [12, 12, 12]


def test_delays_by_number_count_from_when_the_camera_was_due() -> None:
    own = [Frame(1000 + n * 33.333 + (20 if n == 5 else 1), n, 640, 480) for n in range(30)]
    seen = [Frame(1000 + n * 33.333 + 9, n, 640, 480) for n in range(30)]
    assert samples.numbered_delays(seen, own, 30).p50_ms == pytest.approx(8, abs=0.1)


def test_gaps_are_over_200_ms() -> None:
    assert samples.gaps([0, 33, 233, 500, 533, 1600]) == samples.Gaps(2, 1067, 1334)


def test_growth_is_a_slope_without_the_beginning() -> None:
    times = [5.0 * each for each in range(100)]
    sizes = [200.0 if at < 50 else 100 + at / 3600 for at in times]
    assert growth.slope_per_h(times, sizes) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="too few"):
        growth.slope_per_h(times[:2], sizes[:2])
