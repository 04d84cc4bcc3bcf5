"""The family's picture on its way to the screen."""

from __future__ import annotations

import av

from kiosk.media.frames import FrameWriter, check


class Screen:
    """The remote picture: the newest connection that has shown one has the screen."""

    def __init__(self, writer: FrameWriter) -> None:
        self._writer = writer
        self._showing = 0

    def show(self, connection: int, frame: av.VideoFrame) -> None:
        """Show a frame unless a newer connection has the screen. Raises UnfitFrame."""
        check(frame)
        if connection >= self._showing:
            self._showing = connection
            self._writer.write(frame)

    def forget(self, connection: int) -> None:
        """Let an older connection show again."""
        if connection == self._showing:
            self._showing = 0
