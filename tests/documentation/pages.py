"""The documentation as data: its pages, and on each page what can be executed, in order.

A page is executed from top to bottom. What counts:

- ``sh`` blocks: each line is a command; ``sh exit=2`` expects that status.
- Blocks of another language with a file name (``json council.json``) are written to that file.
- ``text`` blocks right after commands: each line must be in its output; ``…`` stands for anything.
- A numbered list after ``<!-- steps -->`` is followed in the browser: ``<address>`` is opened,
  **words** are a link or button to choose, **words** with `text` after them a field to fill,
  “words” must be there to read. A step that begins with "Six times:" is taken six times.
- ``<!-- starts: demo -->`` says where the page begins: `nothing` (an empty database) unless said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*) ?(?P<note>.*)$")
STEP = re.compile(r"^\d+\. (?P<text>.*)$")
SAYING = re.compile(r"^<!-- (?P<what>\w+)(?:: (?P<value>.*))? -->$")


@dataclass
class Part:
    """A block (`language` says which) or one step in the browser (`language` is "step")."""

    language: str
    note: str
    line: int
    text: str = ""


@dataclass(frozen=True)
class Page:
    """One page; its name is its path below the checkout."""

    path: Path
    said: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def parts(self) -> list[Part]:
        """Blocks and steps in their order."""
        return list(self._parts())

    @cached_property
    def starts(self) -> str:
        """Where the page begins: `nothing`, `centre` or `demo`."""
        found = re.search(r"^<!-- starts: (\w+) -->$", self.text, re.MULTILINE)
        return found[1] if found else "nothing"

    @property
    def is_executable(self) -> bool:
        return any(part.language in ("sh", "step") for part in self.parts)

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """(number, line) of every line outside blocks."""
        inside, found = False, []
        for number, line in enumerate(self.text.splitlines(), start=1):
            if FENCE.match(line):
                inside = not inside
            elif not inside:
                found.append((number, line))
        return found

    def _parts(self) -> Iterator[Part]:
        block: Part | None = None
        step: Part | None = None
        following = False
        for number, line in enumerate(self.text.splitlines(), start=1):
            fence = FENCE.match(line)
            if block is not None:
                if fence:
                    yield block
                    block = None
                else:
                    block.text += line + "\n"
                continue
            item = STEP.match(line) if following else None
            if step is not None and (item or not line.startswith("   ")):
                yield step
                step = None
            if fence:
                following = False
                block = Part(fence["language"], fence["note"], number)
            elif item:
                step = Part("step", "", number, item["text"])
            elif step is not None:
                step.text += " " + line.strip()
            elif line.strip():
                saying = SAYING.match(line)
                following = bool(saying and saying["what"] == "steps")
        if step is not None:
            yield step


def all_pages() -> list[Page]:
    """Every page of the checkout, but not other people's."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")]
    return [Page(path) for path in sorted(found)]
