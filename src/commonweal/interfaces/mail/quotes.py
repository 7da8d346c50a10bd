"""What a writer wrote and what they quoted: folded away, never deleted. Pure.

`mail-parser-reply` (MIT) knows how mail programs of many languages announce a quotation. Only its
patterns are used, and only on short windows that begin at a line: on whole texts some of them take
time that grows with the square of a line, and its results drop spaces and signatures.
"""

from __future__ import annotations

import re
from functools import cache

from mailparser_reply.parser import EmailMessage

LANGUAGES = ("en", "es", "de", "fr", "it", "nl", "pt", "pl")
_LINES, _WIDTH, _TRIES = 5, 120, 200
_RULE = re.compile(r"[_-]{32,}\Z|-{2,} {0,3}(?:Original Message|Mensaje original|Forwarded message"
                   r"|Mensaje reenviado|Urspr.ngliche Nachricht|Message d.origine) {0,3}-{2,}\Z",
                   re.IGNORECASE)  # fmt: skip


@cache
def _announced() -> re.Pattern[str]:
    pattern: re.Pattern[str] = EmailMessage("", languages=list(LANGUAGES)).HEADER_REGEX
    return pattern


def fold(text: str) -> tuple[str, str]:
    """(written, quoted): the quotation at the end with its announcement. Text under a quotation
    stays with what was written, and so does the quotation then: it answers it line by line."""
    lines = text.split("\n")
    start = _start(lines)
    if start is None or not any(line.strip() for line in lines[:start]):
        return text, ""
    return "\n".join(lines[:start]).rstrip(), "\n".join(lines[start:])


def _start(lines: list[str]) -> int | None:
    tail = _quoted_tail(lines)
    tries = 0
    for place, line in enumerate(lines[:tail]):
        plain = line.strip()
        if not plain or plain.startswith(">"):
            continue
        if _RULE.match(plain[:_WIDTH]):
            return place
        ahead = lines[place : place + _LINES]
        if tries < _TRIES and any(":" in each[:_WIDTH] for each in ahead[:3]):
            tries += 1
            if _announces(ahead) and _only_quoted(lines, place):
                return place
    return _with_announcement(lines, tail) if tail < len(lines) else None


_WROTE = re.compile(r"\b(?:wrote|escribi[oó]|schrieb|[aà] écrit|ha scritto|schreef|escreveu"
                    r"|napisał)", re.IGNORECASE)  # fmt: skip


def _with_announcement(lines: list[str], tail: int) -> int:
    """The line or lines above that say who wrote what is quoted, belong to it."""
    last = tail - 1
    while last >= 0 and not lines[last].strip():
        last -= 1
    if last < 0 or not lines[last].strip().endswith(":"):
        return tail
    for place in range(last, max(-1, last - 3), -1):
        if not lines[place].strip():
            break
        if _WROTE.search(" ".join(lines[place : last + 1])[:500]):
            starts = place
            above = max(0, last - 2)
            while starts > above and lines[starts - 1].strip() and not _dated(lines[starts]):
                starts -= 1
            return starts if starts == place or _dated(lines[starts]) else place
    return tail


def _dated(line: str) -> bool:
    return re.match(r"\s{0,9}(?:On|El|Am|Le|Il|Op|Em|W dniu)\b", line) is not None


def _announces(ahead: list[str]) -> bool:
    return _announced().match("\n".join(each.strip()[:_WIDTH] for each in ahead)) is not None


def _only_quoted(lines: list[str], place: int) -> bool:
    """Whether nobody answers below, between quoted lines. Programs that do not mark what they
    quote with > leave no way to tell: all below belongs to the quotation then."""
    marked = [each.lstrip().startswith(">") for each in lines[place:] if each.strip()]
    if True not in marked:
        return True
    last = len(marked) - 1 - marked[::-1].index(True)
    return all(marked[marked.index(True) : last + 1]) and last == len(marked) - 1


def _quoted_tail(lines: list[str]) -> int:
    """Where the unbroken run of quoted lines at the end begins (the length: there is none)."""
    place, seen = len(lines), False
    while place and (not lines[place - 1].strip() or lines[place - 1].lstrip().startswith(">")):
        place -= 1
        seen = seen or lines[place].lstrip().startswith(">")
    return place if seen else len(lines)
