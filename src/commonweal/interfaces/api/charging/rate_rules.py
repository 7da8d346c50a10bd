"""The rules for rates: notice, the freeze within a year, limits set by law."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.catalogue.public import agreements
from commonweal.kernel.party.public import agency as find_agency
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, centre
from ..kit.types import AgencyKey, Code, Day, Exact, In, Out, Page, Text

COSTS, RULES = centre("charging.view_costs"), centre("charging.set_rate_rules")
door = Door("rate-rules", "Notice periods, the freeze within a year, and limits set by law.")


class RulesOut(Out):
    """The rules for rates."""

    notice_days: int
    freeze: bool
    authority_needed: bool
    authority_name: str
    jump_percent: int
    deadline_days: int


class RulesIn(In):
    """The rules for rates from now on."""

    notice_days: int = Field(0, ge=0, le=730)
    freeze: bool = False
    authority_needed: bool = False
    authority_name: Annotated[Text, Field(max_length=120)] = ""
    jump_percent: int = Field(25, ge=1, le=1000)
    deadline_days: int = Field(0, ge=0, le=730)


class NoticeIn(In):
    """An agreement's own notice of rates."""

    agency: AgencyKey
    agreement: Annotated[str, Field(max_length=40)]
    days: int = Field(ge=0, le=730)


class NoticeOut(Out):
    """An agreement's own notice of rates, in days."""

    agreement_id: UUID
    agency_id: UUID
    days: int


class CapIn(In):
    """A limit set by law: of rates (major units) or of overhead (a share of 1)."""

    kind: Literal["rate", "overhead"]
    limit: Exact
    source: Annotated[Text, Field(max_length=200)]
    starts: Day
    ends: Day | None = None
    service: Annotated[str, Field(max_length=60)] = ""
    charge_item: Annotated[str, Field(max_length=60)] = ""
    refuse: bool = True


class CapOut(Out):
    """A limit."""

    code: str
    kind: str
    limit: Exact
    source: str
    starts: Day
    ends: Day | None
    service: str | None
    charge_item: str | None
    refuse: bool


@door.get("/rate-rules", access=COSTS, returns=RulesOut)
def read_rules(request: Asked) -> dict[str, Any]:
    """The rules for rates that hold now."""
    return _rules(charging.rate_rules(request.actor))


def _rules(rules: charging.Rules) -> dict[str, Any]:
    return {
        "notice_days": rules.notice_days,
        "freeze": rules.freeze,
        "authority_needed": rules.authority_needed,
        "authority_name": rules.authority_name,
        "jump_percent": int(rules.jump * 100),
        "deadline_days": rules.deadline_days,
    }


@door.put("/rate-rules", access=RULES, returns=RulesOut)
def set_rules(request: Asked, data: RulesIn) -> charging.RateRule:
    """Set the rules for rates from now on."""
    return charging.set_rate_rules(actor=request.actor, **data.model_dump())


@door.put("/rate-rules/agreements", access=RULES, returns=NoticeOut)
def set_agreement_notice(request: Asked, data: NoticeIn) -> charging.AgreementNotice:
    """Set an agreement's own notice of rates; the longer of it and the centre's counts."""
    own = find_agency(request.actor, data.agency)
    rows = agreements(request.actor, own.pk)
    found = next((row for row in rows if data.agreement in (row.number, str(row.pk))), None)
    return charging.set_agreement_notice(
        actor=request.actor, agreement_id=found.pk if found else own.pk, days=data.days
    )


def _cap(row: charging.RateCap) -> dict[str, Any]:
    plain = ("code", "kind", "limit", "source", "starts", "ends", "refuse")
    return {
        **{name: getattr(row, name) for name in plain},
        "service": row.service.code if row.service else None,
        "charge_item": row.charge_item.code if row.charge_item else None,
    }


@door.get("/rate-caps", access=COSTS, returns=Page[CapOut])
def list_caps(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Limits of rates and of overhead, the newest first."""
    rows = [_cap(row) for row in charging.rate_caps(request.actor)]
    return paging.part_of(rows, after, limit, lambda row: f"{row['code']}|{row['starts']}")


@door.put("/rate-caps/{code}", access=RULES, returns=CapOut)
def put_cap(
    request: Asked, code: Annotated[Code, Field(max_length=40)], data: CapIn
) -> dict[str, Any]:
    """Set a limit that law or a resolution puts on rates or overhead, or change it."""
    return _cap(charging.put_rate_cap(actor=request.actor, code=code, **data.model_dump()))
