"""The recorded pages, served bare: no session, no rights, no template; their statements with their
transactions, and the bytes that they answered."""

from __future__ import annotations

import itertools
import os
import pickle
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from .same import Replay, counter

PLACE = "BENCH_RECORDINGS"
_numbers = counter()


@cache
def _recorded() -> dict[str, Iterator[Replay]]:
    """The recordings of each thing in turn; our own file, written by the same bench."""
    found = pickle.loads(Path(os.environ[PLACE]).read_bytes())
    return {what: itertools.cycle(list(map(Replay, each))) for what, each in found.items()}


class Bare:
    """Stands before the whole product, and answers instead of it: /same/THING/."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.recorded = _recorded()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The next recording of a thing."""
        if request.path == "/health/live":
            return HttpResponse("live")
        replay = next(self.recorded[request.path.split("/")[2]])
        replay.run(next(_numbers))
        given = replay.recording
        return HttpResponse(given.body, status=given.status, content_type=given.media)
