"""Every page of the workspace with the addresses that the small world has for it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.urls import urlpatterns
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.models import CalendarVersion
from commonweal.kernel.notices import public as notices
from commonweal.kernel.party import public as party
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import Capacity, CostLine

LISTS = (
    "director", "bills", "queries", "rates", "proposals", "forecasts", "costs", "imports", "model",
    "allocations", "allocation_method", "terms", "towers", "capacities", "assets", "agreements",
    "to_sign",
    "intake", "deliveries", "quarantine", "people",
    "delegations", "roles", "approvers", "agencies", "suppliers", "audit", "jobs",
    "recovery", "recovery_decisions", "adjustments", "reductions", "entries", "limits", "packages",
    "room", "reviews", "build_ups", "scenarios", "budget_figures", "rate_rules", "webhooks",
)  # fmt: skip
PLAIN = (*LISTS, "new_build_up", "new_scenario", "compare", "rate_rules_change", "rate_cap",
         "rate_notice", "new_webhook", "webhook_events", "propose", "new_import", "new_agreement",
         "upload", "new_person",
         "audit_check")  # fmt: skip


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
        cost = CostLine.objects.order_by("id")[0]
        capacity = Capacity.objects.values_list("pk", flat=True)[0]
        order = world.open_order
        line = world.line()
        version = line.rate_version
        running = line.order_line.order_id
        agreement = line.order_line.order.agreement_id
        person = world.actors["parks"].person_id
        hours = CalendarVersion.objects.filter(calendar__code="office").values_list("pk", flat=True)
    build, scenario = planned(world)
    hook = hooked(world, "admin", party.centre().agency_id)
    known = {
        "one_upload": [run.pk], "cost_file": [file.pk],
        "close_month": ["2026-10"], "close_start": ["2026-11"], "close_next": ["2026-11"],
        "credit_decide": [run.pk],
        "explain": [run.pk], "close_decide": ["2026-11"], "close_stop": ["2026-11"],
        "decide": [version.pk],
        "withdraw_rate": [version.pk], "import": [file.pk],
        "rejected": [file.pk], "pool": ["security"], "ledger_line": [cost.pk],
        "capacity": [capacity], "capacity_change": [capacity],
        "asset": ["san"], "asset_dispose": ["san"],
        "allocation": [run.pk],
        "agreement": [agreement], "new_order": [agreement], "order": [order],
        "end_agreement": [agreement], "modify_order": [running], "end_order": [running],
        "ending": [world.open_ending],
        "agency": [world.agencies["PARKS"]], "agency_account": [world.agencies["PARKS"]],
        "agency_payments": [world.agencies["PARKS"]], "invoicing": [world.agencies["PARKS"]],
        "public_face": [world.agencies["PARKS"]],
        "payment": [run.pk], "statement": [run.pk],
        "upload_rows": [run.pk], "tried_rows": [run.pk],
        "person": [person], "role": ["director"],
        "recovery_service": ["helpdesk"], "recovery_tests": ["helpdesk"], "adjust": ["helpdesk"],
        "recovery_decide": [run.pk], "adjustment": [run.pk], "adjustment_file": [run.pk],
        "carry_out": [run.pk], "package_file": [run.pk], "review": ["2026-Q3"],
        "review_file": ["2026-Q3"], "sample": [run.pk], "sample_zip": [run.pk],
        "room_one": [run.pk], "room_end": [run.pk], "samples": [run.pk],
        "room_overrides": [run.pk], "room_pairs": [run.pk],
        "room_population": [run.pk, "bills"], "room_csv": [run.pk, "bills"],
        "calendar": ["office"], "calendar_version": [hours[0]],
         "build_up": [build.pk], "webhook": [hook.pk],
        "scenario": [scenario.pk], "publish_scenario": [scenario.pk],
        "propose_scenario": [scenario.pk],
    }  # fmt: skip
    return {
        pattern.name: reverse(f"centre:{pattern.name}", args=known.get(pattern.name))
        for pattern in urlpatterns
    }


LINES = [
    {"kind": "position", "name": "Agent", "count": "2", "salary": "60000",
     "source": "Staffing plan", "reason": "Cases are answered"},
    {"kind": "pool", "name": "Premises", "amount": "12000", "source": "Budget",
     "reason": "Desks", "overhead": True},
]  # fmt: skip


def hooked(world: World, who: str, agency_id: UUID) -> notices.WebhookSubscription:
    """A webhook of somebody's, with a test that arrived, one that failed and one that waits."""
    actor = world.actors[who]
    with act_as(actor):
        hook, _key = notices.create_webhook(
            actor=actor, agency_id=agency_id, name="The desk's screen",
            url="https://hooks.meridian.org/commonweal",
            types=["commonweal.case.opened.v1", "commonweal.case.closed.v1"],
        )  # fmt: skip
        for state, status, error in (
            ("delivered", 204, ""), ("failed", 503, "status"), ("waiting", None, "")
        ):  # fmt: skip
            made = notices.test_webhook(actor=actor, webhook_id=hook.pk)
            made.state, made.last_status, made.last_error = state, status, error
            made.attempts, made.milliseconds = (8, 120) if status else (0, None)
            made.save()
    return hook


def planned(world: World) -> tuple[charging.RateBuild, charging.Scenario]:
    """A build-up and a scenario of the next year, which is published to the agencies."""
    owner = world.actors["owner"]
    with act_as(owner):
        build = charging.put_build_up(
            actor=owner, service="helpdesk", fiscal_year=2028, lines=LINES,
            items=[{"item": "helpdesk.case", "volume": "22000", "volume_reason": "Trend"}],
        )  # fmt: skip
        known = charging.scenarios(owner)
        if known:
            return build, known[0]
        scenario = charging.put_scenario(
            actor=owner, name="Cases recover their cost", fiscal_year=2028,
            assumptions={"prices": {"helpdesk.case": "recover"}},
        )  # fmt: skip
        charging.publish_scenario(
            actor=owner, scenario_id=scenario.pk, comment_until=date(2027, 1, 31),
            reason="Wages rise by the award.",
        )  # fmt: skip
    return build, scenario
