"""What Chromium's fake camera and microphone take: a drawn person with a frame mark, and a tone."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from hardware import mark

FAMILY_TONE_HZ = 660.0
"""What the family's microphone hears; the terminal's simulated one hears another pitch."""

_SCENE = (640, 480)


def draw_person(step: float) -> Image.Image:
    """A person in a room, nodding: one turn as `step` goes from 0 to 1."""
    picture = Image.new("RGB", _SCENE, "#EBDCC3")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 400, 640, 480), fill="#D8C3A0")
    draw.rectangle((34, 205, 176, 385), fill="#FFFDF6")
    draw.rectangle((44, 215, 166, 375), fill="#C4DEE6")
    draw.ellipse((118, 226, 156, 264), fill="#F6D67D")
    draw.rectangle((480, 220, 610, 232), fill="#A67B50")
    for left, top, colour in ((496, 150, "#1F565D"), (520, 170, "#C8663D"), (544, 140, "#E0B13B")):
        draw.rectangle((left, top, left + 18, 220), fill=colour)
    dx, dy = 14 * math.sin(2 * math.pi * step), 6 * math.sin(4 * math.pi * step)
    draw.ellipse((206 + dx, 150 + dy, 434 + dx, 470), fill="#38241F")
    draw.polygon([(140, 480), (250, 400), (390, 400), (500, 480)], fill="#B24C38")
    draw.rectangle((290, 340, 350, 410), fill="#B87A52")
    draw.ellipse((244 + dx, 176 + dy, 396 + dx, 376 + dy), fill="#CF926B")
    draw.chord((236 + dx, 156 + dy, 404 + dx, 300 + dy), 180, 360, fill="#38241F")
    for eye in (290, 350):
        draw.ellipse((eye - 9 + dx, 262 + dy, eye + 9 + dx, 284 + dy), fill="#2B1B17")
        draw.ellipse((eye - 2 + dx, 266 + dy, eye + 4 + dx, 272 + dy), fill="#FFFFFF")
    draw.arc((286 + dx, 290 + dy, 354 + dx, 340 + dy), 20, 160, fill="#7E2A26", width=6)
    return picture


def _planes(picture: Image.Image, number: int) -> list[npt.NDArray[np.uint8]]:
    """Return Y (with the mark of `number`), U and V (4:2:0) of a picture."""
    y, u, v = (np.array(each) for each in picture.convert("YCbCr").split())
    # Pillow's YCbCr is full range (JPEG); a Y4M is read as limited range.
    luma = (16 + y.astype(np.float32) * (219 / 255)).round().astype(np.uint8)
    mark.draw(luma, number)
    chroma = [
        (128 + (each[::2, ::2].astype(np.float32) - 128) * (224 / 255)).round().astype(np.uint8)
        for each in (u, v)
    ]
    return [luma, *chroma]


def write_video(path: Path, width: int, height: int, fps: int = 30, frames: int = 60) -> None:
    """Write a looping Y4M whose frames carry the marks 0 to `frames` - 1."""
    header = f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n"
    with path.open("wb") as file:
        file.write(header.encode())
        for number in range(frames):
            picture = draw_person(number / frames)
            if (width, height) != _SCENE:
                picture = picture.resize((width, height))
            file.write(b"FRAME\n")
            for plane in _planes(picture, number):
                file.write(plane.tobytes())


def write_tone(path: Path, pitch_hz: float = FAMILY_TONE_HZ, seconds: int = 10) -> None:
    """Write a looping mono WAV of a sine that swells thrice a second, as speech does.

    A steady sine would be taken for noise by the browser's noise suppression. At its loudest
    -12 dBFS; whole periods, so that the loop is smooth.
    """
    rate = 48_000
    time = np.arange(rate * seconds) / rate
    swell = 0.5 - 0.5 * np.cos(2 * math.pi * 3 * time)
    sound = 10 ** (-12 / 20) * swell * np.sin(2 * math.pi * pitch_hz * time)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((sound * 32_767).astype("<i2").tobytes())
