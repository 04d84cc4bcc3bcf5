"""What the demonstration leaves behind: report.json, screenshots and one contact sheet."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

INK, PAPER = "#15272B", "#D8D0BF"


@dataclass
class Step:
    """One step of the help page: did it come true?"""

    name: str
    passed: bool
    at_s: float
    detail: str = ""


@dataclass
class Received:
    """What one side saw and heard; None: not measured."""

    fps: float | None = None
    width: int | None = None
    height: int | None = None
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


def contact_sheet(moments: list[tuple[str, Path, Path]], target: Path, font: Path) -> None:
    """Draw all moments on one sheet, two a row; of each the terminal left, the family right."""
    width, height, gap, label = 480, 300, 12, 40
    block = 2 * width + 4 * gap
    rows = (len(moments) + 1) // 2
    sheet = Image.new("RGB", (2 * block, gap + rows * (height + label + 2 * gap)), PAPER)
    draw = ImageDraw.Draw(sheet)
    letters = ImageFont.truetype(str(font), 24)
    for number, (name, *paths) in enumerate(moments):
        left = (number % 2) * block + gap
        top = gap + (number // 2) * (height + label + 2 * gap)
        draw.text((left, top), f"{number + 1}  {name}", font=letters, fill=INK)
        for column, path in enumerate(paths):
            with Image.open(path) as picture:
                scaled = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(scaled, (left + column * (width + gap), top + label))
    sheet.save(target, optimize=True)
