"""One good value for every parameter of the API, taken from one agency's own records."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from commonweal.interfaces.api.api import api
from commonweal.interfaces.api.kit.description import METHODS
from commonweal.interfaces.api.tests.desk import DESK, case_samples, hook_samples
from commonweal.interfaces.api.tests.scene import CLOSED, Scene
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import agreements, order, orders
from commonweal.kernel.ledger.public import journals
from commonweal.kernel.party.public import memberships, people
from commonweal.practices.charging.models import CostLine
from commonweal.practices.charging.public import (
    allocation_runs,
    bill,
    bill_document,
    cost_imports,
    forecasts,
    line_costs,
    rates_in_force,
)

PREFIX = "/api/v1"
NOWHERE = "018f0000-0000-7000-8000-000000000000"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation: method, path template, description."""
    schema = api.get_openapi_schema(path_prefix="api/v1/")
    return [
        (method, path, found[method])
        for path, found in schema["paths"].items()
        for method in METHODS
        if method in found
    ]


def samples(scene: Scene, code: str) -> dict[str, str]:
    """Good values by parameter name, from the records of one agency."""
    agency = scene.world.agencies[code]
    with act_as(SYSTEM):
        the_bill = bill(SYSTEM, f"{code}-{CLOSED}")
        an_order = order(SYSTEM, orders(SYSTEM, agency)[0].pk)
        run = allocation_runs(SYSTEM)[0]
        rate = rates_in_force(SYSTEM, CLOSED.first_day)[0]
        a_forecast = forecasts(SYSTEM, 2026, agency_id=agency)[0]
        line = bill_document(the_bill)["lines"][0]["id"]
        found: dict[str, str | UUID] = {
            "agency": code,
            "books": code,
            "chain": code,
            "period": CLOSED.code,
            "number": the_bill.number,
            "bill": the_bill.number,
            "kind": "pdf",
            "line_id": line,
            "agreement_id": agreements(SYSTEM, agency)[0].pk,
            "order_id": an_order.pk,
            "journal_id": journals(SYSTEM, agency)[0].pk,
            "person_id": people(SYSTEM, agency_id=agency)[0].pk,
            "membership_id": memberships(SYSTEM, agency_id=agency)[0].pk,
            "forecast_id": a_forecast.pk,
            "run_id": run.pk,
            "import_id": cost_imports(SYSTEM)[0].pk,
            "ledger_line_id": CostLine.objects.order_by("id").values_list("pk", flat=True)[0],
            "rate": rate.code,
            "rate_id": rate.pk,
            "charge_item": rate.charge_item.code,
            "decision_id": rate.decision_id or NOWHERE,
            "vocabulary": "tower",
            "pool": line_costs(SYSTEM, UUID(line)).parts[0].key.pool,
        }
        found |= case_samples(agency)
        found |= hook_samples(agency)
    fixed = DESK | {
        "fiscal_year": "2026", "first": CLOSED.code, "last": CLOSED.code, "topic": "bills",
        "head": f"0:{'0' * 64}", "format": "hledger",
        "level": "owner", "target": "draft",
        "quarter": "2026-Q1", "service": "payroll", "name": "bills",
    }  # fmt: skip
    return {name: str(value) for name, value in found.items()} | fixed


def address(path: str, operation: dict[str, Any], known: dict[str, str], scene: Scene) -> str:
    """A path with good values, and the query that it needs."""
    special = {
        "/services/{code}": "payroll",
        "/charge-items/{code}": known["charge_item"],
        "/rates/{code}/what-if": known["charge_item"],
        "/cost-pools/{code}/lines": "unassigned",
        f"/bill-lines/{known['line_id']}/costs/{{code}}": known["pool"],
        "/rate-caps/{code}": "overhead",
        "/usage/sources/{code}": "payroll-engine",
        "/usage/sources/{code}/reports": "payroll-engine",
        "/roles/{code}": "auditor",
    }
    query = []
    for parameter in operation["parameters"]:
        name = parameter["name"]
        value = known.get(name, NOWHERE)
        if name == "code":
            value = special[path.removeprefix(PREFIX)]
        if parameter["in"] == "path":
            path = path.replace("{" + name + "}", value)
        elif parameter["required"]:
            query.append(f"{name}={value}")
    return path + ("?" + "&".join(query) if query else "")


def example(form: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """A value that fits a JSON Schema, from its examples and limits: enough for a good body."""
    if "$ref" in form:
        return example(schemas[form["$ref"].rpartition("/")[2]], schemas)
    if form.get("examples"):
        return form["examples"][0]
    for word in ("anyOf", "oneOf"):
        if word in form:
            return example(form[word][0], schemas)
    if "default" in form:
        return form["default"]
    if "enum" in form or "const" in form:
        return form.get("const", form.get("enum", [None])[0])
    return _by_type(form, schemas)


def _by_type(form: dict[str, Any], schemas: dict[str, Any]) -> Any:
    kind = form.get("type")
    if kind == "object":
        needed = form.get("required", [])
        return {
            name: example(part, schemas)
            for name, part in form.get("properties", {}).items()
            if name in needed
        }
    if kind == "array":
        return [example(form["items"], schemas)] if form.get("minItems") else []
    if kind == "string":
        if form.get("format") == "uuid":
            return NOWHERE
        return "a reason long enough to be accepted"[: form.get("maxLength", 100)]
    return {"integer": form.get("minimum", 1), "boolean": True}.get(kind)
