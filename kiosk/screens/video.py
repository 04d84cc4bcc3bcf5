"""One picture: three luminance textures and a shader that makes the colours.

Measured by tests/bench/bench_draw.py: a tenth of what a conversion to RGB costs. Textures are as
wide as the planes' strides, so that a plane is uploaded as it lies; the shader leaves the padding
out. Textures are bottom-up and pictures top-down, so the texture's coordinates flip them.

Which colours: a decoded frame says BT.709 or it is BT.601, and says full range or it is limited.
VP8 knows BT.601 only (RFC 6386 section 9.2) and is what browsers send, at 720p too, where
television would have BT.709; and cameras without a word of their own give BT.601.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from kivy.graphics import BindTexture, Color, InstructionGroup, Rectangle, RenderContext
from kivy.graphics.texture import Texture
from kivy.utils import get_color_from_hex

from kiosk.screens import theme
from kiosk.screens.layout import Box

MAX_CROP: Final = 0.08
"""A picture fills its place if that hides at most this part of it, else it is shown whole."""

MAX_SIDE: Final = 4096


class Matrix(StrEnum):
    """Which colours Y, U and V stand for: ITU-R BT.601 or BT.709."""

    BT601 = "bt601"
    BT709 = "bt709"


LUMA_WEIGHTS: Final = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}
"""Kr and Kb."""

FRAGMENT: Final = """
#ifdef GL_ES
    precision highp float;
#endif
varying vec4 frag_color;
varying vec2 tex_coord0;
uniform sampler2D texture0;
uniform sampler2D u_plane;
uniform sampler2D v_plane;
uniform vec2 picture;      /* width, height in luma samples */
uniform vec2 luma_plane;   /* size of the luma texture, in samples */
uniform vec2 chroma_plane;
uniform vec3 offset;
uniform vec3 red;
uniform vec3 green;
uniform vec3 blue;
uniform vec2 place;        /* width, height on screen, in pixels */
uniform vec2 place_origin; /* its lower left corner in the window */
uniform float radius;
uniform vec3 dim_colour;
uniform float dim;

float corner(vec2 at) {
    vec2 outside = abs(at - place * 0.5) - (place * 0.5 - vec2(radius));
    float distance = length(max(outside, 0.0)) - radius;
    return radius > 0.0 ? clamp(0.5 - distance, 0.0, 1.0) : 1.0;
}

void main(void) {
    /* Half a sample from each edge, so that filtering never reaches into the padding. */
    vec2 at = clamp(tex_coord0 * picture, vec2(0.5), picture - vec2(0.5));
    vec2 chroma_size = floor((picture + vec2(1.0)) * 0.5);
    vec2 chroma = clamp(at * 0.5, vec2(0.5), chroma_size - vec2(0.5));
    vec3 yuv = vec3(
        texture2D(texture0, at / luma_plane).r,
        texture2D(u_plane, chroma / chroma_plane).r,
        texture2D(v_plane, chroma / chroma_plane).r) - offset;
    vec3 rgb = clamp(vec3(dot(red, yuv), dot(green, yuv), dot(blue, yuv)), 0.0, 1.0);
    gl_FragColor = vec4(mix(rgb, dim_colour, dim), corner(gl_FragCoord.xy - place_origin));
}
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides whether the textures can stay: sizes in samples, strides in bytes."""

    width: int
    height: int
    stride_y: int
    stride_uv: int

    @property
    def chroma_height(self) -> int:
        """Rows of U and V; an odd last row of luma has one too."""
        return (self.height + 1) // 2

    def check(self, y: memoryview, u: memoryview, v: memoryview) -> None:
        """Raises ValueError: the numbers do not fit together (nothing was uploaded then)."""
        if not (0 < self.width <= MAX_SIDE and 0 < self.height <= MAX_SIDE):
            raise ValueError(f"picture of {self.width}x{self.height}")
        if self.stride_y < self.width or self.stride_uv < (self.width + 1) // 2:
            raise ValueError(f"strides {self.stride_y}, {self.stride_uv} for {self.width}")
        chroma = self.stride_uv * self.chroma_height
        if y.nbytes < self.stride_y * self.height or min(u.nbytes, v.nbytes) < chroma:
            raise ValueError("a plane is shorter than its rows")
        if y.readonly or u.readonly or v.readonly:
            raise ValueError("a plane is read-only")


def visible(width: int, height: int, place: Box) -> tuple[Box, tuple[float, float]]:
    """Return where in `place` a picture lies, and which part of it (0 to 1, across and down).

    It keeps its shape: it fills the place if at most MAX_CROP of it is hidden, else it is whole.
    """
    picture, room = width / height, place.w / place.h
    shown = min(picture, room) / max(picture, room)
    if 1 - shown <= MAX_CROP:
        return place, (shown, 1.0) if picture > room else (1.0, shown)
    w, h = (place.w, place.w / picture) if picture > room else (place.h * picture, place.h)
    left, top = place.x + (place.w - w) / 2, place.y + (place.h - h) / 2
    return Box(round(left), round(top), round(w), round(h)), (1.0, 1.0)


@cache
def coefficients(matrix: Matrix, full_range: bool) -> dict[str, tuple[float, float, float]]:
    """Return the shader's uniforms for one matrix and range of 8-bit samples."""
    kr, kb = LUMA_WEIGHTS[matrix]
    kg = 1 - kr - kb
    luma, chroma = (1.0, 1.0) if full_range else (255 / 219, 255 / 224)
    return {
        "offset": (0.0 if full_range else 16 / 255, 128 / 255, 128 / 255),
        "red": (luma, 0.0, 2 * (1 - kr) * chroma),
        "green": (luma, -2 * kb * (1 - kb) / kg * chroma, -2 * kr * (1 - kr) / kg * chroma),
        "blue": (luma, 2 * (1 - kb) * chroma, 0.0),
    }


class VideoPicture:
    """The newest picture of one camera. Use only from the thread that draws.

    The last picture stays until `clear`; it is drawn again only when something changed.
    """

    def __init__(self, mirrored: bool = False) -> None:
        self.context = RenderContext(
            fs=FRAGMENT, use_parent_projection=True, use_parent_modelview=True
        )
        if not self.context.shader.success:
            raise RuntimeError("the display cannot compile the video shader")
        self._beside = InstructionGroup()
        self.drawing = InstructionGroup()
        """What to add to a canvas."""
        self.drawing.add(self._beside)
        self.drawing.add(self.context)
        self._mirrored = mirrored
        self._shape: Shape | None = None
        self._colours: tuple[str, bool] | None = None
        self._planes: tuple[Texture, Texture, Texture] | None = None
        self._rectangle: Rectangle | None = None
        self._place = Box(0, 0, 1, 1)
        self._window_height = 1.0
        self._radius = 0.0
        self.frames = 0
        """Pictures uploaded since the last `clear`."""
        self.context["u_plane"] = 1
        self.context["v_plane"] = 2
        self.context["dim_colour"] = tuple(get_color_from_hex(theme.PAPER)[:3])
        self.context["dim"] = 0.0

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the picture, None before the first."""
        return (self._shape.width, self._shape.height) if self._shape else None

    def update(
        self,
        width: int,
        height: int,
        y: memoryview,
        u: memoryview,
        v: memoryview,
        *,
        stride_y: int,
        stride_uv: int,
        matrix: str = Matrix.BT601,
        full_range: bool = False,
    ) -> None:
        """Show an 8-bit 4:2:0 picture. The planes are uploaded before this returns.

        They must be writable views, though they are only read: Kivy 2.3 takes no others, and a
        copy of them would cost as much as the upload.

        Raises:
            ValueError: sizes, strides and planes do not fit together, or the matrix is unknown.
        """
        shape = Shape(width, height, stride_y, stride_uv)
        shape.check(y, u, v)
        if (matrix, full_range) != self._colours:
            self._set_colours(matrix, full_range)
        if shape != self._shape or self._planes is None:
            self._make_textures(shape)
        assert self._planes is not None
        chroma_size = (stride_uv, shape.chroma_height)
        for texture, plane, size in zip(
            self._planes,
            (y, u, v),
            ((stride_y, height), chroma_size, chroma_size),
            strict=True,
        ):
            texture.blit_buffer(plane, size=size, colorfmt="luminance", bufferfmt="ubyte")
        self.frames += 1
        self.context.ask_update()

    def clear(self) -> None:
        """Forget the picture, so that nothing of one visit is seen in the next."""
        self.context.clear()
        self._beside.clear()
        self._shape = self._planes = self._rectangle = None
        self.frames = 0

    def put(self, place: Box, window_height: float, radius: float, dim: float) -> None:
        """Set where it is shown, in window pixels from the top left, and how much is left of it."""
        self._place, self._window_height, self._radius = place, window_height, radius
        self.context["dim"] = float(dim)
        self._arrange()

    def _set_colours(self, matrix: str, full_range: bool) -> None:
        for name, value in coefficients(Matrix(matrix), full_range).items():
            self.context[name] = value
        self._colours = (matrix, full_range)

    def _make_textures(self, shape: Shape) -> None:
        chroma_size = (shape.stride_uv, shape.chroma_height)
        sizes = ((shape.stride_y, shape.height), chroma_size, chroma_size)
        planes = tuple(Texture.create(size=size, colorfmt="luminance") for size in sizes)
        luma, u, v = planes
        self._shape, self._planes = shape, (luma, u, v)
        self._rectangle = Rectangle(texture=luma)
        self.context.clear()
        for index, texture in ((1, u), (2, v)):
            self.context.add(BindTexture(texture=texture, index=index))
        self.context.add(self._rectangle)
        self.context["picture"] = (float(shape.width), float(shape.height))
        self.context["luma_plane"] = tuple(map(float, luma.size))
        self.context["chroma_plane"] = tuple(map(float, u.size))
        self._arrange()

    def _arrange(self) -> None:
        if self._shape is None or self._rectangle is None:
            return
        at, (across, down) = visible(self._shape.width, self._shape.height, self._place)
        left, right = (1 - across) / 2, (1 + across) / 2
        top, bottom = (1 - down) / 2, (1 + down) / 2
        if self._mirrored:
            left, right = right, left
        if not self._radius:
            self._cover(at)
        bottom_up = self._window_height - at.bottom
        self._rectangle.pos, self._rectangle.size = (at.x, bottom_up), (at.w, at.h)
        self._rectangle.tex_coords = (left, bottom, right, bottom, right, top, left, top)
        self.context["place"] = (float(at.w), float(at.h))
        self.context["place_origin"] = (float(at.x), float(bottom_up))
        self.context["radius"] = float(self._radius)

    def _cover(self, at: Box) -> None:
        """Fill what a picture at `at` leaves of its place: what waited there is over."""
        place = self._place
        self._beside.clear()
        self._beside.add(Color(*get_color_from_hex(theme.PAPER)))
        for strip in (
            Box(place.x, place.y, at.x - place.x, place.h),
            Box(at.right, place.y, place.right - at.right, place.h),
            Box(at.x, place.y, at.w, at.y - place.y),
            Box(at.x, at.bottom, at.w, place.bottom - at.bottom),
        ):
            if strip.w > 0 and strip.h > 0:
                pos = (strip.x, self._window_height - strip.bottom)
                self._beside.add(Rectangle(pos=pos, size=(strip.w, strip.h)))
