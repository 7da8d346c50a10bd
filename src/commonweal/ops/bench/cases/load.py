"""A mixed load against the real server with its worker, from several processes: lists, pages of
cases, the API; open, answer, move.

Beside it, in the same run, before and after, behind the same server with the same worker:

- *same*: the same mix, each thing a bare view that runs the statements which the real one was
  recorded with, in the same transactions, and answers the same bytes (`same.py`);
- *trivial*: a page in the product's frame with as many statements of one row by its key.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commonweal.kernel.access.public import SYSTEM, act_as, create_token
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency

from .plans import summary
from .same import Recording, recorded
from .same_pages import PLACE
from .site import Site, user_of
from .visitor import SHARES, Door, Seen, Visitor, visit

VISITORS = 4
CASES = 60
PATIENCE = 120
FEWEST = 6
CONTACT = 'INSERT INTO "casework_contact"'
SETTINGS = {
    "product": "commonweal.settings",
    "same": "commonweal.ops.bench.cases.same_settings",
    "trivial": "commonweal.ops.bench.cases.bare_settings",
}


def measure(site: Site, *, seconds: int) -> dict[str, Any]:
    """Both baselines, mixed, both again; errors, throughput, and how long each thing took."""
    door = _door(site)
    asked = _statements(door)
    mean = round(sum(asked[what] * share for what, share in SHARES.items()) / sum(SHARES.values()))
    place = Path(settings.DATA_DIR) / "recordings"
    place.write_bytes(pickle.dumps(_recordings(door, max(FEWEST, seconds // 8))))
    os.environ[PLACE] = str(place)
    connections.close_all()
    doors = {"same": replace(door, same=True), "trivial": door, "product": door}
    paths = {"trivial": f"/bare/{mean}/"}
    found: dict[str, list[list[Seen]]] = {what: [] for what in doors}
    for what in ("same", "trivial", "product", "trivial", "same"):
        takes = seconds if what == "product" else seconds / 8
        found[what].append(_served(what, doors[what], takes, paths.get(what, "")))
    (mixed,) = found["product"]
    times = {what: summary([one for seen in mixed for one in seen.times.get(what, ())])
             for what in SHARES if any(seen.times.get(what) for seen in mixed)}  # fmt: skip
    bare = {what: sum(map(_many, found[what])) / (seconds / 4) for what in paths | {"same": ""}}
    return {
        "seconds": seconds, "visitors": VISITORS, "asked": asked, "mean": mean,
        "requests": _many(mixed), "second": _many(mixed) / seconds, "bare": bare,
        "wrong": _wrong([mixed]), "times": times,
        "bare_wrong": _wrong([*found["same"], *found["trivial"]]),
    }  # fmt: skip


def _wrong(runs: list[list[Seen]]) -> dict[str, int]:
    return dict(sum((seen.wrong for run in runs for seen in run), Counter()))


def _many(found: list[Seen]) -> int:
    return sum(len(times) for seen in found for times in seen.times.values())


def _door(site: Site) -> Door:
    """An agent's session and token, and some cases to look at."""
    with act_as(SYSTEM):
        agency = Agency.objects.get(pk=next(iter(site.liaison.agencies)))
    numbers = []
    for number in range(CASES):
        new = casework.NewCase(case_type="incident", category="printer", text="It blinks.",
                               subject=f"Printer {number}", channel="phone")  # fmt: skip
        with act_as(site.agent):
            made = casework.open_case(actor=site.agent, agency_id=agency.pk, new=new)
        numbers.append(made.case.number)
    with act_as(site.agent):
        _, token = create_token(actor=site.agent, name="bench", scopes=["casework.work"])
        queue = next(each for each in casework.own_queues(site.agent) if each.code == "helpdesk")
    browser = Client()
    browser.force_login(user_of("agent"))
    name = settings.SESSION_COOKIE_NAME
    cookie = f"{name}={browser.cookies[name].value}"
    return Door(0, cookie, token, str(queue.pk), agency.code, tuple(numbers))


class _Inside(Visitor):
    """The same steps through Django's stack, to count their statements."""

    def __init__(self, door: Door) -> None:
        super().__init__(door, 1)
        self.browser = Client()
        self.last = Recording()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """As over HTTP."""
        headers = {"Authorization": f"Bearer {self.door.token}", "Cookie": self.door.cookie}
        headers.pop("Cookie" if path.startswith("/api/") else "Authorization")
        given: dict[str, Any] = {"headers": headers}
        if body is not None:
            given |= {"data": body, "content_type": "application/json"}
        with recorded() as self.last:
            answer = self.browser.generic(method, path, **given) if body is None else (
                self.browser.post(path, **given))  # fmt: skip
        self.last.status, self.last.body = answer.status_code, answer.content
        self.last.media = answer.headers["Content-Type"]
        return answer.status_code, answer.content


def _statements(door: Door) -> dict[str, int]:
    """How many statements each thing takes, with session and scope."""
    inside, found = _Inside(door), {}
    for what in ("open", *SHARES):
        for _ in range(2):  # the first one of a process reads more
            with CaptureQueriesContext(connection) as asked:
                status = inside.step(what)
            found[what] = len(asked)
        if not 200 <= status < 300:
            raise RuntimeError(f"{what} answered {status}")
    return found


def _recordings(door: Door, many: int) -> dict[str, list[Recording]]:
    """So many of each thing that writes, each in a case of its own, and some of each that reads."""
    inside = _Inside(door)
    inside.people = FEWEST
    found: dict[str, list[Recording]] = {what: [] for what in SHARES}
    while len(found["open"]) < many:
        inside.step("open")
        if not any(CONTACT in each.sql for each in inside.last.statements):
            found["open"].append(inside.last)  # whoever asks is known: a contact is made once
    cases = list(inside.own)
    for what in SHARES:
        for number in cases[-many:] if what in ("answer", "move") else door.numbers[:FEWEST]:
            inside.known, inside.own = [number], {number: "new"}
            if what != "open":
                inside.step(what)
                found[what].append(inside.last)
    return found


def _served(what: str, door: Door, seconds: float, path: str) -> list[Seen]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    here = replace(door, port=port)
    with _server(what, port), multiprocessing.get_context("spawn").Pool(VISITORS) as pool:
        pool.starmap(visit, [(here, 90 + place, 2.0, path) for place in range(VISITORS)])  # warm
        return pool.starmap(visit, [(here, place, seconds, path) for place in range(VISITORS)])


@contextmanager
def _server(what: str, port: int) -> Iterator[None]:
    """The server in processes of its own, once it answers."""
    words = ["commonweal.interfaces.cli", "--data", os.environ["COMMONWEAL_DATA"], "serve",
             "--port", str(port)]  # fmt: skip
    running = subprocess.Popen(
        [sys.executable, "-m", *words], stdout=subprocess.DEVNULL, env=environment(SETTINGS[what])
    )
    try:
        ends = time.monotonic() + PATIENCE
        while not _answers(port):
            if running.poll() is not None or time.monotonic() > ends:
                raise RuntimeError("the server did not come up; see its messages above")
            time.sleep(0.1)
        yield
    finally:
        running.terminate()
        running.wait(30)


def environment(module: str = "commonweal.settings") -> dict[str, str]:
    """The present database's, whatever name it has, and the settings of the server."""
    found = dict(os.environ)
    for variable in ("DATABASE_URL", "DATABASE_APP_URL"):
        if variable in found:
            parts = urlsplit(found[variable])
            path = f"/{connection.settings_dict['NAME']}"
            found[variable] = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
    found["DJANGO_SETTINGS_MODULE"] = module
    return found


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
