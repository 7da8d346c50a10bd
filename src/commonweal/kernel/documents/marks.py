"""Codes printed on paper (QR, Data Matrix, Code 128): read from scans, drawn for cover sheets.

Scans come from strangers and their readers are written in C and C++, so they run in a process of
their own, with bounded time, memory and pages: one that dies takes nothing with it, and its file is
one without codes. Readers: pdfium (pages to pictures) and ZXing.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps

from .picture import Drawn

SECONDS = 30
MOST_PAGES = 40
MOST_PIXELS = 40_000_000
MEMORY = 2 * 1024**3
SCALE = 200 / 72
"""Pages are drawn at 200 dots per inch to be read by programs, and smaller to be looked at."""
LOOKED_AT = 1200
"""Pixels of the longer side of a page that somebody looks at."""


@dataclass(frozen=True)
class Marks:
    """The texts of the codes found, and how many pages were looked at (0: it could not be read)."""

    texts: tuple[str, ...]
    pages: int


NOTHING = Marks((), 0)


def read_marks(media_type: str, data: bytes) -> Marks:
    """The codes on a PDF's first forty pages, or on a picture; nothing where it cannot be read."""
    try:
        said = json.loads(_apart(media_type, data, "read"))
    except ValueError:
        return NOTHING
    return Marks(tuple(str(text) for text in said["texts"]), int(said["pages"]))


def draw_page(media_type: str, data: bytes, number: int) -> Drawn | None:
    """A page of a scan (the first is 1) as a picture to look at; None where there is none."""
    made = _apart(media_type, data, "draw", str(number))
    if not made:
        return None
    with Image.open(io.BytesIO(made)) as page:
        return Drawn(made, "image/png", page.width, page.height)


def _apart(media_type: str, data: bytes, *words: str) -> bytes:
    """What `main` writes about a file, in a process of its own; nothing where that dies."""
    kind = "pdf" if media_type == "application/pdf" else "picture"
    command = [sys.executable, "-c", f"from {__name__} import main; main()", kind, *words]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=True)
    except (subprocess.SubprocessError, OSError):
        return b""
    return done.stdout


def main() -> None:  # pragma: no cover - runs in its own process; test_marks calls it so
    """Read a file from standard input; write what was found as JSON, or one page as PNG."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    kind, what, *numbers = sys.argv[1:]
    data = sys.stdin.buffer.read()
    if what == "draw":
        sys.stdout.buffer.write(drawn(kind, data, int(numbers[0])))
    else:
        found = look(kind, data)
        sys.stdout.write(json.dumps({"texts": found.texts, "pages": found.pages}))


def drawn(kind: str, data: bytes, number: int) -> bytes:
    """A page as PNG, in this process; nothing where there is none."""
    made = io.BytesIO()
    for page in _pages(kind, data, number):
        page.thumbnail((LOOKED_AT, LOOKED_AT))
        page.save(made, "PNG", optimize=True)
    return made.getvalue()


def look(kind: str, data: bytes) -> Marks:
    """The codes of a file, in this process."""
    import zxingcpp

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    texts: dict[str, None] = {}
    pages = 0
    for page in _pages(kind, data):
        pages += 1
        for each in zxingcpp.read_barcodes(page):
            texts[each.text] = None
    return Marks(tuple(texts), pages)


def _pages(kind: str, data: bytes, only: int = 0) -> Iterator[Any]:
    """The pages of a file as grey pictures, or one of them."""
    if kind == "picture":
        with Image.open(io.BytesIO(data)) as picture:
            if only < 2 and picture.width * picture.height <= MOST_PIXELS:
                yield ImageOps.exif_transpose(picture).convert("L")
        return
    import pypdfium2

    with pypdfium2.PdfDocument(data) as file:
        last = min(len(file), MOST_PAGES)
        for number in range(only - 1, min(only, last)) if only else range(last):
            page = file[number]
            width, height = page.get_size()
            fits = (MOST_PIXELS / max(width * height, 1)) ** 0.5
            yield page.render(scale=min(SCALE, fits), grayscale=True).to_pil()


def draw_mark(text: str) -> str:
    """A QR code of a text as an SVG element without a size of its own, to be printed."""
    import zxingcpp

    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    drawn = str(made.to_svg())
    drawn = drawn[drawn.index("<svg") :]
    return re.sub(r'width="(\d+)" height="(\d+)"', r'viewBox="0 0 \1 \2"', drawn, count=1)
