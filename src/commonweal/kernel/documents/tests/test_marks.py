"""Codes on paper: what is drawn is read again; what cannot be read has none."""

from __future__ import annotations

import io
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from commonweal.kernel.documents import marks
from commonweal.kernel.documents.public import draw_mark, draw_page, read_marks


def picture(text: str) -> Image.Image:
    """A white page with the code of a text on it."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    code = Image.fromarray(memoryview(made.to_image(scale=6)).__array__()
                           if hasattr(memoryview, "__array__") else _array(made))  # fmt: skip
    page = Image.new("L", (1240, 1754), 255)
    page.paste(code, (120, 160))
    return page


def _array(made: Any) -> Any:
    import numpy

    return numpy.array(made.to_image(scale=6), dtype=numpy.uint8)


def printed(*texts: str) -> bytes:
    """A PDF with a page for each text."""
    stream = io.BytesIO()
    first, *others = [picture(text) for text in texts]
    first.save(stream, "PDF", save_all=True, append_images=others, resolution=150)
    return stream.getvalue()


def test_what_is_printed_is_read() -> None:
    found = read_marks("application/pdf", printed("CWL1:A:B", "CWL1:C:D"))
    assert (set(found.texts), found.pages) == ({"CWL1:A:B", "CWL1:C:D"}, 2)
    stream = io.BytesIO()
    picture("CWL1:A:B").rotate(3, fillcolor=255).save(stream, "JPEG", quality=60)
    assert read_marks("image/jpeg", stream.getvalue()).texts == ("CWL1:A:B",)


def test_a_page_is_drawn_to_look_at() -> None:
    scan = printed("CWL1:A:B", "CWL1:C:D")
    second = draw_page("application/pdf", scan, 2)
    assert second is not None
    assert (second.media_type, second.height) == ("image/png", marks.LOOKED_AT)
    with Image.open(io.BytesIO(second.data)) as page:
        [code] = zxingcpp.read_barcodes(page)
    assert code.text == "CWL1:C:D"
    assert draw_page("application/pdf", scan, 3) is None
    assert draw_page("application/pdf", b"%PDF-1.7 broken", 1) is None


def test_a_drawing_can_be_scaled_and_holds_no_script() -> None:
    drawn = draw_mark("CWL1:A:B")
    assert drawn.startswith("<svg viewBox=")
    assert "DOCTYPE" not in drawn
    assert "script" not in drawn


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 broken", b"\x89PNG\r\n\x1a\n", b"x" * 5000])
def test_what_cannot_be_read_has_no_codes(data: bytes) -> None:
    for kind in ("application/pdf", "image/png"):
        assert read_marks(kind, data) == marks.NOTHING


def test_a_reader_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "SECONDS", 0.001)
    assert read_marks("application/pdf", printed("A")) == marks.NOTHING


def test_a_picture_that_is_far_too_large_is_left_alone() -> None:
    stream = io.BytesIO()
    Image.new("1", (6400, 6400)).save(stream, "PNG")
    assert read_marks("image/png", stream.getvalue()) == marks.NOTHING
