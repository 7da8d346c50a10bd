"""A small centre for the tests of the interfaces: the demo's people, one month closed, one open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client

from commonweal.interfaces.api.tests.desk import build_desk
from commonweal.kernel.access.public import OWN_ACCOUNT, SYSTEM, Actor, act_as, create_token
from commonweal.kernel.audit.public import seal
from commonweal.kernel.calendar.public import FiscalPeriod, add_working_days, at
from commonweal.kernel.metering.public import emit, report_source
from commonweal.kernel.party import public as party
from commonweal.ops.demo.agreements import build_agreements
from commonweal.ops.demo.build import moment
from commonweal.ops.demo.data import SOURCES
from commonweal.ops.demo.money import build_cost_model, fiscal_year_start, import_month
from commonweal.ops.demo.people import World, build_catalogue, build_parties
from commonweal.ops.demo.rates import decide_rates
from commonweal.ops.demo.usage import usage_of
from commonweal.practices.charging.public import (
    CloseOptions,
    advance_close,
    approve_bills,
    publish_money,
)

CLOSED = FiscalPeriod(2025, 9)
OPEN = CLOSED.shift(1)
A, B = "LWD", "DOT"


@dataclass
class Scene:
    """The world and a bearer token for each kind of person."""

    world: World
    tokens: dict[str, str]

    def actor(self, name: str) -> Actor:
        """The actor of a person, such as `finance_officer:` or `agency_finance:LWD`."""
        return self.world.actors[name]

    def client(self, name: str = "") -> Client:
        """A client that calls with this person's token; none: without any."""
        headers = {"authorization": f"Bearer {self.tokens[name]}"} if name else {}
        return Client(headers=headers, raise_request_exception=False)


BUILT: dict[str, Scene] = {}
"""Scenes of this process by the name of their database."""


def build_scene() -> Scene:
    """Everything committed; some seconds."""
    start = fiscal_year_start(CLOSED.first_day)
    begin = start - timedelta(days=120)
    with at(moment(begin)):
        world = build_parties(begin)
        build_catalogue(world)
        build_cost_model(world)
        _invoices()
    with at(moment(start - timedelta(days=75))):
        for step in range(12):
            import_month(world, FiscalPeriod.of_date(start).shift(step), Decimal(1), "budget")
    with at(moment(start - timedelta(days=60))):
        decide_rates(world, start, 0)
    with at(moment(start - timedelta(days=20))):
        build_agreements(world, start, start)
    _use(world, CLOSED)
    _close(world)
    _use(world, OPEN)
    build_desk(world, A, B)
    return Scene(world, _tokens(world))


def _invoices() -> None:
    """The centre and its agencies say what electronic invoices need."""
    said = {"legal_name": "Meridian", "city": "Meridian", "country": "US",
            "endpoint_scheme": "9959", "endpoint_id": "12-3456789"}  # fmt: skip
    seller = {"registration_id": "1", "vat_category": "O", "vat_reason": "Not subject to VAT"}
    with act_as(SYSTEM):
        own = party.centre().agency_id
        for agency in party.agencies(SYSTEM, kind=""):
            fields = said | seller if agency.pk == own else said
            party.put_invoice_details(actor=SYSTEM, agency_id=agency.pk, fields=fields)


def _use(world: World, period: FiscalPeriod) -> None:
    finance = world.of("finance_officer")
    with at(moment(period.end_day, 7)):
        found: dict[str, list[Any]] = {code: [] for code, _, _ in SOURCES}
        for source, usage in usage_of(world, period, OPEN, "small"):
            found[source].append(usage)
        for source, facts in found.items():
            with act_as(finance):
                emit(actor=finance, source=source, facts=facts[:850])
                report_source(
                    actor=finance,
                    source=source,
                    period=period.code,
                    control_count=len(facts[:850]),
                    control_total=sum((each.quantity for each in facts[:850]), Decimal(0)),
                )
        import_month(world, period, Decimal(1), "actual")


def _close(world: World) -> None:
    finance = world.of("finance_officer")
    day = add_working_days(CLOSED.end_day, 2)
    with at(moment(day)):
        options = CloseOptions(preview_days=0, preview_reason="The tests do not wait")
        advance_close(finance, CLOSED.code, options)
        director = world.of("director")
        with act_as(director):
            approve_bills(actor=director, period=CLOSED.code)
            publish_money(
                actor=director, agency_id=world.agencies[A], published=True,
                reason="Decided by the council.",
            )  # fmt: skip
        advance_close(finance, CLOSED.code, options)
        with act_as(finance):
            seal()


def _tokens(world: World) -> dict[str, str]:
    found = {}
    for name, actor in world.actors.items():
        scopes = sorted({OWN_ACCOUNT, *(permission for permission, _ in actor.grants)})
        with act_as(SYSTEM):
            _, found[name] = create_token(actor=actor, name="test", scopes=scopes, days=90)
    return found
