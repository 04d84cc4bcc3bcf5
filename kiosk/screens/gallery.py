"""Renders views to PNG files with the real painter, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels
from kivy.graphics.texture import Texture

from kiosk.screens.root import Root
from kiosk.screens.video import VideoPicture
from kiosk.view import View


def render(views: Mapping[str, View], folder: Path) -> list[Path]:
    """Write one PNG per view, in the window's size, into `folder`; return the files."""
    root = Root(post=lambda intent: None)
    Window.add_widget(root)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, view in views.items():
        root.show(view)
        show_test_picture(root.remote, 1280, 720)
        show_test_picture(root.self_view, 640, 480)
        files.append(folder / f"{name}.png")
        files[-1].write_bytes(screenshot())
    Window.remove_widget(root)
    return files


def screenshot() -> bytes:
    """Draw the window and return what it shows, as PNG."""
    Window.dispatch("on_draw")
    w, h = Window.size
    pixels: Any = glReadPixels(0, 0, w, h, GL_RGBA, GL_UNSIGNED_BYTE)
    texture = Texture.create(size=(w, h), colorfmt="rgba")
    texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
    png = BytesIO()
    texture.save(png, flipped=True, fmt="png")
    return png.getvalue()


def show_test_picture(picture: VideoPicture, width: int, height: int) -> None:
    """Show a soft picture with a frame at its edge, so that cropping and shape can be judged."""
    across = np.linspace(0, 1, width)[None, :]
    down = np.linspace(0, 1, height)[:, None]
    luma = (120 + 60 * (1 - down) + 20 * np.sin(across * 9)).astype(np.uint8)
    luma[:8], luma[-8:], luma[:, :8], luma[:, -8:] = 60, 60, 60, 60
    round_face = (across - 0.5) ** 2 * (width / height) ** 2 + (down - 0.5) ** 2 < 0.06
    luma[round_face] = 90
    chroma = (height // 2, width // 2)
    u, v = np.full(chroma, 118, np.uint8), np.full(chroma, 136, np.uint8)
    planes = [memoryview(bytearray(each.tobytes())) for each in (luma, u, v)]
    luma_plane, u_plane, v_plane = planes
    picture.update(
        width, height, luma_plane, u_plane, v_plane, stride_y=width, stride_uv=width // 2
    )
