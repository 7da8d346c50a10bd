"""Good addresses of every page and every read of the API, from the records that a centre has.

The bench opens them in a large centre and in a small one; interfaces/web/tests/test_lists.py opens
them with few rows and with many. A new parameter of a list's address gets its value in `values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from commonweal.interfaces.api.api import api
from commonweal.kernel.access.public import SYSTEM, act_as, roles
from commonweal.kernel.casework import public as casework
from commonweal.kernel.catalogue.public import agreements, calendar_versions, calendars, orders
from commonweal.kernel.ledger.public import journals
from commonweal.kernel.metering.public import sources
from commonweal.kernel.notices.public import webhooks
from commonweal.kernel.party.public import memberships, people
from commonweal.kernel.schema.public import Place
from commonweal.practices.charging import public as charging

NOWHERE = "018f0000-0000-7000-8000-000000000000"
"""For parameters without a value here: those of forms and downloads, which are no lists."""
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
LIBRARIES = ("allauth.", "django.")
API = "/api/v1"


@dataclass(frozen=True)
class Page:
    """One address: its route's name, where it leads, and what its view declares."""

    name: str
    path: str
    access: str
    lists: tuple[str, ...] = ()
    report: str = ""


def newest_line() -> Any:
    """The line with the most usage records on the newest bills, with all that it names."""
    month = charging.bills(SYSTEM, place=Place(limit=1))[0].period
    found = charging.BillLine.objects.filter(bill__period=month, kind="usage")
    line = found.select_related("bill", "charge_item__service").order_by("-facts", "id").first()
    if line is None:
        raise RuntimeError("the newest bills have no usage line; close a month with usage first")
    return line


def values() -> dict[str, str]:
    """A good value for each parameter. Where a name means several things: `route:parameter`, or
    `/room/:parameter` for all addresses in a room."""
    with act_as(SYSTEM):
        line = newest_line()
        agency = line.agency_id
        version = line.rate_version
        pools = charging.pool_parts(version)
        order = orders(SYSTEM, agency)[0]
        person = people(SYSTEM, agency_id=agency)[0]
        run = charging.allocation_runs(SYSTEM, "actual")[0]
        found: dict[str, Any] = {
            "agency": line.agency.code,
            "books": line.agency.code,
            "chain": line.agency.code,
            "number": line.bill.number,
            "bill": line.bill.number,
            "period": line.bill.period,
            "first": line.bill.period,
            "last": line.bill.period,
            "fiscal_year": line.bill.period[:4],
            "line_id": line.pk,
            "version": version.code,
            "rate": version.code,
            "pool": pools[0].code if pools else charging.UNASSIGNED,
            "version_id": version.pk,
            "rate_id": version.pk,
            "charge_item": line.charge_item.code,
            "agreement_id": agreements(SYSTEM, agency)[0].pk,
            "order_id": order.pk,
            "import_id": charging.imports(SYSTEM)[0].pk,
            "run_id": run.pk,
            "person_id": person.pk,
            "membership_id": memberships(SYSTEM, agency_id=agency)[0].pk,
            "journal_id": journals(SYSTEM, agency)[0].pk,
            "decision_id": version.decision_id or NOWHERE,
            "agency_id": agency,
            "statement_id": _first(charging.statements(SYSTEM)),
            "entry_id": _first(charging.waiting_payments(SYSTEM)),
            "month": line.bill.period,
            "/agencies/:code": line.agency.code,
            "/books/:code": line.agency.code,
            "/units/:code": line.charge_item.unit_id,
            "/services/:code": line.charge_item.service.code,
            "/items/:code": line.charge_item.code,
            "/sources/:code": sources(SYSTEM)[0].code,
            "public:rate:code": line.charge_item.code,
            "public:what_if:code": line.charge_item.code,
            "/rates/:code": line.charge_item.code,
            "agency:usage_item:code": line.charge_item.code,
            "agency:worth_service:code": line.charge_item.service.code,
            "agency:worth_baseline:code": line.charge_item.service.code,
            "public:money:code": line.agency.code,
            "public:money_csv:code": line.agency.code,
            "centre:pool:code": pools[0].code if pools else charging.UNASSIGNED,
            "centre:ledger_line:line_id": _ledger_line(pools, run),
            "ledger_line_id": _ledger_line(pools, run),
            "/bill-lines/{line_id}/costs/{code}:code": pools[0].code if pools else NOWHERE,
            "centre:role:code": roles(SYSTEM)[0].code,
            **_cost_terms(),
            "/cost-pools/{code}/lines:code": pools[0].code if pools else charging.UNASSIGNED,
            **_case(),
            **_money(),
            **_hours(),
            **_desk(),
            **_plain(),
            **_counter(),
        }
    return {name: str(value) for name, value in found.items()}


def _plain() -> dict[str, Any]:
    """Values that need no record of a service, and a webhook."""
    head = f"0:{'0' * 64}"
    return {"kind": "pdf", "topic": "bills", "webhook_id": _first(webhooks(SYSTEM)), "head": head}


def _desk() -> dict[str, Any]:
    """A case in which something was said, a team, something to ask for and a promise, where the
    centre has them; a word to search for."""
    found: dict[str, Any] = {"text": "printer"}
    said = casework.Interaction.objects.order_by("id").select_related("case").first()
    if said is not None:
        found["case"] = said.case.number
    for name, rows in (
        ("team", casework.teams(SYSTEM)),
        ("category", casework.categories(SYSTEM)),
        ("promise", casework.promises(SYSTEM)),
    ):
        if rows:
            found[name] = rows[0].code
    return found


def _counter() -> dict[str, Any]:
    """An office, what it offers and its kiosk, where the centre has one; the newest of its tickets
    and appointments."""
    for office in casework.offices(SYSTEM):
        offers = casework.office_offers(SYSTEM, office)
        if offers:
            return {
                "office": office.code,
                "office_offer": offers[0].code,
                "offer": offers[0].code,
                "key": office.kiosk_key,
                "appointment_id": _newest(casework.Appointment.objects, office),
                "ticket_id": _newest(casework.Ticket.objects, office),
            }
    return {}


def _newest(rows: Any, office: Any) -> Any:
    found = rows.filter(office=office).order_by("-id").values_list("pk", flat=True).first()
    return found or NOWHERE


def _ledger_line(pools: Any, run: Any) -> Any:
    """A ledger line that an allocation counted."""
    code = pools[0].code if pools else charging.UNASSIGNED
    span = (run.first_period, run.last_period)
    found = charging.cost_pool_lines(SYSTEM, code, *span, place=Place(limit=1))
    return found[0].id if found else NOWHERE


def _cost_terms() -> dict[str, Any]:
    """A capacity and an asset, where the centre has them."""
    found: dict[str, Any] = {}
    for row in charging.capacities(SYSTEM, Place(limit=1)):
        found["capacity_id"] = row.pk
    for view in charging.assets(SYSTEM, Place(limit=1)):
        found["centre:asset:code"] = found["asset"] = view.asset.code
    return found


def _hours() -> dict[str, Any]:
    """A calendar and its newest version."""
    for row in calendars(SYSTEM, Place(limit=1)):
        newest = _first(calendar_versions(SYSTEM, row.pk, Place(limit=1)))
        return {"calendar": row.code, "/calendars/:code": row.code,
                "/calendars/:version_id": newest, "calendar_version_id": newest}  # fmt: skip
    return {}


def _case() -> dict[str, str]:
    """A case in which something was said, where the centre has one."""
    said = casework.Interaction.objects.order_by("id").select_related("case").first()
    return {"/cases/:number": said.case.number} if said else {}


def _money() -> dict[str, str]:
    """A till with a receipt, and a letter, where the centre has them."""
    found = {}
    for till in casework.tills(SYSTEM):
        found["till"] = found["/tills/:code"] = till.code
        for receipt in casework.till_receipts(SYSTEM, till, Place(limit=1)):
            found["receipt"] = found["/receipts/:number"] = receipt.text
    for letter in casework.letters(SYSTEM, Place(limit=1), waiting=True):
        found["letter_id"] = str(letter.pk)
    return found


def _first(rows: Sequence[Any]) -> Any:
    """The id of the first row, or nobody's."""
    return rows[0].pk if rows else NOWHERE


def _routes(
    resolver: Any = None, prefix: str = "/", space: str = ""
) -> Iterator[tuple[str, str, Any]]:
    for entry in (resolver or get_resolver()).url_patterns:
        place = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else ""
            yield from _routes(entry, place, space + inner)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name or place}", place, entry.callback


def _filled(name: str, template: str, parameters: list[str], known: dict[str, str]) -> str:
    for each in parameters:
        room = next(
            (key for key in known if key.endswith(f"/:{each}") and key.split(":")[0] in template),
            "",
        )
        value = known.get(f"{name}:{each}") or known.get(room) or known.get(each)
        template = re.sub(rf"<(?:\w+:)?{each}>|{{{each}}}", value or NOWHERE, template)
    return template


def pages(known: dict[str, str]) -> list[Page]:
    """Every page of our own, from the addresses that are declared."""
    return [
        Page(
            name,
            _filled(name, template, PARAMETER.findall(template), known),
            view.access,
            getattr(view, "lists", ()),
            getattr(view, "report", ""),
        )
        for name, template, view in _routes()
        if not template.startswith("/api/")
        and not getattr(view, "__module__", "").startswith(LIBRARIES)
    ]


def reads(known: dict[str, str]) -> list[Page]:
    """Every list of the API, from its description: what answers with pages."""
    schema = api.get_openapi_schema(path_prefix="api/v1/")
    found = []
    for template, operations in schema["paths"].items():
        operation = operations.get("get")
        if operation is None or not _is_list(operation):
            continue
        name = template.removeprefix(API)
        needed = [each for each in operation["parameters"] if each["in"] == "path"]
        path = _filled(name, template, [each["name"] for each in needed], known)
        query = [
            f"{each['name']}={known[each['name']]}"
            for each in operation["parameters"]
            if each["in"] == "query" and each["required"]
        ]
        where = path + ("?" + "&".join(query) if query else "")
        found.append(Page(name, where, operation["x-access"], (name,)))
    return found


def _is_list(operation: dict[str, Any]) -> bool:
    content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    name = str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return name.startswith("Page") or name == "LineFacts"
