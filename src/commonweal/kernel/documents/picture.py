"""Pictures are never shown as they came: they are drawn anew, upright, bounded and without a past.

What goes is everything besides the picture itself: where and when it was taken, by which camera, a
preview of what was cut away, text, colour profiles, and anything hidden behind the picture's end.
The same bytes in give the same bytes out.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .guard import GuardError

DISPLAY, THUMBNAIL = 2000, 480
MOST_PIXELS = 64_000_000
LONGEST_SIDE = 16_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 85
_GPS = 0x8825
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError, OverflowError,
    ZeroDivisionError, MemoryError,
)  # fmt: skip
"""What the decoder raises on damaged files (Pillow uses SyntaxError for a broken header)."""


@dataclass(frozen=True)
class Drawn:
    """One size of a picture."""

    data: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True)
class Remade:
    """A picture drawn anew: to look at (at most 2000 px a side) and for lists (at most 480 px).

    `position`: latitude and longitude in degrees where the picture was taken, if asked for and
    known; it is in none of the bytes.
    """

    display: Drawn
    thumbnail: Drawn
    position: tuple[float, float] | None = None


def remade(data: bytes, *, with_position: bool = False) -> Remade:
    """Draw a JPEG, PNG, WebP or GIF anew (the first picture of several).

    Errors: DOCUMENTS-241 too many pixels; DOCUMENTS-242 damaged; DOCUMENTS-243 no such picture.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _remade(data, with_position)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_large() from None
        except UnidentifiedImageError:
            raise GuardError(
                "DOCUMENTS-243",
                "The file is no picture that we can show. Send it as JPEG, PNG, WebP or GIF.",
            ) from None
        except _BROKEN:
            raise GuardError(
                "DOCUMENTS-242", "The picture is damaged. Take or save it again, then send that."
            ) from None


def _too_large() -> GuardError:
    return GuardError(
        "DOCUMENTS-241",
        f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels, or a side above"
        f" {LONGEST_SIDE}. Make it smaller, then send it.",
    )


def _remade(data: bytes, with_position: bool) -> Remade:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        # The size stands in the header: a bomb is refused before a pixel of it is unpacked.
        if opened.width * opened.height > MOST_PIXELS or max(opened.size) > LONGEST_SIDE:
            raise _too_large()
        position = _position(opened) if with_position else None
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        plain = _plain(upright)
    return Remade(_drawn(plain, DISPLAY), _drawn(plain, THUMBNAIL), position)


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone, as RGB, or RGBA where something shines through."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    see_through = "transparency" in image.info or image.mode in {"RGBA", "LA", "PA", "RGBa", "La"}
    drawn = image.convert("RGBA" if see_through else "RGB")
    if see_through and drawn.getchannel("A").getextrema() == (255, 255):
        drawn = drawn.convert("RGB")
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    return bare


def _drawn(image: Image.Image, side: int) -> Drawn:
    small = image
    if max(image.size) > side:
        scale = side / max(image.size)
        size = tuple(max(1, round(edge * scale)) for edge in image.size)
        small = image.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    if small.mode == "RGBA":
        small.save(out, "PNG", optimize=True)
        return Drawn(out.getvalue(), "image/png", *small.size)
    small.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return Drawn(out.getvalue(), "image/jpeg", *small.size)


def _position(image: Image.Image) -> tuple[float, float] | None:
    """Latitude and longitude from the camera's notes, or nothing where they make no sense."""
    try:
        notes: Mapping[int, Any] = image.getexif().get_ifd(_GPS)
        latitude = _degrees(notes[2], str(notes[1]), "S", 90)
        longitude = _degrees(notes[4], str(notes[3]), "W", 180)
    except _BROKEN:
        return None
    if latitude is None or longitude is None:
        return None
    return latitude, longitude


def _degrees(parts: Any, side: str, negative: str, most: int) -> float | None:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or not 0 <= value <= most:
        return None
    return round(-value if side.strip("\0 ").upper() == negative else value, 6)
