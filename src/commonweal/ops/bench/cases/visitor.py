"""Somebody who works with cases over HTTP, in a process of its own; without Django."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

SHARES = {"list": 25, "case page": 25, "API list": 10, "API case": 10, "open": 12, "answer": 12,
          "move": 6}  # fmt: skip
NEXT = {"new": "in_progress", "in_progress": "waiting_requester",
        "waiting_requester": "in_progress"}  # fmt: skip


@dataclass(frozen=True)
class Door:
    """Where to knock, and as whom."""

    port: int
    cookie: str
    token: str
    queue: str
    agency: str
    numbers: tuple[str, ...]
    same: bool = False
    """The same things asked of the recorded pages, served bare."""


@dataclass
class Seen:
    """What one visitor did: how often and how long each, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)


class Visitor:
    """One keep-alive connection, and the cases that this visitor opened, by state."""

    def __init__(self, door: Door, seed: int) -> None:
        self.door, self.chance = door, random.Random(seed)
        self.line = http.client.HTTPConnection("127.0.0.1", door.port, timeout=60)
        self.own: dict[str, str] = {}
        self.known = list(door.numbers)
        self.what = ""
        self.people = 500

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """A page with the cookie, or an API call with the token."""
        api = path.startswith("/api/")
        path = f"/same/{quote(self.what)}/" if self.door.same else path
        headers = {"Authorization": f"Bearer {self.door.token}"} if api else {
            "Cookie": self.door.cookie}  # fmt: skip
        text = json.dumps(body) if body is not None else None
        if text is not None:
            headers["Content-Type"] = "application/json"
        try:
            self.line.request(method, path, text, headers)
            answer = self.line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.line.close()
            return 0, b""

    def step(self, what: str) -> int:
        """One thing; its status."""
        chance, number = self.chance, self.chance.choice(self.known)
        self.what = "open" if what == "move" and not self.own else what
        if what == "list":
            return self.ask("GET", f"/centre/cases/?show=queue&queue={self.door.queue}")[0]
        if what == "case page":
            return self.ask("GET", f"/centre/cases/{number}/")[0]
        if what == "API list":
            return self.ask("GET", "/api/v1/cases?show=queue&queue=helpdesk&limit=50")[0]
        if what == "API case":
            return self.ask("GET", f"/api/v1/cases/{number}")[0]
        if what == "answer":
            return self.ask("POST", f"/api/v1/cases/{number}/answers",
                            {"text": "Please restart it and tell us."})[0]  # fmt: skip
        if what == "move" and self.own:
            mine = chance.choice(list(self.own))
            state = NEXT[self.own[mine]]
            status, _ = self.ask("POST", f"/api/v1/cases/{mine}/move", {"state": state})
            self.own[mine] = state
            return status
        return self._open()

    def _open(self) -> int:
        address = f"ana{self.chance.randrange(self.people)}@x.example"
        status, body = self.ask("POST", "/api/v1/cases", {
            "agency": self.door.agency, "category": "printer", "subject": "It prints nothing",
            "text": "It blinks.", "channel": "phone",
            "contact": {"name": "Ana Ruiz", "email": address},
        })  # fmt: skip
        if status == 201:
            case = json.loads(body)["case"]
            self.own[case["number"]] = case["state"]
            self.known.append(case["number"])
        return status


def visit(door: Door, seed: int, seconds: float, bare: str) -> Seen:
    """So long: everything by its share, or (with `bare`, a path) one page again and again."""
    visitor, seen = Visitor(door, seed), Seen()
    kinds = [bare] if bare else list(SHARES)
    weights = [1] if bare else list(SHARES.values())
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        (what,) = visitor.chance.choices(kinds, weights)
        began = time.perf_counter()
        status = visitor.ask("GET", bare)[0] if bare else visitor.step(what)
        seen.times.setdefault(what, []).append(time.perf_counter() - began)
        if not 200 <= status < 300:
            seen.wrong[f"{what}: {status or 'no answer'}"] += 1
    return seen
