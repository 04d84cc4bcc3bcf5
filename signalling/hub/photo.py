"""A photo of an identity card: its parts as they come, and the JPEG that is kept of it.

The picture is made anew, so that nothing that a camera or anybody else wrote into the file is
kept, and nobody's program is ever handed what a stranger sent.
"""

from __future__ import annotations

import base64
import binascii
import io
from typing import Final

from PIL import Image, ImageOps

from signalling.errors import UserError
from signalling.people_messages import MAX_PHOTO_BYTES

MAX_PIXELS: Final = 50_000_000
"""A phone's largest photo; as pixels in memory it takes 150 MB for a moment."""
MAX_SIDE_PX: Final = 1600
QUALITY: Final = 85
FORMATS: Final = ("JPEG", "PNG", "WEBP")


class PhotoParts:
    """What has come of one photo."""

    def __init__(self, photo: str, now: float) -> None:
        self.photo = photo
        self.begun_at = self.heard_at = now
        self._bytes = bytearray()

    def add(self, part: str, now: float) -> None:
        """Take the next part. Raises UserError `photo-refused`: no base64, or too many bytes."""
        self.heard_at = now
        try:
            more = base64.b64decode(part, validate=True)
        except binascii.Error:
            raise UserError("photo-refused", why="not-a-picture") from None
        if len(self._bytes) + len(more) > MAX_PHOTO_BYTES:
            raise UserError("photo-refused", why="too-big")
        self._bytes += more

    def whole(self) -> bytes:
        """All of it."""
        return bytes(self._bytes)


def as_jpeg(data: bytes) -> bytes:
    """Return a picture as a JPEG of at most MAX_SIDE_PX each way, upright, without anything else.

    Raises:
        UserError: `photo-refused` with `why`: `not-a-picture` or `too-many-pixels`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise UserError("photo-refused", why="too-many-pixels")
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
            plain = Image.new("RGB", upright.size, "white")
            clear = upright.convert("RGBA")
            plain.paste(clear, mask=clear.getchannel("A"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Whatever Pillow raises for a broken file; its UnidentifiedImageError is an OSError.
        raise UserError("photo-refused", why="not-a-picture") from error
    made = io.BytesIO()
    plain.save(made, "JPEG", quality=QUALITY)
    return made.getvalue()
