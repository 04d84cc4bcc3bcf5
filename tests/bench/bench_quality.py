"""`make bench`: how a talking face looks at a rate, and what it costs, by encoder and setting.

Every setting runs through the classes that the terminal uses, on the same pictures. SSIM and PSNR
compare luma with the scene as it was before the camera's noise, from the second second on: what
the family would like to see, not how faithfully noise is kept.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from typing import Final, cast

import av
import matplotlib.pyplot as plt
import numpy as np
from av.video.codeccontext import VideoCodecContext
from rich.console import Console
from rich.table import Table
from skimage.metrics import structural_similarity

from kiosk.media.encoders.h264 import H264Encoder
from kiosk.media.encoders.vp8 import Vp8Encoder
from tests.bench import faces
from tests.bench.report import FOLDER, Benchmark, Row, machine

Encode = Callable[[av.VideoFrame, bool], bytes]

OURS: Final = "x264 superfast, no aq"
OURS_WITHOUT_H264: Final = "VP8 -12"
DEARER: Final = "x264 veryfast, no aq"
TESTS: Final = (
    ((640, 480), 3.0, (250, 500, 1_000)),
    ((1280, 720), 2.0, (500, 1_000, 1_500)),
)
"""Size, seconds, rates in kb/s."""
COMPARE_EVERY: Final = 6


@dataclass(frozen=True, slots=True)
class Result:
    """What one setting made of a face."""

    encoder: str
    size: str
    target_kbps: int
    kbps: float
    """Over the whole clip, key frame included."""
    ssim: float
    psnr_db: float
    cpu_ms: float
    """Of one thread, a frame."""
    key_frame_kb: float


def x264(preset: str, parameters: str, target_bps: int) -> tuple[Encode, str]:
    """Return x264 with one of its presets and changes to it, and what decodes it."""
    encoder = H264Encoder(preset, parameters)
    encoder.target_bps = target_bps
    return encoder.access_unit, "h264"


def vp8(cpu_used: int, target_bps: int) -> tuple[Encode, str]:
    """Return libvpx at one of its speeds, and what decodes it."""
    encoder = Vp8Encoder(cpu_used)
    encoder.target_bps = target_bps
    return encoder.compressed, "libvpx"


SETTINGS: Final[dict[str, Callable[[int], tuple[Encode, str]]]] = {
    "x264 ultrafast": partial(x264, "ultrafast", "no-deblock=1"),
    "x264 ultrafast, deblocked": partial(x264, "ultrafast", "no-deblock=0"),
    OURS: partial(x264, "superfast", "aq-mode=0"),
    DEARER: partial(x264, "veryfast", "aq-mode=0"),
    "x264 superfast": partial(x264, "superfast", "aq-mode=1"),
    "VP8 -8": partial(vp8, -8),
    OURS_WITHOUT_H264: partial(vp8, -12),
    "VP8 -16": partial(vp8, -16),
}


def measure(
    name: str, scene: Sequence[faces.Picture], seen: Sequence[faces.Picture], kbps: int
) -> Result:
    """Encode and decode a clip with one setting."""
    encode, decoder_name = SETTINGS[name](kbps * 1_000)
    decoder = cast(VideoCodecContext, av.CodecContext.create(decoder_name, "r"))
    decoder.thread_count = 1
    height, width = scene[0].shape[0] * 2 // 3, scene[0].shape[1]
    sizes: list[int] = []
    spent_s = 0.0
    compared: list[tuple[float, float]] = []
    for number, picture in enumerate(seen):
        frame = faces.frame(picture, number)
        began = time.thread_time()
        data = encode(frame, False)
        spent_s += time.thread_time() - began
        sizes.append(len(data))
        shown = decoder.decode(av.Packet(data))
        if number >= faces.FPS and number % COMPARE_EVERY == 0:
            decoded = shown[0].to_ndarray()[:height].astype(np.uint8, copy=False)
            compared.append(compare(decoded, scene[number][:height]))
    ssim, psnr = np.mean(compared, axis=0)
    rate = Fraction(sum(sizes) * 8 * faces.FPS, len(seen) * 1_000)
    return Result(
        encoder=name,
        size=f"{width}x{height}",
        target_kbps=kbps,
        kbps=float(rate),
        ssim=float(ssim),
        psnr_db=float(psnr),
        cpu_ms=spent_s * 1_000 / len(seen),
        key_frame_kb=sizes[0] / 1_000,
    )


def compare(decoded: faces.Picture, scene: faces.Picture) -> tuple[float, float]:
    """Return SSIM and PSNR (dB) of a luma plane."""
    ssim = structural_similarity(decoded, scene, data_range=255)  # type: ignore[no-untyped-call]
    error = np.mean((decoded.astype(float) - scene) ** 2)
    return float(ssim), float(10 * np.log10(255**2 / error))


def run() -> list[Result]:
    """Measure every setting at every size and rate."""
    results = []
    for (width, height), seconds, rates in TESTS:
        scene = list(faces.clean(width, height, seconds))
        seen = faces.noisy(scene)
        for kbps in rates:
            results += [measure(name, scene, seen, kbps) for name in SETTINGS]
    return results


def judge(results: list[Result], bench: Benchmark) -> None:
    """Add what was chosen, beside VP8 (peer) and the next dearer setting (limit), with goals.

    The goals say why it was chosen: no dearer setting looks better, and VP8 looks worse.
    """
    found = {(r.size, r.target_kbps, r.encoder): r for r in results}
    for size, kbps in dict.fromkeys((r.size, r.target_kbps) for r in results):
        ours, vp8_, dearer = (found[size, kbps, name] for name in (OURS, OURS_WITHOUT_H264, DEARER))
        at = f"{size}, {kbps} kb/s:"
        bench.add(
            Row(
                f"{at} SSIM",
                "",
                ours.ssim,
                vp8_.ssim,
                dearer.ssim,
                max(vp8_.ssim, dearer.ssim - 0.005),
                True,
            )
        )
        bench.add(Row(f"{at} PSNR", "dB", ours.psnr_db, vp8_.psnr_db, dearer.psnr_db, None, True))
        bench.add(
            Row(f"{at} CPU a frame", "ms", ours.cpu_ms, vp8_.cpu_ms, dearer.cpu_ms,
                dearer.cpu_ms * 0.9)
        )  # fmt: skip
        bench.add(Row(f"{at} rate", "kb/s", ours.kbps, vp8_.kbps, dearer.kbps, kbps * 1.15))


def tell(results: list[Result]) -> None:
    """Print all settings, keep them as JSON, and draw quality over rate."""
    table = Table(title="quality: every setting")
    for column in Result.__dataclass_fields__:
        table.add_column(column, justify="left" if column in ("encoder", "size") else "right")
    for each in results:
        shown = asdict(each).values()
        table.add_row(*(f"{v:.4g}" if isinstance(v, float) else str(v) for v in shown))
    Console(width=110).print(table)
    FOLDER.mkdir(exist_ok=True)
    told = {"settings": [asdict(each) for each in results], "machine": machine()}
    (FOLDER / "quality-settings.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    draw(results)


def draw(results: list[Result]) -> None:
    """Draw SSIM over the rate that was really used."""
    sizes = list(dict.fromkeys(each.size for each in results))
    figure, panels = plt.subplots(1, len(sizes), figsize=(11, 4.5), layout="constrained")
    for axes, size in zip(panels, sizes, strict=True):
        for name in SETTINGS:
            points = [each for each in results if (each.size, each.encoder) == (size, name)]
            style = "o-" if name == OURS else "o--"
            axes.plot([p.kbps for p in points], [p.ssim for p in points], style, label=name)
        axes.set_title(f"a talking face, {size}")
        axes.set_xlabel("kb/s")
        axes.set_ylabel("SSIM")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    figure.savefig(FOLDER / "quality.png", dpi=110)
    plt.close(figure)


def main() -> int:
    """Run; 1 when the choice no longer stands."""
    results = run()
    tell(results)
    bench = Benchmark("quality")
    judge(results, bench)
    return 0 if bench.finish("") else 1


if __name__ == "__main__":
    sys.exit(main())
