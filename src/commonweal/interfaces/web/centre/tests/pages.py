"""Every page of the workspace with the addresses that the small world has for it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.urls import urlpatterns
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging import public as charging

LISTS = (
    "director", "bills", "queries", "rates", "proposals", "forecasts", "costs", "imports", "model",
    "allocations", "agreements", "to_sign", "intake", "deliveries", "quarantine", "people",
    "delegations", "roles", "approvers", "agencies", "suppliers", "audit", "jobs",
)  # fmt: skip
PLAIN = (*LISTS, "propose", "new_import", "new_agreement", "upload", "new_person", "audit_check")


def text_of(response: Any, status: int = 200) -> str:
    """The page as text, after checking that it is one."""
    assert response.status_code == status, response.content.decode()[:3000]
    return " ".join(response.content.decode().split())


def addresses(world: World) -> dict[str, str]:
    """Name of each page and one address of it."""
    director = world.actors["director"]
    with act_as(SYSTEM):
        run = charging.allocation_runs(director)[0]
        file = charging.imports(director)[0]
        order = world.open_order
        line = world.line()
        version = line.rate_version
        running = line.order_line.order_id
        agreement = line.order_line.order.agreement_id
        person = world.actors["parks"].person_id
    known = {
        "one_upload": [run.pk], "cost_file": [file.pk],
        "close_month": ["2026-10"], "close_start": ["2026-11"], "close_next": ["2026-11"],
        "credit_decide": [run.pk],
        "explain": [run.pk], "close_decide": ["2026-11"], "close_stop": ["2026-11"],
        "decide": [version.pk],
        "withdraw_rate": [version.pk], "import": [file.pk],
        "rejected": [file.pk], "pool": ["security"], "allocation": [run.pk],
        "agreement": [agreement], "new_order": [agreement], "order": [order],
        "end_agreement": [agreement], "modify_order": [running], "end_order": [running],
        "ending": [world.open_ending],
        "agency": [world.agencies["PARKS"]], "upload_rows": [run.pk], "tried_rows": [run.pk],
        "person": [person], "role": ["director"],
    }  # fmt: skip
    return {
        pattern.name: reverse(f"centre:{pattern.name}", args=known.get(pattern.name))
        for pattern in urlpatterns
    }
