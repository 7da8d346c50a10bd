"""Files as ill-willed strangers make them, made here so that none lies in the repository."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

HTML = b"<!DOCTYPE html><html><script>alert(document.cookie)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(form: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB") -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new(mode, size, (220, 0, 0, 255)[: len(mode)])
    image.paste((0, 0, 220, 255)[: len(mode)], (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def photo(orientation: int = 6, latitude: float = 46.5, longitude: float = -63.25) -> bytes:
    """A JPEG as a telephone takes it: lying on its side, with the place it was taken at."""
    image = Image.open(io.BytesIO(picture()))
    notes = Image.Exif()
    notes[0x0112] = orientation
    notes[0x010F] = "SecretCamera"
    place = notes.get_ifd(0x8825)
    place[1], place[2] = "N" if latitude >= 0 else "S", _parts(abs(latitude))
    place[3], place[4] = "E" if longitude >= 0 else "W", _parts(abs(longitude))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=notes, quality=95)
    return out.getvalue()


def _parts(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole = int(degrees)
    minutes = (degrees - whole) * 60
    return (
        IFDRational(whole, 1),
        IFDRational(int(minutes), 1),
        IFDRational(round((minutes - int(minutes)) * 60 * 100), 100),
    )


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has `width × height` grey pixels, and has."""
    row = b"\0" + bytes((width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, body) for name, body in ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))


def zipped(*entries: tuple[str, bytes]) -> bytes:
    """A zip of the entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def nested(levels: int) -> bytes:
    """A zip in a zip in a zip … around one line of text, like those that never end."""
    content = zipped(("note.txt", b"hello"))
    for level in range(levels):
        content = zipped((f"again-{level}.zip", content))
    return content


def lying_zip() -> bytes:
    """A zip bomb whose index says that its one entry is small."""
    data = bytearray(zipped(("zeros.bin.txt", b"0" * (8 * 1024 * 1024))))
    index = data.rfind(b"PK\x01\x02")
    data[index + 24 : index + 28] = struct.pack("<I", 100)
    data[22:26] = struct.pack("<I", 100)
    return bytes(data)


def locked_zip() -> bytes:
    """A zip that says of its entry that it is encrypted."""
    data = bytearray(zipped(("letter.txt", b"secret")))
    index = data.rfind(b"PK\x01\x02")
    data[6] |= 1
    data[index + 8] |= 1
    return bytes(data)


def linked_tar() -> bytes:
    """A tar with a link to the system's passwords."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("photo.jpg")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    return out.getvalue()


def office(*more: tuple[str, bytes], folder: str = "word") -> bytes:
    """The shell of a modern office file, with further parts."""
    return zipped(
        ("[Content_Types].xml", b"<Types/>"), (f"{folder}/document.xml", b"<w:document/>"), *more
    )


def pdf(body: bytes = b"") -> bytes:
    """A PDF of one object."""
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog " + body + b" >>\nendobj\n%%EOF\n"


def pdf_packed(inside: bytes, *, extra: bytes = b"") -> bytes:
    """A PDF whose objects lie in a packed stream."""
    packed = zlib.compress(inside)
    head = f"2 0 obj\n<< /Type /ObjStm /Filter /FlateDecode /Length {len(packed)} >>\nstream\n"
    end = b"\nendstream\nendobj\n" + extra + b"\n%%EOF\n"
    return b"%PDF-1.7\n" + head.encode() + packed + end
