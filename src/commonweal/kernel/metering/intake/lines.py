"""A CSV file as UTF-8, line by line sound: a quote that a line does not close ends with it.

Without this an unclosed quote makes one cell of all that follows up to the next quote, and the rows
in between are gone without a word. A usage record is one line, so a line with an odd number of
quotes is broken; it is put aside, and the rows after it are read as they stand.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

_READ = 1 << 20
_LONGEST = 8 << 20
_LINE_END, _QUOTE = 10, 34


class SoundLines:
    """A file to be read in pieces. `broken`: the numbers of the lines that were put aside so far;
    `instead` stands in for each of them."""

    def __init__(self, path: Path, encoding: str, instead: bytes) -> None:
        self.broken: set[int] = set()
        self.closed = False
        self._stream = path.open("rb")
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
        self._instead = instead
        self._ready = b""
        self._begun = b""
        self._lines = 0

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer only at the end (the reader makes a block of what it gets)."""
        pieces, wanted = [], size
        while wanted and not (self._stream.closed and not self._ready):
            if not self._ready:
                self._fill()
            piece = self._ready if wanted < 0 else self._ready[:wanted]
            self._ready = self._ready[len(piece) :]
            wanted -= len(piece) if wanted > 0 else 0
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        self._stream.close()

    def __enter__(self) -> SoundLines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    def _fill(self) -> None:
        piece = self._stream.read(_READ)
        last = not piece
        block = self._begun + (self._text(piece, last) if self._decoder else piece)
        cut = len(block) if last or len(block) > _LONGEST else block.rfind(b"\n") + 1
        self._ready, self._begun = self._sound(block[:cut]), block[cut:]
        if last:
            self._stream.close()

    def _text(self, piece: bytes, last: bool) -> bytes:
        decoder: Any = self._decoder
        text: str = decoder.decode(piece, final=last)
        return text.encode()

    def _sound(self, block: bytes) -> bytes:
        first, self._lines = self._lines, self._lines + block.count(b"\n")
        if b'"' not in block:
            return block
        data = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(data == _LINE_END)
        counts = np.bincount(np.searchsorted(ends, np.flatnonzero(data == _QUOTE)))
        pieces, done = [], 0
        for line in np.flatnonzero(counts % 2).tolist():
            start = int(ends[line - 1]) + 1 if line else 0
            pieces += [block[done:start], self._instead]
            done = int(ends[line]) if line < len(ends) else len(block)
            self.broken.add(first + line + 1)
        return b"".join([*pieces, block[done:]])
