"""Opening the demo: the database brought up, the centre built once, and a report of it."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.documents.public import documents_of, open_document
from commonweal.kernel.errors import CommonwealError
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound, Place
from commonweal.practices.charging.public import bills, verifier_source

from ..schema import migrate, sync
from .build import MONTHS, SHOWN, After, build, nothing
from .data import AGENCIES, CENTRE, PEOPLE
from .people import password_for

Say = Callable[[str], None]
LEFT_BY_BUILDING = ("demo", "documents", "mail", "scratch", "usage")


class DemoError(CommonwealError):
    """The demo cannot be opened as asked."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Millions of rows are made and dropped, hardly one of them in a circle: looking for circles
    after every few hundred took a twelfth of the building's time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def last_full_month(as_of: str) -> FiscalPeriod:
    """The month given, or the last one that has ended."""
    if as_of:
        return FiscalPeriod.parse(as_of)
    return FiscalPeriod.of_date(datetime.now(UTC).date()).shift(-1)


def open_demo(
    size: str, as_of: str, port: int, say: Say, months: int = MONTHS, after: After = nothing
) -> dict[str, Any]:
    """Build the demo if this data folder has none, and report it; `after`: done after each month.

    One whose building was interrupted is built anew: history cannot be built half.
    """
    state = Path(settings.DATA_DIR) / "demo.json"
    last = last_full_month(as_of)
    known = json.loads(state.read_text()) if state.exists() else None
    if known and known["state"] == "building":
        say("The last building was interrupted: beginning again")
        clear_away()
        known = None
    if known is None:
        Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
        say("Database")
        migrate()
        _require_no_centre()
        state.write_text(json.dumps({"state": "building", "size": size, "as_of": last.code}))
        with seldom_collected():
            build(last, size, say, months, after)
        state.write_text(json.dumps({"state": "built", "size": size, "as_of": last.code}))
    elif (known["size"], known["as_of"]) != (size, last.code) and as_of:
        raise DemoError(
            "DEMO-101",
            f"This folder holds a {known['size']} demo up to {known['as_of']}. Choose another "
            "folder with --data.",
        )
    else:
        last = FiscalPeriod.parse(known["as_of"])
    sync()
    return report(last, port)


def _require_no_centre() -> None:
    """A demo is never mixed into a database that already holds a centre."""
    try:
        found = centre()
    except NotFound:
        return
    raise DemoError(
        "DEMO-103",
        f"This database already holds “{found.name}”. Choose another folder with --data, or unset "
        "DATABASE_URL.",
    )


def clear_away() -> None:
    """Remove a half-built demo: the tables, and the files of the data folder but its secrets.

    Only ever called where the state file says that the demo itself began here, on an empty
    database.
    """
    connection = connections["owner"]
    connections["default"].close()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    for name in LEFT_BY_BUILDING:
        shutil.rmtree(Path(settings.DATA_DIR) / name, ignore_errors=True)
    (Path(settings.DATA_DIR) / "demo.json").unlink()


def report(last: FiscalPeriod, port: int) -> dict[str, Any]:
    """What a script wants to know of the demo."""
    with act_as(SYSTEM):
        issued = bills(SYSTEM, period=last.code, place=Place(limit=200))
        total = sum(bill.total_minor for bill in issued)
        shown = next(bill for bill in issued if bill.agency.code == SHOWN)
        pack = next(
            paper
            for paper in documents_of(SYSTEM, ("charging.Bill", shown.id))
            if paper.kind == "pack"
        )
        data = open_document(SYSTEM, pack.id)
    folder = Path(settings.DATA_DIR) / "demo"
    folder.mkdir(exist_ok=True)
    (folder / pack.filename).write_bytes(data)
    (folder / "check_bill.py").write_bytes(verifier_source())
    return {
        "url": f"http://127.0.0.1:{port}/",
        "logins": [
            {"role": label, "user": email, "password": password_for(email)}
            for label, _, email, _, _ in PEOPLE
        ],
        "period": last.code,
        "agencies": len(AGENCIES),
        "bills": len(issued),
        "total": str(Decimal(Money(total, str(CENTRE["currency"])).decimal)),
        "currency": CENTRE["currency"],
        "proof_pack": str((folder / pack.filename).resolve()),
        "verifier": str((folder / "check_bill.py").resolve()),
    }
