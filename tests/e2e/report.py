"""What the demonstration leaves behind: report.json, screenshots and one contact sheet."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

INK, PAPER, STONE = "#15272B", "#F6F1E7", "#3D4A50"


@dataclass
class Step:
    """One step of the help page: did it come true?"""

    name: str
    passed: bool
    at_s: float
    detail: str = ""


@dataclass
class Received:
    """What one side saw and heard."""

    fps: float = 0.0
    width: int = 0
    height: int = 0
    audio_dbfs: float | None = None


@dataclass
class Report:
    """The whole visit, as report.json has it. Times in seconds since the demonstration began."""

    steps: list[Step] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    press_to_picture_ms: dict[str, float | None] = field(
        default_factory=lambda: {"family": None, "kiosk": None}
    )
    received: dict[str, Received] = field(
        default_factory=lambda: {"family": Received(), "kiosk": Received()}
    )
    end: dict[str, str] = field(default_factory=lambda: {"by": "", "reason": ""})
    screenshots: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether there are steps and all of them came true."""
        return bool(self.steps) and all(step.passed for step in self.steps)

    def write(self, folder: Path) -> None:
        """Write report.json."""
        told = {"passed": self.passed, **asdict(self)}
        (folder / "report.json").write_text(
            json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def contact_sheet(pairs: list[tuple[str, Path, Path]], target: Path, font: Path) -> None:
    """Draw all moments on one sheet: a row each, the terminal left, the family right."""
    width, height, gap, label = 640, 400, 24, 44
    sheet = Image.new(
        "RGB",
        (2 * width + 3 * gap, gap + 56 + len(pairs) * (height + label + gap)),
        PAPER,
    )
    draw = ImageDraw.Draw(sheet)
    title = ImageFont.truetype(str(font), 34)
    small = ImageFont.truetype(str(font), 22)
    draw.text((gap, gap), "Terminal", font=title, fill=INK)
    draw.text((2 * gap + width, gap), "Family", font=title, fill=INK)
    top = gap + 56
    for name, *paths in pairs:
        draw.text((gap, top), name, font=small, fill=STONE)
        for column, path in enumerate(paths):
            with Image.open(path) as picture:
                scaled = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(scaled, (gap + column * (width + gap), top + label - 10))
        top += height + label + gap
    sheet.save(target, optimize=True)
