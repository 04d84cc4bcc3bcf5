"""Photos of identity cards: whatever a stranger sends, what is kept is a small plain JPEG."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from signalling.errors import UserError
from signalling.hub import photo
from signalling.hub.photo import PhotoParts, as_jpeg


def picture(
    form: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **more: object
) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, "red").save(made, form, **more)
    return made.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_three_types_become_a_jpeg(form: str) -> None:
    with Image.open(io.BytesIO(as_jpeg(picture(form)))) as made:
        assert (made.format, made.size) == ("JPEG", (40, 20))


def test_it_is_made_small_and_upright_and_keeps_no_place() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees (Exif 2.32, Orientation)
    exif[0x010E] = "written by the camera"  # ImageDescription
    jpeg = as_jpeg(picture("JPEG", (3200, 800), exif=exif))
    with Image.open(io.BytesIO(jpeg)) as made:
        assert made.size == (400, 1600)
        assert not made.getexif()
    assert b"written by the camera" not in jpeg


def test_what_is_seen_through_becomes_white() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(made, "PNG")
    with Image.open(io.BytesIO(as_jpeg(made.getvalue()))) as plain:
        assert plain.convert("RGB").getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<script>alert(1)</script>",
        picture("GIF"),
        picture("BMP"),
        picture("JPEG")[:60],
        picture("PNG")[:50] + b"\0" * 50,
    ],
)
def test_what_is_no_such_picture_is_refused(data: bytes) -> None:
    with pytest.raises(UserError) as refused:
        as_jpeg(data)
    assert (refused.value.code, refused.value.facts) == ("photo-refused", {"why": "not-a-picture"})


def test_a_small_file_that_unpacks_to_too_much_is_not_unpacked() -> None:
    bomb = picture("PNG", (9000, 9000), "1")
    assert len(bomb) < 100_000
    with pytest.raises(UserError) as refused:
        as_jpeg(bomb)
    assert refused.value.facts == {"why": "too-many-pixels"}


def test_parts_are_put_together_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo, "MAX_PHOTO_BYTES", 10)
    parts = PhotoParts("p1", 0.0)
    parts.add(base64.b64encode(b"12345").decode(), 0.0)
    parts.add(base64.b64encode(b"67890").decode(), 0.0)
    assert parts.whole() == b"1234567890"
    with pytest.raises(UserError) as refused:
        parts.add(base64.b64encode(b"1").decode(), 0.0)
    assert refused.value.facts == {"why": "too-big"}
    with pytest.raises(UserError):
        parts.add("A", 0.0)
