"""What the writes check in the same way."""

from __future__ import annotations

from ..domain import WorthError

MAX_MINOR = 10**15
EVIDENCE_BYTES = 10 * 1024 * 1024
MEDIA = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8\xff",
    "text/csv": b"",
}


def said(text: str, field: str, longest: int, least: int = 1) -> str:
    """A text that is there and not too long (WORTH-101)."""
    words = text.strip()
    if not least <= len(words) <= longest or not words.isprintable():
        raise WorthError(
            "WORTH-101",
            f"The {field.replace('_', ' ')} has {len(words)} characters. Write {least} to "
            f"{longest} of them, on one line.",
            field=field,
        )
    return words


def check_year(year: int, field: str = "year") -> None:
    """A fiscal year (WORTH-102)."""
    if not 1970 <= year <= 2199:
        raise WorthError(
            "WORTH-102", f"{year} is not a fiscal year. Write it like 2027.", field=field
        )


def check_minor(amount: int, field: str, least: int = 0) -> int:
    """An amount in minor units (WORTH-104)."""
    if type(amount) is not int or not least <= amount <= MAX_MINOR:
        raise WorthError(
            "WORTH-104",
            f"The amount of {field.replace('_', ' ')} cannot be used. Enter one from "
            f"{'0' if least == 0 else 'the smallest coin'} up to ten trillion.",
            field=field,
        )
    return amount


def check_paper(media_type: str, data: bytes) -> None:
    """A file that can be evidence (WORTH-105, WORTH-106)."""
    start = MEDIA.get(media_type)
    if start is None or not data.startswith(start):
        raise WorthError(
            "WORTH-105",
            "This file cannot be kept as evidence. Give a PDF, a PNG or JPEG picture, or a CSV.",
            field="evidence",
        )
    if not 0 < len(data) <= EVIDENCE_BYTES:
        raise WorthError(
            "WORTH-106",
            "The file is empty or larger than 10 MB. Give one paper of up to 10 MB.",
            field="evidence",
        )
