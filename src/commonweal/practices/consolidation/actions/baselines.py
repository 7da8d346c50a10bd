"""A baseline: written as a draft, proposed by one person of the agency, signed by another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, digest, record
from commonweal.kernel.authority.public import Decision, approve, propose, reject, withdraw
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.catalogue.public import Service, item_by_code, service_by_code
from commonweal.kernel.documents.public import Document, store
from commonweal.kernel.money.public import MoneyError, exact_decimal
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict

from ..domain import COST_KINDS, WorthError
from ..models import Baseline, BaselineCost
from ..rules import BASELINE, ENTER
from ..selectors.baselines import baseline as find
from ..selectors.baselines import baseline_document, index_by_code
from ..selectors.books import first_ordered
from .checks import check_minor, check_paper, check_year, said

MAX_VOLUME = Decimal(10**12)


@dataclass(frozen=True)
class NewCost:
    """One kind of cost for a year: what it is, minor units, whether it goes with the volume."""

    kind: str
    text: str
    amount_minor: int
    varies: bool = False


@dataclass(frozen=True)
class NewBaseline:
    """What a service cost an agency alone; see `Baseline`. `charge_item` empty: no volume."""

    lines: Sequence[NewCost]
    service_level: str
    price_year: int
    index: str
    charge_item: str = ""
    volume: Decimal | int | str | None = None
    forecast_minor: int | None = None


@action
def put_baseline(*, actor: Actor, agency_id: UUID, service: str, given: NewBaseline) -> Baseline:
    """Write or rewrite the draft of an agency's baseline of a service.

    Errors: WORTH-110 no cost line, -111 a kind twice or unknown, -112 volume without item or the
    other way round, -113 an item of another service, -120 no draft any more.
    """
    require(actor, ENTER, agency_id)
    of = service_by_code(actor, service)
    values = _values(actor, of, given)
    lines = _lines(given.lines)
    row = Baseline.objects.select_for_update().filter(agency_id=agency_id, service=of).first()
    if row is not None and row.state != "draft":
        raise Conflict(
            "WORTH-120",
            f"The baseline of {of.code} is {row.state} and stays as it is. A proposed one can be "
            "refused or withdrawn first; a signed one never changes.",
        )
    if row is None:
        try:
            with transaction.atomic():
                row = Baseline.objects.create(agency_id=agency_id, service=of, **values)
        except IntegrityError as wrong:
            raise Conflict(
                "WORTH-121", f"Somebody just began the baseline of {of.code}. Read it, then go on."
            ) from wrong
    else:
        Baseline.objects.filter(pk=row.pk).update(**values)
        row.lines.all().delete()
    BaselineCost.objects.bulk_create(
        BaselineCost(agency_id=agency_id, baseline=row, **line) for line in lines
    )
    record(
        actor=actor, verb="consolidation.baseline_put", target=row, agency_id=agency_id,
        payload={"service": of.code, "total_minor": sum(line.amount_minor for line in given.lines)},
    )  # fmt: skip
    return find(actor, row.pk)


def _values(actor: Actor, of: Service, given: NewBaseline) -> dict[str, object]:
    check_year(given.price_year, "price_year")
    item = item_by_code(actor, given.charge_item) if given.charge_item else None
    if (item is None) != (given.volume in (None, "")):
        raise WorthError(
            "WORTH-112",
            "A volume needs the charge item in which it is counted, and the item a volume. Give "
            "both, or neither if the volume was not counted.",
            field="volume",
        )
    if item is not None and item.service_id != of.pk:
        raise WorthError(
            "WORTH-113",
            f"{item.code} is no charge item of {of.code}. Choose one of this service.",
            field="charge_item",
        )
    forecast = given.forecast_minor
    return {
        "charge_item": item,
        "volume": None if item is None else _volume(given.volume),
        "service_level": said(given.service_level, "service_level", 1000),
        "price_year": given.price_year,
        "index": index_by_code(actor, given.index),
        "currency": centre().currency,
        "forecast_minor": None if forecast is None else check_minor(forecast, "promised saving", 1),
    }


def _volume(value: Decimal | int | str | None) -> Decimal:
    try:
        amount = exact_decimal(value if value is not None else "")
    except MoneyError as wrong:
        raise WorthError("WORTH-114", wrong.message, field="volume") from wrong
    if not 0 < amount < MAX_VOLUME or amount != amount.quantize(Decimal("0.000001")):
        raise WorthError(
            "WORTH-114",
            f"{value} cannot be a yearly volume. Give a number above 0 with at most 6 decimals.",
            field="volume",
        )
    return amount


def _lines(given: Sequence[NewCost]) -> list[dict[str, object]]:
    if not given:
        raise WorthError(
            "WORTH-110",
            "The baseline names no cost. Enter what the service cost in at least one kind.",
            field="staff-amount",
        )
    kinds = [line.kind for line in given]
    if len(set(kinds)) != len(kinds) or not set(kinds) <= set(COST_KINDS):
        raise WorthError(
            "WORTH-111",
            f"Each cost has a kind of its own: {', '.join(COST_KINDS)}. Add up those of one kind.",
        )
    return [
        {
            "kind": line.kind,
            "text": said(line.text, f"{line.kind}-text", 300),
            "amount_minor": check_minor(line.amount_minor, f"{line.kind}-amount", 1),
            "varies": line.varies,
        }
        for line in given
    ]


@action
def add_evidence(
    *, actor: Actor, baseline_id: UUID, filename: str, media_type: str, data: bytes
) -> Document:
    """Add a paper (budget, contract, invoice) to a draft: PDF, PNG, JPEG or CSV up to 10 MB."""
    row = find(actor, baseline_id)
    require(actor, ENTER, row.agency_id)
    _draft(row)
    check_paper(media_type, data)
    paper = store(
        actor=actor, agency_id=row.agency_id, owner=(BASELINE, row.pk), kind="evidence",
        filename=filename, media_type=media_type, data=data,
    )  # fmt: skip
    record(
        actor=actor, verb="consolidation.evidence_added", target=row, agency_id=row.agency_id,
        payload={"document": paper.pk},
    )  # fmt: skip
    return paper


def _draft(row: Baseline) -> None:
    if row.state != "draft":
        raise Conflict(
            "WORTH-120",
            f"The baseline of {row.service.code} is {row.state} and stays as it is. A proposed one "
            "can be refused or withdrawn first; a signed one never changes.",
        )


@action
def propose_baseline(*, actor: Actor, baseline_id: UUID) -> Baseline:
    """Ask a second person of the agency to sign; frozen from here on (WORTH-122: no paper)."""
    row = find(actor, baseline_id)
    require(actor, ENTER, row.agency_id)
    _draft(row)
    document = baseline_document(row)
    if not document["evidence"]:
        raise WorthError(
            "WORTH-122",
            "The baseline has no evidence. Add at least one paper that shows these costs.",
            field="evidence",
        )
    decision = propose(
        actor=actor,
        subject_type=BASELINE,
        subject_id=row.pk,
        label=f"Baseline of {row.service.code}",
        statement=f"What {row.service.code} cost the agency alone in {row.price_year}, "
        "frozen for every later comparison.",
        permission=ENTER,
        effect={"document": document, "hash": digest(document)},
        agency_id=row.agency_id,
    )
    Baseline.objects.filter(pk=row.pk).update(
        state="proposed", decision_id=decision.pk, proposed_by=actor.user_id, proposed_at=now()
    )
    record(
        actor=actor, verb="consolidation.baseline_proposed", target=row, agency_id=row.agency_id,
        payload={"decision": decision.pk, "hash": digest(document)},
    )  # fmt: skip
    return find(actor, row.pk)


@action
def sign_baseline(*, actor: Actor, baseline_id: UUID) -> Baseline:
    """Sign as the agency's second person; it never changes again (WORTH-123 if none waits)."""
    decision = _waiting(actor, baseline_id, "consolidation.baseline_sign_asked")
    approve(actor=actor, decision_id=decision)
    return find(actor, baseline_id)


@action
def refuse_baseline(*, actor: Actor, baseline_id: UUID, reason: str) -> Baseline:
    """Refuse to sign, with a reason; it is a draft again (WORTH-123 if none waits)."""
    decision = _waiting(actor, baseline_id, "consolidation.baseline_refuse_asked")
    reject(actor=actor, decision_id=decision, reason=reason)
    return find(actor, baseline_id)


@action
def withdraw_baseline(*, actor: Actor, baseline_id: UUID) -> Baseline:
    """Take back one's own proposal; the baseline is a draft again (WORTH-123 if none waits)."""
    decision = _waiting(actor, baseline_id, "consolidation.baseline_withdraw_asked")
    withdraw(actor=actor, decision_id=decision)
    return find(actor, baseline_id)


def _waiting(actor: Actor, baseline_id: UUID, verb: str) -> UUID:
    row = find(actor, baseline_id)
    if row.state != "proposed" or row.decision_id is None:
        raise Conflict(
            "WORTH-123", f"The baseline of {row.service.code} does not wait for a signature."
        )
    record(
        actor=actor, verb=verb, target=row, agency_id=row.agency_id,
        payload={"decision": row.decision_id},
    )  # fmt: skip
    return row.decision_id


def baseline_signed(actor: Actor, decision: Decision) -> None:
    """Freeze the baseline; called by authority in the transaction of the decision.

    Signed on or after the first day of an order of the service, it is late (rule R31).
    """
    row = Baseline.objects.select_related("service", "charge_item", "index").get(
        pk=decision.subject_id
    )
    joined = first_ordered(row.agency_id, row.service_id)
    late = joined is not None and joined <= today(centre().zone)
    mark = digest(baseline_document(row))
    if mark != decision.effect["hash"]:
        raise Conflict(
            "WORTH-124", "The baseline is another than the one that was proposed. Propose it anew."
        )
    Baseline.objects.filter(pk=row.pk).update(
        state="signed", late=late, content_hash=mark, signed_by=actor.user_id, signed_at=now()
    )
    record(
        actor=actor, verb="consolidation.baseline_signed", target=row, agency_id=row.agency_id,
        payload={"hash": mark, "late": late},
    )  # fmt: skip


def baseline_not_signed(actor: Actor, decision: Decision) -> None:
    """Make it a draft again; called by authority when a proposal is refused or withdrawn."""
    row = Baseline.objects.get(pk=decision.subject_id)
    Baseline.objects.filter(pk=row.pk).update(state="draft", proposed_by=None, proposed_at=None)
    record(
        actor=actor, verb="consolidation.baseline_refused", target=row, agency_id=row.agency_id,
        payload={"decision": decision.pk, "state": decision.state},
    )  # fmt: skip
