"""Opening the demo: the database brought up, the centre built once, and a report of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.documents.public import documents_of, open_document
from commonweal.kernel.errors import CommonwealError
from commonweal.kernel.money.public import Money
from commonweal.practices.charging.public import bills, verifier_source

from ..schema import migrate, sync
from .build import MONTHS, SHOWN, build
from .data import AGENCIES, CENTRE, PEOPLE
from .people import password_for

Say = Callable[[str], None]


class DemoError(CommonwealError):
    """The demo cannot be opened as asked."""


def last_full_month(as_of: str) -> FiscalPeriod:
    """The month given, or the last one that has ended."""
    if as_of:
        return FiscalPeriod.parse(as_of)
    return FiscalPeriod.of_date(datetime.now(UTC).date()).shift(-1)


def open_demo(size: str, as_of: str, port: int, say: Say, months: int = MONTHS) -> dict[str, Any]:
    """Build the demo if this data folder has none, and report it.

    A folder whose building was interrupted says so: history cannot be built half.
    """
    state = Path(settings.DATA_DIR) / "demo.json"
    last = last_full_month(as_of)
    if state.exists():
        known = json.loads(state.read_text())
        if known["state"] == "building":
            raise DemoError(
                "DEMO-102",
                f"The demo in {settings.DATA_DIR} was interrupted while it was built. Stop it with "
                "`./run stop`, delete that folder, and start again.",
            )
        if (known["size"], known["as_of"]) != (size, last.code) and as_of:
            raise DemoError(
                "DEMO-101",
                f"This folder holds a {known['size']} demo up to {known['as_of']}. Choose another "
                "folder with --data.",
            )
        last = FiscalPeriod.parse(known["as_of"])
    else:
        Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
        say("Database")
        migrate()
        state.write_text(json.dumps({"state": "building", "size": size, "as_of": last.code}))
        build(last, size, say, months)
        state.write_text(json.dumps({"state": "built", "size": size, "as_of": last.code}))
    sync()
    return report(last, port)


def report(last: FiscalPeriod, port: int) -> dict[str, Any]:
    """What a script wants to know of the demo."""
    with act_as(SYSTEM):
        issued = bills(SYSTEM, period=last.code, limit=200)
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
