"""Messages in files: one message, or a mailbox in the old format (mbox). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEGINS = re.compile(rb"(?:\A|\r?\n\r?\n)From [^\r\n]{1,500}\r?\n")
_QUOTED = re.compile(rb"^>(>{0,50}From )", re.MULTILINE)


def messages(data: bytes) -> Iterator[bytes]:
    """Each message of a file: an mbox begins with “From ” and a space, a single one does not."""
    if not data.startswith(b"From "):
        yield data
        return
    marks = list(_BEGINS.finditer(data))
    ends = [mark.start() for mark in marks[1:]] + [len(data)]
    for mark, end in zip(marks, ends, strict=True):
        yield _QUOTED.sub(rb"\1", data[mark.end() : end])
