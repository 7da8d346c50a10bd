"""What the engines say when an input cannot be priced or allocated."""

from __future__ import annotations

from commonweal.kernel.errors import CommonwealError


class EngineError(CommonwealError):
    """An input the engine refuses. `where` is a path below the object given (`tiers/1/lo`)."""

    def __init__(self, code: str, message: str, where: str = "", **details: object) -> None:
        super().__init__(code, message, where=where, **details)
        self.where = where


class EngineInputError(EngineError):
    """A document the engine refuses. `pointer` is an RFC 6901 JSON pointer into it."""

    def __init__(self, pointer: str, code: str, message: str) -> None:
        super().__init__(code, message, where=pointer)
        self.pointer = pointer


class EngineDefect(EngineError):
    """The two paths differ, or the database fails its self-test: nothing may be billed."""
