"""Hardware that works is used; what fails, however it does, costs one late frame at most."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import pytest

from hardware import v4l2_controls
from kiosk.media.encoders import hardware, rate
from kiosk.media.encoders.h264 import H264Encoder
from kiosk.media.encoders.hardware import KINDS, Codec, HardwareEncoder, Kind, device_paths
from tests.kiosk.media.encoders.pictures import decoded, moving

CHIP = Kind("h264_chip", lambda root: [root], "yuv420p")
BOARD = Kind("h264_board", lambda root: [root], "yuv420p")
ABSENT = Kind("h264_absent", lambda root: [], "yuv420p")


@dataclass
class Chip:
    """A codec as a driver's would be, which fails at the frame it is told to."""

    bps: int
    retunes: bool = False
    fails_at: int = 10_000
    fail: Callable[[], bytes] = bytes
    frames: int = 0
    rates: list[int] = field(default_factory=list)
    inner: H264Encoder = field(default_factory=H264Encoder)

    def encode(self, frame: av.VideoFrame, now: int, key: bool) -> bytes:
        self.frames += 1
        if self.frames > self.fails_at:
            return self.fail()
        return self.inner.access_unit(frame, key)

    def retune(self, bps: int) -> bool:
        self.rates.append(bps)
        return self.retunes


class Bench:
    """Opens chips, or fails to."""

    def __init__(self, **chip: object) -> None:
        self.chip = chip
        self.opened: list[tuple[str, int, int, int]] = []
        self.chips: list[Chip] = []
        self.errors: dict[str, Exception] = {}

    def __call__(self, kind: Kind, width: int, height: int, bps: int) -> Codec:
        self.opened.append((kind.name, width, height, bps))
        if kind.name in self.errors:
            raise self.errors[kind.name]
        self.chips.append(Chip(bps, **self.chip))  # type: ignore[arg-type]
        return self.chips[-1]


def encoder(bench: Bench, *kinds: Kind, named: bool = False) -> HardwareEncoder:
    return HardwareEncoder(kinds or (CHIP,), named=named, opener=bench)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


Said = Callable[[], list[str]]


def test_what_works_is_used(said: Said) -> None:
    bench = Bench()
    made = encoder(bench)
    assert made.name == "h264"
    made.warm(640, 480)
    assert made.name == "h264_chip"
    assert bench.chips[0].frames == 1, "proved with a picture that nobody sees"
    payloads = [made.encode(frame, False) for frame in moving(count=10)]
    assert len(list(decoded(payloads, "h264"))) == 10
    assert len(bench.opened) == 1
    assert said() == ["h264_chip encodes 640x480"]
    made.close()


def refuses() -> bytes:
    raise av.FFmpegError(1, "Operation not permitted")


@pytest.mark.parametrize(
    "error",
    [
        av.error.PermissionError(1, "Operation not permitted", "avcodec_open2"),
        av.error.UnknownError(1313558101, "Unknown error occurred"),
        OSError(19, "No such device"),
        MemoryError(),
        ValueError("no such option"),
    ],
)
def test_what_does_not_open_is_passed_over_with_one_line(error: Exception, said: Said) -> None:
    bench = Bench()
    bench.errors["h264_chip"] = error
    made = encoder(bench)
    made.warm(640, 480)
    assert made.name == "libx264"
    payloads = [made.encode(frame, False) for frame in moving(count=5)]
    assert len(list(decoded(payloads, "h264"))) == 5
    assert len(bench.opened) == 1, "not tried again at each frame"
    (line,) = said()
    assert line.startswith("libx264 encodes instead: h264_chip ")
    assert (str(error) or "MemoryError") in line


def test_the_next_kind_is_tried(said: Said) -> None:
    bench = Bench()
    bench.errors["h264_chip"] = OSError(19, "No such device")
    made = encoder(bench, ABSENT, CHIP, BOARD)
    made.warm(640, 480)
    assert made.name == "h264_board"
    assert said() == ["h264_board encodes 640x480 (h264_chip [Errno 19] No such device)"]
    made.close()


def test_without_any_device_nothing_is_tried_or_said(said: Said) -> None:
    bench = Bench()
    made = encoder(bench, ABSENT)
    made.warm(640, 480)
    assert (made.name, bench.opened, said()) == ("libx264", [], [])


def test_one_that_was_asked_for_and_is_not_there_is_told(said: Said) -> None:
    encoder(Bench(), ABSENT, named=True).warm(640, 480)
    assert said() == ["libx264 encodes instead: h264_absent has no device here"]


@pytest.mark.parametrize(
    ("fail", "why"),
    [
        (refuses, "Operation not permitted"),
        (lambda: b"", "kept a frame back"),
    ],
)
@pytest.mark.parametrize("at", [0, 1, 6])
def test_a_codec_that_fails_at_a_frame_loses_none(
    fail: Callable[[], bytes], why: str, at: int, said: Said
) -> None:
    made = encoder(Bench(fails_at=at, fail=fail))
    payloads = [made.encode(frame, False) for frame in moving(count=10)]
    assert made.name == "libx264"
    assert len(list(decoded(payloads, "h264"))) == 10, "from a key frame on, at that very frame"
    warnings = [line for line in said() if "instead" in line]
    assert len(warnings) == 1
    assert why in warnings[0]


def test_a_codec_that_hangs_costs_one_late_frame(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "FRAME_S", 0.5)
    released = threading.Event()

    def hangs() -> bytes:
        released.wait(20)
        return b""

    made = encoder(Bench(fails_at=4, fail=hangs))
    payloads = [made.encode(frame, False) for frame in moving(count=10)]
    assert len(list(decoded(payloads, "h264"))) == 10
    assert [line for line in said() if "gave nothing for 0.5 s" in line] == said()[-1:]
    released.set()


def test_a_driver_that_hangs_while_opening_is_left(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "OPEN_S", 0.1)
    released = threading.Event()

    def opener(kind: Kind, width: int, height: int, bps: int) -> Codec:
        released.wait(20)
        raise OSError

    made = HardwareEncoder((CHIP,), named=False, opener=opener)
    made.warm(640, 480)
    assert made.name == "libx264"
    assert said() == ["libx264 encodes instead: h264_chip gave nothing for 0.1 s"]
    released.set()


def test_one_that_ignores_a_wish_for_a_key_frame_is_no_use(said: Said) -> None:
    bench = Bench()
    made = encoder(bench)
    made.warm(640, 480)
    chip = bench.chips[0].inner
    honest = chip.access_unit
    chip.access_unit = lambda frame, key: honest(frame, False)  # type: ignore[method-assign]  # played
    payloads = [made.encode(frame, True) for frame in moving(count=2)]
    assert made.name == "libx264"
    assert len(list(decoded(payloads[:1], "h264"))) == 1, "even the first came from software"
    assert "gave no key frame" in said()[-1]


def test_key_frames_come_on_demand() -> None:
    made = encoder(Bench())
    firsts = [made.encode(frame, number == 4)[0] for number, frame in enumerate(moving(count=8))]
    assert [number for number, first in enumerate(firsts) if first[0] & 31 == 24] == [0, 4]
    made.close()


def test_a_new_rate_is_passed_on_once_it_leaves_the_band() -> None:
    bench = Bench(retunes=True)
    made = encoder(bench)
    for number, frame in enumerate(moving(count=9)):
        made.target_bps = (600_000, 650_000, 300_000)[number // 3]
        made.encode(frame, False)
    assert len(bench.opened) == 1
    assert bench.opened[0][3] == 600_000
    assert bench.chips[0].rates == [300_000]
    made.close()


def test_one_that_takes_no_new_rate_is_opened_again() -> None:
    bench = Bench()
    made = encoder(bench)
    payloads = []
    for number, frame in enumerate(moving(count=9)):
        made.target_bps = (600_000, 650_000, 300_000)[number // 3]
        payloads.append(made.encode(frame, False))
    assert [bps for *_, bps in bench.opened] == [600_000, 300_000]
    assert made.name == "h264_chip"
    assert len(list(decoded(payloads, "h264"))) == 9
    made.close()


def test_a_dark_room_has_fewer_frames_but_no_fewer_bits() -> None:
    bench = Bench(retunes=True)
    made = encoder(bench)
    made.target_bps = 400_000
    for frame in moving(count=30, fps=15):
        made.encode(frame, False)
    assert bench.chips[0].rates[-1] == pytest.approx(800_000, rel=0.3)
    made.close()


@pytest.mark.parametrize("closed", [True, False])
def test_its_thread_ends_with_it(closed: bool) -> None:
    kind = replace(CHIP, name="h264_thread")
    made = encoder(Bench(), kind)
    made.encode(next(moving()), False)
    (thread,) = [each for each in threading.enumerate() if each.name == "h264_thread"]
    if closed:
        made.close()
    del made
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_a_new_size_is_opened_again() -> None:
    bench = Bench()
    made = encoder(bench)
    for frame in (next(moving()), next(moving(320, 240)), next(moving(320, 240, begin=2))):
        made.encode(frame, False)
    assert [opened[1:3] for opened in bench.opened] == [(640, 480), (320, 240)]
    made.close()


def test_software_gets_the_rate_too() -> None:
    made = encoder(Bench(), ABSENT)
    made.target_bps = 250_000
    made.encode(next(moving()), False)
    software = made._software
    assert isinstance(software, H264Encoder)
    assert software.target_bps == 250_000


# -- which devices ----------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    for name in ("dev/dri", "sys/class/drm", "sys/devices"):
        (tmp_path / name).mkdir(parents=True)
    yield tmp_path


def attach(root: Path, card: str, vendor: str) -> None:
    (root / "dev/dri" / card).touch()
    (root / "sys/class/drm" / card / "device").mkdir(parents=True)
    (root / "sys/class/drm" / card / "device/vendor").write_text(f"{vendor}\n")


def present(root: Path) -> list[str]:
    return [kind.name for kind in KINDS if kind.nodes(root)]


def test_each_kind_knows_its_hardware(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert present(root) == []
    attach(root, "renderD128", "0x8086")
    assert present(root) == ["h264_qsv"]
    attach(root, "renderD129", "0x1002")
    assert present(root) == ["h264_qsv", "h264_amf"]
    for name in ("nvidia0", "nvidiactl"):
        (root / "dev" / name).touch()
    assert present(root) == ["h264_qsv", "h264_amf"], "CUDA needs its third node"
    (root / "dev/nvidia-uvm").touch()
    (root / "dev/video0").touch()
    (root / "dev/video11").touch()
    monkeypatch.setattr(v4l2_controls, "is_memory_to_memory", lambda path: path.name == "video11")
    assert present(root) == [kind.name for kind in KINDS]
    nodes = {path.relative_to(root).as_posix() for path in device_paths("auto", root)}
    assert {"dev/nvidia0", "dev/dri/renderD128", "dev/video11", "sys/devices"} <= nodes
    assert "dev/video0" not in nodes
    assert device_paths("software", root) == []
    own = device_paths("h264_qsv", root)
    assert own[0] == root / "dev/dri/renderD128"
    assert root / "dev/nvidia0" not in own


def test_a_graphics_card_that_says_nothing_is_none(root: Path) -> None:
    attach(root, "renderD128", "")
    assert present(root) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_ffmpeg_knows_each_kind_and_its_settings(kind: Kind) -> None:
    """No hardware is needed for this: an option that a new release renames fails here."""
    codec = av.CodecContext.create(kind.name, "w")
    known = {option.name for option in codec.supported_options.private}
    known |= {option.name for option in codec.supported_options.generic}
    assert set(kind.options) <= known
    formats = codec.codec.video_formats
    assert formats is None or kind.pix_fmt in {each.name for each in formats}


def test_a_real_codec_through_the_real_opener() -> None:
    """libx264 stands for the chip: everything but the driver is real."""
    kind = replace(CHIP, name="libx264", options={"tune": "zerolatency", "forced-idr": "1"})
    made = HardwareEncoder((kind,), named=False)
    payloads = [made.encode(frame, number == 3) for number, frame in enumerate(moving(count=6))]
    assert made._software is None
    assert len(list(decoded(payloads, "h264"))) == 6
    made.target_bps = rate.MIN_BPS
    made.encode(next(moving(begin=9)), False)
    assert made._software is None
    made.close()
