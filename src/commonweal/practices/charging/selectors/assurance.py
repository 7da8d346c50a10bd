"""What an auditor asks beside populations: overrides, pairs who approve each other, rights held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor, ApiToken, Elevation, require
from commonweal.kernel.audit.public import last_acts
from commonweal.kernel.authority.public import Decision
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.ledger.public import LedgerPeriod
from commonweal.kernel.party.public import Delegation, Membership, centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..models import (
    AccessReview,
    CloseRun,
    CloseStep,
    CostImport,
    PriceReduction,
    RateVersion,
    RecoveryRule,
)
from .room import engagement

REVIEW = "charging.sign_review"
SEEN = ("charging.sign_review", "charging.read_room")
ALWAYS = 3
"""From so many decisions on, a pair that decides only for each other is pointed out."""


@dataclass(frozen=True)
class Override:
    """Something that went round the usual rule, when, by whom (an opaque account) and why."""

    kind: str
    at: str
    what: str
    by: UUID | None
    reason: str
    decision_id: UUID | None = None

    def title(self) -> str:
        """What kind of thing it is, in words."""
        return override_words(self.kind)


def override_words(kind: str) -> str:
    """A kind of override in words."""
    return {
        "elevation": _("More permissions taken for a time"),
        "reduction": _("Reduced price"),
        "limit": _("Another limit of recovery"),
        "rate": _("Rate set for a reason"),
        "skipped": _("Months left open"),
        "no_costs": _("Closed without ledger costs"),
        "waived": _("Closed without a source's report"),
        "preview": _("Less time to look at bills"),
        "disputed": _("Issued although lines were disputed"),
        "late_costs": _("Costs of closed months"),
        "reopened": _("Month of the books reopened"),
    }[kind]


def overrides(actor: Actor, engagement_id: UUID) -> list[Override]:
    """Every override and elevation of a room's months, in order of time."""
    row = engagement(actor, engagement_id)
    first = FiscalPeriod.parse(row.first_period).first_day
    end = FiscalPeriod.parse(row.last_period).end_day
    found = [*_taken(first, end), *_priced(first, end), *_closed(row.first_period, row.last_period)]
    found += _booked(first, end, row.first_period, row.last_period)
    return sorted(found, key=lambda each: (each.at, each.kind, each.what))


def _moments(first: date, end: date) -> tuple[datetime, datetime]:
    return datetime.combine(first, time(), UTC), datetime.combine(end, time(), UTC)


def _taken(first: date, end: date) -> Iterator[Override]:
    start, stop = _moments(first, end)
    for row in Elevation.objects.filter(starts_at__lt=stop, ends_at__gte=start):
        what = ", ".join(sorted(row.permissions))
        yield Override("elevation", row.starts_at.isoformat(), what, row.user_id, row.reason)


def _priced(first: date, end: date) -> Iterator[Override]:
    reductions = PriceReduction.objects.filter(state="approved", starts__lt=end, ends__gt=first)
    for row in reductions.select_related("charge_item", "agency"):
        what = f"{row.agency.code} {row.charge_item.code} {row.percent.normalize():f}%"
        yield Override("reduction", str(row.starts), what, None, row.reason, row.decision_id)
    rules = RecoveryRule.objects.filter(state="approved", starts__lt=end)
    for rule in rules.select_related("service"):
        if rule.ends is None or rule.ends > first:
            place = rule.service.code if rule.service else "*"
            what = f"{rule.kind} {place} {rule.value.normalize():f}"
            said = f"{rule.reason} {rule.reference}".strip()
            yield Override("limit", str(rule.starts), what, None, said, rule.decision_id)
    rates = RateVersion.objects.filter(state="approved", starts__lt=end).exclude(ends__lte=first)
    for rate in rates.exclude(reason=""):
        yield Override("rate", str(rate.starts), rate.code, None, rate.reason, rate.decision_id)


def _closed(first: str, last: str) -> Iterator[Override]:
    for run in CloseRun.objects.filter(period__gte=first, period__lte=last):
        at = run.started_at.isoformat()
        if run.skipped:
            months = ", ".join(run.skipped.get("months", ()))
            yield Override("skipped", at, months, run.run_by, run.skipped.get("reason", ""))
        waived = run.options.get("waived") or ()
        if waived:
            why = run.options.get("waive_reason", "")
            yield Override("waived", at, ", ".join(waived), run.run_by, why)
        if run.options.get("end_preview"):
            why = run.options.get("preview_reason", "")
            yield Override("preview", at, run.period, run.run_by, why)
    steps = CloseStep.objects.filter(
        run__period__gte=first, run__period__lte=last, code__in=("allocate", "approve")
    ).select_related("run")
    for step in steps:
        at = step.finished_at.isoformat() if step.finished_at else ""
        if step.detail.get("no_costs_reason"):
            why = step.detail["no_costs_reason"]
            yield Override("no_costs", at, step.run.period, step.run_by, why)
        if step.detail.get("disputes"):
            yield Override(
                "disputed", at, step.run.period, step.run_by, step.detail.get("reason", ""),
                UUID(step.detail["decision"]),
            )  # fmt: skip


def _booked(first: date, end: date, first_month: str, last_month: str) -> Iterator[Override]:
    start, stop = _moments(first, end)
    late = CostImport.objects.filter(recorded_at__gte=start, recorded_at__lt=stop)
    for row in late.exclude(late_reason=""):
        yield Override(
            "late_costs", row.recorded_at.isoformat(), row.filename, row.recorded_by,
            row.late_reason,
        )  # fmt: skip
    months = LedgerPeriod.objects.filter(code__gte=first_month, code__lte=last_month)
    for month in months.exclude(reopen_reason=""):
        at, _space, why = month.reopen_reason.partition(" ")
        yield Override("reopened", at, month.code, None, why)


@dataclass(frozen=True)
class Pair:
    """Two accounts of whom one proposed and the other approved, both ways.

    `there`: one proposed, other approved; `back`: the other way round; each (count, amounts by
    currency in minor units). `share_there`: of all that `one` had approved, how much by `other`.
    """

    one: UUID
    other: UUID
    there: tuple[int, dict[str, int]]
    back: tuple[int, dict[str, int]]
    share_there: Fraction
    share_back: Fraction

    @property
    def count(self) -> int:
        """Decisions between the two."""
        return self.there[0] + self.back[0]

    @property
    def always(self) -> bool:
        """Whether the two decide for nobody else's sight: enough decisions, and all of them."""
        both = (self.there, self.share_there), (self.back, self.share_back)
        return self.count >= ALWAYS and all(not each[0] or share == 1 for each, share in both)


def pairs(actor: Actor, engagement_id: UUID) -> list[Pair]:
    """Who approves whose proposals in a room's months, most decisions first; opaque accounts."""
    row = engagement(actor, engagement_id)
    start, stop = _moments(
        FiscalPeriod.parse(row.first_period).first_day, FiscalPeriod.parse(row.last_period).end_day
    )
    found = Decision.objects.filter(
        kind="four_eyes", state="approved", decided_at__gte=start, decided_at__lt=stop,
        proposed_by__isnull=False, decided_by__isnull=False,
    )  # fmt: skip
    counts: dict[tuple[UUID, UUID], int] = defaultdict(int)
    amounts: dict[tuple[UUID, UUID], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    of: dict[UUID, int] = defaultdict(int)
    rows = found.values_list("proposed_by", "decided_by", "amount_minor", "currency")
    for proposer, decider, amount, currency in rows:
        if proposer is None or decider is None:
            continue
        counts[(proposer, decider)] += 1
        of[proposer] += 1
        if amount is not None:
            amounts[(proposer, decider)][currency] += amount
    result = []
    for one, other in sorted({tuple(sorted(key, key=str)) for key in counts}):
        there, back = (one, other), (other, one)
        result.append(
            Pair(
                one,
                other,
                (counts[there], dict(amounts[there])),
                (counts[back], dict(amounts[back])),
                Fraction(counts[there], of[one]) if of[one] else Fraction(0),
                Fraction(counts[back], of[other]) if of[other] else Fraction(0),
            )
        )
    return sorted(result, key=lambda pair: (-pair.count, str(pair.one), str(pair.other)))


def quarters(actor: Actor, day: date | None = None) -> list[str]:
    """The last eight quarters that have ended, newest first: `2026-Q3`."""
    on = day or today(centre().zone)
    year, number = on.year, (on.month - 1) // 3 + 1
    found = []
    for _step in range(8):
        year, number = (year, number - 1) if number > 1 else (year - 1, 4)
        found.append(f"{year}-Q{number}")
    return found


def quarter_days(quarter: str) -> tuple[date, date]:
    """The first day of a quarter, and the first day after it (RECOVERY-410)."""
    year, _mark, number = quarter.partition("-Q")
    if not (year.isdigit() and len(year) == 4 and number in {"1", "2", "3", "4"}):
        raise NotFound("RECOVERY-410", f"“{quarter}” is not a quarter. Write it like 2026-Q3.")
    first = FiscalPeriod(int(year), 3 * int(number) - 2)
    return first.first_day, first.shift(3).first_day


def review_document(actor: Actor, quarter: str) -> dict[str, Any]:
    """Who held which role at the end of a quarter, lent roles, tokens, elevations, last use.

    Opaque ids alone. `findings`: what deserves a look (unused roles, tokens that nobody used, lent
    roles, one person with the right to propose and to approve).
    """
    if not any(actor.may(permission) for permission in SEEN):
        require(actor, REVIEW)
    first, end = quarter_days(quarter)
    last_day = end - timedelta(days=1)
    used = last_acts(actor)
    document = {
        "quarter": quarter,
        "as_of": last_day,
        "roles": _roles_held(last_day, used),
        "lent": _roles_lent(first, end),
        "tokens": _tokens(end, used),
        "elevations": _elevations(first, end),
    }
    return {**document, "findings": _findings(document)}


Used = dict[tuple[str, UUID], datetime]


def _last(used: Used, kind: str, account: UUID | None) -> str:
    moment = used.get((kind, account)) if account else None
    return moment.isoformat() if moment else ""


def _roles_held(day: date, used: Used) -> list[dict[str, Any]]:
    held = Membership.objects.filter(starts__lte=day).exclude(ends__lte=day)
    return [
        {
            "person": row.person_id,
            "account": row.user_id,
            "role": row.role_id,
            "agency": row.agency.code,
            "bureau": row.bureau_id,
            "starts": row.starts,
            "ends": row.ends,
            "last_use": _last(used, "person", row.user_id),
        }
        for row in held.select_related("agency").order_by("agency__code", "role_id", "id")
    ]


def _roles_lent(first: date, end: date) -> list[dict[str, Any]]:
    lent = Delegation.objects.filter(starts__lt=end, ends__gt=first)
    return [
        {
            "from": row.from_person_id,
            "to": row.to_person_id,
            "role": row.role_id,
            "agency": row.agency.code,
            "starts": row.starts,
            "ends": row.ends,
            "reason": row.reason,
        }
        for row in lent.select_related("agency").order_by("id")
    ]


def _tokens(end: date, used: Used) -> list[dict[str, Any]]:
    _start, stop = _moments(end, end)
    live = ApiToken.objects.filter(created_at__lt=stop, expires_at__gt=stop).exclude(
        revoked_at__lt=stop
    )
    return [
        {
            "token": row.pk,
            "account": row.user_id,
            "scopes": sorted(row.scopes),
            "created": row.created_at,
            "expires": row.expires_at,
            "last_use": _last(used, "token", row.user_id),
        }
        for row in live.order_by("id")
    ]


def _elevations(first: date, end: date) -> list[dict[str, Any]]:
    start, stop = _moments(first, end)
    taken = Elevation.objects.filter(starts_at__gte=start, starts_at__lt=stop)
    return [
        {
            "account": row.user_id,
            "permissions": sorted(row.permissions),
            "reason": row.reason,
            "starts": row.starts_at,
            "ends": row.ends_at,
        }
        for row in taken.order_by("id")
    ]


def _findings(document: dict[str, Any]) -> list[dict[str, str]]:
    found = [
        {"kind": "unused_role", "id": str(row["person"]), "what": row["role"]}
        for row in document["roles"]
        if not row["last_use"]
    ]
    found += [
        {"kind": "unused_token", "id": str(row["token"]), "what": ", ".join(row["scopes"])[:200]}
        for row in document["tokens"]
        if not row["last_use"]
    ]
    found += [
        {"kind": "lent_role", "id": str(row["to"]), "what": row["role"]} for row in document["lent"]
    ]
    both: dict[UUID, set[str]] = defaultdict(set)
    for row in document["roles"]:
        both[row["person"]].add(row["role"])
    found += [
        {"kind": "two_duties", "id": str(person), "what": "director, finance_officer"}
        for person, roles in both.items()
        if {"director", "finance_officer"} <= roles
    ]
    return found


def access_reviews(actor: Actor, place: Place = FIRST) -> Listing[AccessReview]:
    """A page of the signed reviews, newest first."""
    if not any(actor.may(permission) for permission in SEEN):
        require(actor, REVIEW)
    return listing(AccessReview.objects.all(), ["-id"], place)


def access_review(actor: Actor, quarter: str) -> AccessReview | None:
    """The signed review of a quarter, or None."""
    if not any(actor.may(permission) for permission in SEEN):
        require(actor, REVIEW)
    quarter_days(quarter)
    return AccessReview.objects.filter(quarter=quarter).first()
