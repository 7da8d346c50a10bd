"""The register of assets: putting one in, depreciating a month, disposing of one by two people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, digest, record
from commonweal.kernel.authority.public import Decision, propose
from commonweal.kernel.calendar.public import FiscalPeriod, now
from commonweal.kernel.party.public import agencies, centre
from commonweal.kernel.schema.public import Conflict, NotFound
from commonweal.kernel.words.public import money

from ..domain.assets import CENTRE, check_terms, ended, months
from ..domain.costs import CostError
from ..domain.credits import MOST_MONTHS
from ..models import (
    Asset,
    AssetMonth,
    AssetShare,
    CostImport,
    CostLine,
    CostMapping,
    Disposal,
)
from ..selectors.assets import asset_by_code, due_assets, share_key, terms_of
from ..selectors.cost_model import closed_periods
from .cost_model import PERMISSION, code_of, pool_by_code, put_rule
from .deciding import decide
from .proceeds import pay_contributors

SUBJECT = "charging.Disposal"
REGISTER = "Asset register"
UNIT = "asset:"
"""A line of the register bears the asset's code as its unit, and a rule takes it to its pool."""


@action
def put_asset(
    *,
    actor: Actor,
    code: str,
    name: str,
    pool: str,
    cost_minor: int,
    in_service: date,
    life_months: int,
    contributors: Mapping[str, int] | None = None,
    evidence: str = "",
) -> Asset:
    """Register an asset: its cost is depreciated evenly from the month it goes into service.

    `contributors`: minor units by agency's code, or by `grant:REFERENCE`. A rule of the model
    takes its depreciation to `pool`. Errors: COSTS-251 to 253 terms, COSTS-256 known, 257 who.
    """
    require(actor, PERMISSION)
    found = pool_by_code(pool)
    made = Asset(
        agency_id=centre().agency_id, code=code_of(code, "asset"), name=name.strip()[:120],
        pool=found, cost_minor=cost_minor, currency=centre().currency, in_service=in_service,
        life_months=life_months, evidence=evidence.strip()[:300], recorded_at=now(),
    )  # fmt: skip
    if not made.name:
        raise CostError("COSTS-202", "The name of the asset is empty. Write it in plain words.",
                        field="name")  # fmt: skip
    shares = _shares(actor, made, contributors or {})
    check_terms(terms_of(made, shares))
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as known:
        raise Conflict("COSTS-256", f"There is an asset “{code}” already. Choose another code.",
                       field="code") from known  # fmt: skip
    AssetShare.objects.bulk_create(shares)
    put_rule(actor=actor, pool=pool, order=0, unit=UNIT + code)
    record(
        actor=actor, verb="costs.asset_put", target=made,
        payload={"code": code, "pool": pool, "cost_minor": cost_minor, "in_service": in_service,
                 "life_months": life_months, "shares": [row.amount_minor for row in shares]},
    )  # fmt: skip
    return made


def _shares(actor: Actor, asset: Asset, contributors: Mapping[str, int]) -> list[AssetShare]:
    known = {row.code: row.pk for row in agencies(actor)}
    found = []
    for who, minor in sorted(contributors.items()):
        grant = who.removeprefix("grant:").strip() if who.startswith("grant:") else ""
        if not grant and who not in known:
            raise CostError(
                "COSTS-257",
                f"“{who}” is no agency. Give an agency's code, or grant: and its reference.",
                field="contributors",
            )
        found.append(
            AssetShare(
                agency_id=asset.agency_id,
                asset=asset,
                customer_id=None if grant else known[who],
                grant=grant[:80],
                amount_minor=minor,
            )
        )
    return found


@action
def depreciate(*, actor: Actor, period: str) -> list[AssetMonth]:
    """Take a month's depreciation of every asset into the ledger costs, once.

    The part that the centre paid becomes a ledger line in the asset's pool; what contributors paid
    is kept with the month and never recovered. A month that is closed is refused (COSTS-258).
    """
    require(actor, PERMISSION)
    FiscalPeriod.parse(period)
    if closed_periods([period]):
        raise CostError(
            "COSTS-258", f"{period} is allocated already. Depreciate it before its close."
        )
    due = [(asset, months(terms_of(asset)).get(period)) for asset in due_assets(period)]
    rows = [(asset, parts) for asset, parts in due if parts is not None]
    made = []
    if rows:
        book = _book(actor, f"depreciation-{period}.{len(rows)}", [own for _, (_, own) in rows],
                     [str(asset.pk) for asset, _ in rows] + [period])  # fmt: skip
        for number, (asset, (whole, own)) in enumerate(rows, start=1):
            line = _line(book, number, asset, period, own, "Depreciation") if own else None
            made.append(
                AssetMonth.objects.create(
                    agency_id=asset.agency_id, asset=asset, period=period, amount_minor=whole,
                    recoverable_minor=own, line=line,
                )
            )  # fmt: skip
    record(
        actor=actor, verb="costs.depreciated", target=("charging.Asset", centre().agency_id),
        payload={"period": period, "assets": len(made),
                 "recoverable_minor": sum(row.recoverable_minor for row in made)},
    )  # fmt: skip
    return made


def _book(actor: Actor, filename: str, amounts: list[int], identity: list[str]) -> CostImport:
    """The register's own import, so that its lines reconcile and are followed like any others."""
    mapping, _ = CostMapping.objects.get_or_create(
        agency_id=centre().agency_id,
        name=REGISTER,
        defaults={"header_hash": "", "columns": {}, "recorded_at": now()},
    )
    used = [amount for amount in amounts if amount]
    return CostImport.objects.create(
        agency_id=centre().agency_id, filename=filename, sha256=digest(identity), mapping=mapping,
        currency=centre().currency, basis="actual", rows_total=len(used), rows_used=len(used),
        rows_rejected=0, used_minor=sum(used), rejected_minor=0, control_minor=sum(used),
        recorded_at=now(), recorded_by=actor.user_id,
    )  # fmt: skip


def _line(
    book: CostImport, row: int, asset: Asset, period: str, minor: int, category: str
) -> CostLine:
    return CostLine.objects.create(
        agency_id=asset.agency_id, cost_import=book, row=row, period=period,
        unit=UNIT + asset.code, category=category, reference=asset.code, kind="depreciation",
        amount_minor=minor, currency=asset.currency, basis="actual",
    )  # fmt: skip


@action
def propose_disposal(
    *, actor: Actor, code: str, day: date, proceeds_minor: int, reason: str, bills: int = 1
) -> Disposal:
    """Propose that an asset is disposed of for its proceeds; a second person decides.

    What comes to agencies that paid for it appears in equal parts on their next `bills` bills.
    Errors: COSTS-254 and 255 figures, COSTS-259 reason, COSTS-260 disposed of or proposed already,
    COSTS-268 bills.
    """
    require(actor, PERMISSION)
    asset = asset_by_code(actor, code)
    if len(reason.strip()) < 10:
        raise CostError("COSTS-259", "Say in at least ten characters why it is disposed of.",
                        field="reason")  # fmt: skip
    if not 1 <= bills <= MOST_MONTHS:
        raise CostError(
            "COSTS-268", f"Contributors are credited on their next 1 to {MOST_MONTHS} bills.",
            field="bills",
        )  # fmt: skip
    others = proceeds_minor - ended(terms_of(asset), day, proceeds_minor).proceeds[CENTRE]
    made = Disposal(
        agency_id=asset.agency_id, asset=asset, day=day, proceeds_minor=proceeds_minor,
        reason=reason.strip()[:500], recorded_at=now(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as known:
        raise Conflict(
            "COSTS-260", f"“{code}” is disposed of, or that is proposed, already. See its page."
        ) from known
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=made.pk,
        label=f"Disposal of {asset.name}",
        statement=f"“{asset.name}” is disposed of on {day} for "
        f"{money(proceeds_minor, asset.currency)}{_whose(asset, others, bills)}. {made.reason}",
        permission=PERMISSION,
        effect={"asset": code, "day": day, "proceeds_minor": proceeds_minor, "bills": bills},
        amount_minor=proceeds_minor,
        currency=asset.currency,
    )
    made.decision_id = decision.pk
    made.save(update_fields=["decision_id"])
    record(actor=actor, verb="costs.disposal_proposed", target=made,
           payload={"asset": code, "day": day, "proceeds_minor": proceeds_minor})  # fmt: skip
    return made


def _whose(asset: Asset, others: int, bills: int) -> str:
    """What of the proceeds goes to whoever else paid, in words for the second person."""
    if not others:
        return ""
    return (
        f", of which {money(others, asset.currency)} belongs to those who paid for it: agencies "
        f"get theirs as a credit on their next {bills} bill{'s' if bills > 1 else ''}, or paid "
        "back if they are no customers any more; a grant's part is held"
    )


@action
def decide_disposal(
    *, actor: Actor, disposal_id: UUID, approved: bool, reason: str = ""
) -> Disposal:
    """Approve or reject a disposal, as a second person (COSTS-412)."""
    found = Disposal.objects.filter(pk=disposal_id, agency_id=centre().agency_id).first()
    if found is None or found.decision_id is None:
        raise NotFound("COSTS-412", "There is no such disposal. Choose one of an asset's.")
    record(actor=actor, verb="costs.disposal_asked", target=found)
    decide(actor, found, found.decision_id, approved, reason)
    return found


def disposal_approved(actor: Actor, decision: Decision) -> None:
    """Let a disposal happen. Called by authority in the transaction of the decision.

    In its month the pool bears what was left of the centre's part, and is credited the centre's
    part of the proceeds; each contributor gets its part by the share that it paid
    (`pay_contributors`). A month that is closed, or depreciated already, is refused (COSTS-258); a
    disposal that happened is never done again nor undone (COSTS-269): what was wrong in it is put
    right by a credit or a year-end adjustment of its own.
    """
    disposal = (
        Disposal.objects.select_for_update(of=("self",))
        .select_related("asset__pool__service")
        .get(pk=decision.subject_id)
    )
    if disposal.state != "proposed":
        raise Conflict("COSTS-269", "This disposal was decided already. See the asset's page.")
    asset, period = disposal.asset, FiscalPeriod.of_date(disposal.day).code
    later = AssetMonth.objects.filter(asset=asset, period__gte=period)
    if closed_periods([period]) or later.exists():
        raise CostError(
            "COSTS-258",
            f"{period} is depreciated or closed already. Propose the disposal for a later month.",
        )
    found = ended(terms_of(asset), disposal.day, disposal.proceeds_minor)
    own = found.proceeds[CENTRE]
    lines = [(found.own_left_minor, "Disposal: cost not depreciated"),
             (-own, "Disposal: proceeds")]  # fmt: skip
    used = [(minor, words) for minor, words in lines if minor]
    book = _book(actor, f"disposal-{asset.code}", [minor for minor, _ in used],
                 [str(disposal.pk)])  # fmt: skip
    for number, (minor, words) in enumerate(used, start=1):
        _line(book, number, asset, period, minor, words)
    pay_contributors(
        actor=actor, disposal=disposal, decision_id=decision.pk,
        amounts={row: found.proceeds[share_key(row)] for row in asset.shares.order_by("pk")},
        bills=decision.effect.get("bills", 1),
    )  # fmt: skip
    disposal.state, disposal.approved_at = "approved", now()
    disposal.parts = {
        "proceeds": dict(found.proceeds),
        "left_minor": found.left_minor,
        "own_left_minor": found.own_left_minor,
    }
    disposal.save(update_fields=["state", "approved_at", "parts"])
    asset.disposed_on = disposal.day
    asset.save(update_fields=["disposed_on"])
    record(actor=actor, verb="costs.asset_disposed", target=disposal,
           payload={"asset": asset.code, "proceeds": list(found.proceeds.values()),
                    "own_left_minor": found.own_left_minor})  # fmt: skip


def disposal_not_approved(actor: Actor, decision: Decision) -> None:
    """The asset stays. Called by authority."""
    Disposal.objects.filter(pk=decision.subject_id).update(state="rejected")
    record(actor=actor, verb="costs.disposal_refused",
           target=("charging.Disposal", decision.subject_id),
           payload={"state": decision.state})  # fmt: skip
