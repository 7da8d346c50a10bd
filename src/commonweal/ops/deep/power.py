"""Losses of power: every file that a committed row names is whole afterwards."""

from __future__ import annotations

import csv
import hashlib
import random
from collections import Counter
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.documents.public import store
from commonweal.kernel.metering import public as metering

from .centre import AGENCIES, usage
from .children import Child, Marks, in_child
from .disk import Disk
from .plan import Plan

MONTHS = tuple(f"2024-{month:02d}" for month in range(1, 13))
ROWS = 40
LOSS_SHARE = 0.7
YOUNG = 10
"""Rounds that begin with an empty data folder; no month is sealed in them."""


class Power:
    """The campaign: work that writes files, a kill at any point between, often a loss of power."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.site, self.result = plan, plan.site, plan.result
        self.folder = self.site.work / "power"
        self.folder.mkdir()
        self.marks = Marks(self.folder / "marks")
        self.lost: set[str] = set()
        self.kinds: dict[str, list[str]] = {}
        self.sealed = 0

    def run(self) -> None:
        """Die, lose, look; again and again. A lost file is named once."""
        self.centre = self.plan.centre("power", self.folder / "built")
        self.plan.begin()
        number = 0
        while self.plan.goes_on():
            self.round(number)
            number += 1
            if number % 25 == 0:
                self.plan.say(f"{self.result.total_kills} kills, {len(self.kinds)} kinds of loss")
        for kind, paths in sorted(self.kinds.items()):
            self.result.found(f"after a loss of power {kind}: {len(paths)}, first {paths[0]}")
        self.result.count("operations acknowledged", len(self.marks.read()[0]))

    def renew(self, number: int) -> None:
        """Work in a data folder as empty as a new installation's: no folder is there yet."""
        self.data = self.folder / f"data{number}"
        self.site.use("power", self.data)
        self.disk = Disk(self.data, self.folder / f"aside{number}")
        self.disk.take_all()
        before, self.sealed = in_child(partial(_damaged, self.data), self.folder)
        # What lies in the folders before; by path alone, for its folder may come to be here too.
        self.lost = {found.partition(": ")[2] for found in before.keys() - {"compared"}}

    def round(self, number: int) -> None:
        """One process that works and dies; perhaps a loss; then everything is compared."""
        chance = self.plan.chance
        if number < YOUNG:
            self.renew(number)
        die_at = chance.randint(1, 90) if chance.random() < 0.8 else 0
        work = partial(self.work, number, chance.getrandbits(32), die_at)
        child = Child(work, self.folder / "power.log")
        if not die_at:
            child.wait(0.2)
            self.plan.pause(0.4)
        child.wait(30 if die_at else 0)
        if child.kill() or child.code == -9:
            self.result.killed("writer", self.marks.read()[1])
        if child.failure:
            self.result.found(f"a writer failed: {child.failure}")
        if number < YOUNG or chance.random() < LOSS_SHARE:
            self.lose()
            self.look()

    def lose(self) -> None:
        """PostgreSQL dies with its children, and our files go back to what was synced."""
        if self.plan.chance.random() < 0.1:
            self.plan.kill_database()
            self.site.start_server()
        self.site.quiet("power")
        mixed = self.plan.chance.random() < 0.5
        chance = random.Random(self.plan.chance.getrandbits(32)) if mixed else None
        self.result.count("unsynced changes dropped", self.disk.lose_power(chance))
        self.result.count("power losses, mixed" if mixed else "power losses, strict")

    def look(self) -> None:
        """Compare every committed row with its file."""
        files, self.sealed = in_child(partial(_damaged, self.data), self.folder)
        self.result.count("files compared", files["compared"])
        for found in sorted(files.keys() - {"compared"}):
            kind, _, path = found.partition(": ")
            if path not in self.lost:
                self.lost.add(path)
                self.kinds.setdefault(kind, []).append(path)

    def work(self, number: int, seed: int, die_at: int) -> None:
        """In the child: write papers, uploads and months until it dies."""
        chance = random.Random(seed)
        self.disk.install(die_at)
        for step in range(12):
            mark = number * 100 + step
            self.marks.begin(mark)
            draw = chance.random() * (0.75 if number < YOUNG else 1)
            if draw < 0.4:
                self.paper(chance)
            elif draw < 0.75:
                self.upload(chance, mark)
            else:
                self.month(chance, mark)
            self.marks.done(mark)

    def paper(self, chance: random.Random) -> None:
        """Keep a document of some agency."""
        agency_id = self.centre.agencies[chance.choice(AGENCIES)]
        data = chance.randbytes(chance.choice((10, 5_000, 70_000)))
        with act_as(SYSTEM):
            store(
                actor=SYSTEM, agency_id=agency_id, owner=("party.Agency", agency_id), kind="deep",
                filename="deep.bin", media_type="application/octet-stream", data=data,
            )  # fmt: skip

    def upload(self, chance: random.Random, mark: int) -> None:
        """Take in a file in which every fourth row is wrong, so that its problems are listed."""
        path = self.folder / f"usage-{mark}.csv"
        with path.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("id", "agency", "charge_item", "quantity", "unit", "from", "to"))
            for row in range(ROWS):
                day = f"2025-0{1 + row % 9}-0{1 + row % 9}"
                quantity = "many" if row % 4 == 0 else str(chance.randint(1, 99))
                agency = chance.choice(AGENCIES)
                times = (f"{day}T10:00:00Z", f"{day}T11:00:00Z")
                writer.writerow(
                    (f"u{mark}-{row}", agency, "payroll.payslip", quantity, "C62", *times)
                )
        metering.submit_file(actor=SYSTEM, source="payrun", path=path, kind="csv")

    def month(self, chance: random.Random, mark: int) -> None:
        """Usage of the next open month, its partitions, rated lines, and its sealing."""
        if self.sealed >= len(MONTHS):
            return self.paper(chance)
        month = MONTHS[self.sealed]
        facts = [
            usage(agency, "payroll.payslip", f"p{mark}-{agency}", Decimal(3), month)
            for agency in AGENCIES
        ]
        with act_as(SYSTEM):
            metering.emit(actor=SYSTEM, source="payrun", facts=facts)
        with act_as(SYSTEM):
            metering.freeze_period(actor=SYSTEM, period=month)
            metering.write_partitions(actor=SYSTEM, period=month)
        lines = chance.randbytes(3_000)
        for code in AGENCIES:
            with act_as(SYSTEM):
                metering.put_rated(
                    actor=SYSTEM, agency_id=self.centre.agencies[code], period=month, rows=1,
                    write=lambda path: _write(path, lines),
                )  # fmt: skip
        if chance.random() < 0.4:
            with act_as(SYSTEM):
                metering.seal_period(actor=SYSTEM, period=month)
            self.sealed += 1


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _damaged(data: Path) -> tuple[Counter[str], int]:
    """Files that committed rows name and that are missing or differ; how many were compared."""
    found: Counter[str] = Counter()
    for path, sha256 in _rows("SELECT 'documents/' || path, sha256 FROM documents_document"):
        _compare(found, data, "the document", path, sha256)
    for kind, path, sha256 in _rows("SELECT kind, path, sha256 FROM metering_partition"):
        _compare(found, data, f"the {kind} file", path, sha256)
    for path, size, refused in _rows(
        "SELECT problems_path, problems_bytes, rejected FROM metering_upload "
        "WHERE problems_bytes > 0"
    ):
        place = data / path
        kept = place.read_bytes()[:size] if place.is_file() else b""
        found["compared"] += 1
        if len(kept) != size or kept.count(b"\r\n") != refused + 1:
            found[f"the problem file of an upload is {_state(place)}: {path}"] += 1
    ((sealed,),) = _rows("SELECT count(*) FROM metering_periodstate WHERE state = 'sealed'")
    return found, int(sealed)


def _compare(found: Counter[str], data: Path, what: str, path: str, sha256: str) -> None:
    place = data / path
    found["compared"] += 1
    if not place.is_file() or hashlib.sha256(place.read_bytes()).hexdigest() != sha256:
        found[f"{what} is {_state(place)}: {path}"] += 1


def _state(place: Path) -> str:
    """Damaged, missing, or missing with folders above it."""
    if place.exists():
        return "damaged"
    return "missing" if place.parent.exists() else "missing with its folder"


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def run(plan: Plan) -> None:
    """The campaign."""
    Power(plan).run()
