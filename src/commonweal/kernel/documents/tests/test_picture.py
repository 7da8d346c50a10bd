"""Pictures are drawn anew: upright, bounded, the same each time, without place and camera."""

from __future__ import annotations

import io
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from commonweal.kernel.documents.picture import DISPLAY, LONGEST_SIDE, THUMBNAIL
from commonweal.kernel.documents.public import GuardError, remade
from commonweal.kernel.documents.tests import hostile as made


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_nothing_of_place_and_camera_stays() -> None:
    data = made.photo()
    assert b"SecretCamera" in data
    drawn = remade(data)
    assert drawn.position is None
    for size in (drawn.display, drawn.thumbnail):
        assert b"SecretCamera" not in size.data
        assert b"Exif" not in size.data
        assert not opened(size.data).getexif()


@pytest.mark.parametrize("latitude", [46.5, -46.5])
@pytest.mark.parametrize("longitude", [-63.25, 63.25])
def test_the_place_is_told_if_asked_for(latitude: float, longitude: float) -> None:
    data = made.photo(latitude=latitude, longitude=longitude)
    assert remade(data, with_position=True).position == (latitude, longitude)


@pytest.mark.parametrize("latitude", [91.0, 3000.0])
def test_a_place_that_is_none_is_not_told(latitude: float) -> None:
    assert remade(made.photo(latitude=latitude), with_position=True).position is None
    assert remade(made.picture(), with_position=True).position is None


def test_a_picture_that_lies_on_its_side_stands_up() -> None:
    """Orientation 6 (turn clockwise): what was red at the left is then at the top."""
    drawn = remade(made.photo(orientation=6))
    image = opened(drawn.display.data)
    assert image.size == (drawn.display.width, drawn.display.height) == (40, 60)
    top, bottom = image.getpixel((20, 5)), image.getpixel((20, 55))
    assert top[0] > 150 > top[2]
    assert bottom[2] > 150 > bottom[0]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_same_bytes_come_out_each_time_and_once_more(form: str) -> None:
    data = made.picture(form, (300, 200))
    first = remade(data)
    assert remade(data) == first
    assert first.display.media_type == "image/jpeg"
    again = remade(first.display.data)
    assert (again.display.width, again.display.height) == (300, 200)


@pytest.mark.parametrize(("mode", "form"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")])
def test_what_shines_through_goes_on_to(mode: str, form: str) -> None:
    image = Image.new(mode, (50, 50), (10, 20, 30, 90) if mode == "RGBA" else (10, 90))
    out = io.BytesIO()
    image.save(out, form, lossless=True)
    drawn = remade(out.getvalue()).display
    assert drawn.media_type == "image/png"
    assert opened(drawn.data).getpixel((5, 5))[3] == 90


def test_sixteen_bits_and_printers_colours_are_drawn() -> None:
    for mode, form in (
        ("I;16", "PNG"),
        ("CMYK", "JPEG"),
        ("P", "GIF"),
        ("1", "PNG"),
        ("L", "JPEG"),
    ):
        out = io.BytesIO()
        Image.new(mode, (30, 20), 200 * 256 if mode == "I;16" else 1).save(out, form)
        drawn = remade(out.getvalue()).display
        assert (drawn.width, drawn.height) == (30, 20)
    grey = io.BytesIO()
    Image.new("I;16", (30, 20), 200 * 256).save(grey, "PNG")
    assert abs(opened(remade(grey.getvalue()).display.data).getpixel((3, 3))[0] - 200) <= 2


@pytest.mark.parametrize("size", [(2400, 1200), (100, 2001), (3000, 1), (480, 480), (1, 1)])
def test_sizes_are_bounded_and_keep_their_shape(size: tuple[int, int]) -> None:
    drawn = remade(made.picture("PNG", size) if min(size) > 1 else _plain(size))
    for made_size, most in ((drawn.display, DISPLAY), (drawn.thumbnail, THUMBNAIL)):
        assert max(made_size.width, made_size.height) == min(max(size), most)
        scale = min(1, most / max(size))
        assert abs(made_size.width - size[0] * scale) <= 1
        assert abs(made_size.height - size[1] * scale) <= 1


def _plain(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("width", "height"), [(20_000, 20_000), (9_000, 9_000), (LONGEST_SIDE + 1, 1), (60_000, 60_000)]
)
def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    bomb = made.png_bomb(width, height if height < 21_000 else 1_000)
    if height >= 21_000:
        bomb = bomb[:20] + height.to_bytes(4, "big") + bomb[24:]
        bomb = _with_sum(bomb)
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(GuardError) as refused:
            remade(bomb)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert refused.value.code == "DOCUMENTS-241"
    assert time.process_time() - began < 2


def _with_sum(png: bytes) -> bytes:
    """The PNG with the checksum of its changed header made right."""
    return png[:29] + zlib.crc32(png[12:29]).to_bytes(4, "big") + png[33:]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_picture_is_refused(form: str) -> None:
    data = made.picture(form, (400, 300))
    with pytest.raises(GuardError) as refused:
        remade(data[: len(data) // 2])
    assert refused.value.code == "DOCUMENTS-242"


@pytest.mark.parametrize("data", [made.HTML, made.SVG, made.pdf(), b"", b"BM" + bytes(60)])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(GuardError) as refused:
        remade(data)
    assert refused.value.code == "DOCUMENTS-243"


def test_what_hides_behind_a_picture_is_gone() -> None:
    hidden = made.picture("GIF") + made.zipped(("X.class", b"\xca\xfe\xba\xbe"))
    drawn = remade(hidden)
    assert b"PK" not in drawn.display.data[-200:]
    assert b"X.class" not in drawn.display.data


@settings(deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_damaged_pictures_are_drawn_or_refused(form: str, hits: list[tuple[int, int]]) -> None:
    data = bytearray(made.picture(form, (64, 48)))
    for place, value in hits:
        data[place % len(data)] = value
    code = ""
    try:
        drawn = remade(bytes(data), with_position=True)
    except GuardError as refused:
        code = refused.code
    if code:
        assert code in {"DOCUMENTS-241", "DOCUMENTS-242", "DOCUMENTS-243"}
    else:
        assert max(opened(drawn.thumbnail.data).size) <= THUMBNAIL
