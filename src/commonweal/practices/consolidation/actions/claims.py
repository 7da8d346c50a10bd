"""Claims: what of a year's saving is cashable, what avoided; confirmed by the agency's finance."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, approve, propose, reject, withdraw
from commonweal.kernel.calendar.public import now
from commonweal.kernel.documents.public import Document, store
from commonweal.kernel.schema.public import Conflict, NotFound

from ..domain import WorthError
from ..models import Claim
from ..rules import CLAIM, CLAIMED, VIEW
from ..selectors.baselines import baseline as find_baseline
from ..selectors.years import YearView, year_view
from .checks import check_minor, check_paper, check_year, said


@action
def propose_claim(
    *,
    actor: Actor,
    baseline_id: UUID,
    fiscal_year: int,
    cashable_minor: int,
    budget_minor: int,
    attributed_to: str,
) -> Claim:
    """Claim the year's saving as computed now: so much is cashable, the rest cost avoided.

    `budget_minor`: by how much the agency's budget was reduced. `attributed_to`: the system retired
    or the post released, once in an agency's year. The agency's finance officer confirms it.
    Errors: WORTH-301 nothing to claim, -302 more cashable than saved, -303 attributed twice, -304
    a claim waits already.
    """
    row = find_baseline(actor, baseline_id)
    require(actor, CLAIM, row.agency_id)
    check_year(fiscal_year, "fiscal_year")
    view = year_view(actor, row.agency, row.service.code, fiscal_year)
    saving = _saving(view)
    check_minor(cashable_minor, "cashable")
    check_minor(budget_minor, "budget")
    if cashable_minor > saving:
        raise WorthError(
            "WORTH-302",
            "The cashable part is more than the whole saving. Enter at most what was saved.",
            field="cashable",
        )
    what = said(attributed_to, "attributed_to", 160, least=3)
    _once(row.agency_id, fiscal_year, baseline_id, what)
    try:
        with transaction.atomic():
            claim = Claim.objects.create(
                agency_id=row.agency_id, baseline=row, fiscal_year=fiscal_year,
                saving_minor=saving, cashable_minor=cashable_minor,
                avoidance_minor=saving - cashable_minor, budget_minor=budget_minor,
                attributed_to=what, figures=claim_document(view), claimed_by=actor.user_id,
            )  # fmt: skip
    except IntegrityError as wrong:
        raise Conflict(
            "WORTH-304", "A claim for this service and year waits already. Decide it first."
        ) from wrong
    decision = propose(
        actor=actor,
        subject_type=CLAIMED,
        subject_id=claim.pk,
        label=f"Saving of {row.service.code} in {fiscal_year}",
        statement=f"What sharing {row.service.code} saved in fiscal year {fiscal_year}, "
        "confirmed by the agency's finance officer.",
        permission=CLAIM,
        effect={"saving_minor": saving, "cashable_minor": cashable_minor},
        amount_minor=saving,
        currency=row.currency,
        agency_id=row.agency_id,
    )
    Claim.objects.filter(pk=claim.pk).update(decision_id=decision.pk)
    record(
        actor=actor, verb="consolidation.claim_proposed", target=claim, agency_id=row.agency_id,
        payload={"decision": decision.pk, "saving_minor": saving, "year": fiscal_year},
    )  # fmt: skip
    return _claim(actor, claim.pk)


def _saving(view: YearView) -> int:
    found = view.saving
    if found.minor is None:
        raise WorthError(
            "WORTH-301",
            "The saving of this year cannot be determined, so nothing can be claimed. Enter what "
            f"is missing: {', '.join(found.missing).replace('_', ' ')}.",
        )
    if found.minor <= 0:
        raise WorthError(
            "WORTH-301",
            "This year shows no saving, so there is nothing to claim. A loss counts without a "
            "claim.",
        )
    return found.minor


def _once(agency_id: UUID, fiscal_year: int, baseline_id: UUID, what: str) -> None:
    """The same retired system or released post saves once (rule R33)."""
    same = Claim.objects.filter(
        agency_id=agency_id, fiscal_year=fiscal_year, attributed_to__iexact=what,
        state__in=["proposed", "confirmed"],
    ).exclude(baseline_id=baseline_id)  # fmt: skip
    if same.exists():
        raise Conflict(
            "WORTH-303",
            f"“{what}” is claimed for another service of this year already. The same system or "
            "post saves once.",
            field="attributed_to",
        )


def claim_document(view: YearView) -> dict[str, object]:
    """The saving with its inputs, as plain values, so that it can be worked out again."""
    now_, basis = view.now, view.frozen
    return {
        "months": list(view.months),
        "charges_minor": now_.charges,
        "own_minor": dict(now_.own),
        "volume": None if now_.volume is None else str(now_.volume),
        "index_then": str(now_.index_then),
        "index_now": str(now_.index_now),
        "baseline_minor": basis.total if basis else None,
        "varying_minor": basis.varying if basis else None,
        "figures": {name: each.minor for name, each in view.figures.items()},
    }


def _claim(actor: Actor, claim_id: UUID) -> Claim:
    found = Claim.objects.select_related("baseline__service").filter(pk=claim_id).first()
    if found is None or not actor.may(VIEW, found.agency_id):
        raise NotFound("WORTH-407", "There is no such claim, or you may not see it.")
    return found


@action
def confirm_claim(*, actor: Actor, claim_id: UUID) -> Claim:
    """Confirm as the agency's finance officer, another person than who claimed (WORTH-305)."""
    approve(actor=actor, decision_id=_waiting(actor, claim_id, "consolidation.claim_asked"))
    return _claim(actor, claim_id)


@action
def refuse_claim(*, actor: Actor, claim_id: UUID, reason: str) -> Claim:
    """Refuse, with a reason of at least ten characters (WORTH-305 if none waits)."""
    decision = _waiting(actor, claim_id, "consolidation.claim_refuse_asked")
    reject(actor=actor, decision_id=decision, reason=reason)
    return _claim(actor, claim_id)


@action
def withdraw_claim(*, actor: Actor, claim_id: UUID) -> Claim:
    """Take back one's own claim (WORTH-305 if none waits)."""
    decision = _waiting(actor, claim_id, "consolidation.claim_withdraw_asked")
    withdraw(actor=actor, decision_id=decision)
    return _claim(actor, claim_id)


def _waiting(actor: Actor, claim_id: UUID, verb: str) -> UUID:
    row = _claim(actor, claim_id)
    if row.state != "proposed" or row.decision_id is None:
        raise Conflict("WORTH-305", "This claim does not wait for a decision any more.")
    record(
        actor=actor, verb=verb, target=row, agency_id=row.agency_id,
        payload={"decision": row.decision_id},
    )  # fmt: skip
    return row.decision_id


@action
def add_claim_evidence(
    *, actor: Actor, claim_id: UUID, filename: str, media_type: str, data: bytes
) -> Document:
    """Add a paper to a claim: the ended contract, the reduced budget."""
    row = _claim(actor, claim_id)
    require(actor, CLAIM, row.agency_id)
    check_paper(media_type, data)
    paper = store(
        actor=actor, agency_id=row.agency_id, owner=(CLAIMED, row.pk), kind="evidence",
        filename=filename, media_type=media_type, data=data,
    )  # fmt: skip
    record(
        actor=actor, verb="consolidation.evidence_added", target=row, agency_id=row.agency_id,
        payload={"document": paper.pk},
    )  # fmt: skip
    return paper


def claim_confirmed(actor: Actor, decision: Decision) -> None:
    """Put the claim in force, in place of an earlier one; called by authority.

    WORTH-306 where the year shows another saving than was claimed.
    """
    row = Claim.objects.select_related("baseline__service", "baseline__agency").get(
        pk=decision.subject_id
    )
    view = year_view(actor, row.baseline.agency, row.baseline.service.code, row.fiscal_year)
    if view.saving.minor != row.saving_minor:
        raise Conflict(
            "WORTH-306",
            "The books or costs changed since this was claimed, and the saving is another now. "
            "Refuse it, then claim anew.",
        )
    before = Claim.objects.filter(
        baseline_id=row.baseline_id, fiscal_year=row.fiscal_year, state="confirmed"
    )
    before.update(state="superseded")
    Claim.objects.filter(pk=row.pk).update(
        state="confirmed", confirmed_by=actor.user_id, confirmed_at=now()
    )
    record(
        actor=actor, verb="consolidation.claim_confirmed", target=row, agency_id=row.agency_id,
        payload={"saving_minor": row.saving_minor, "year": row.fiscal_year},
    )  # fmt: skip


def claim_not_confirmed(actor: Actor, decision: Decision) -> None:
    """Close a refused or withdrawn claim; called by authority."""
    row = Claim.objects.get(pk=decision.subject_id)
    state = "refused" if decision.state == "rejected" else "withdrawn"
    Claim.objects.filter(pk=row.pk).update(state=state)
    record(
        actor=actor, verb="consolidation.claim_refused", target=row, agency_id=row.agency_id,
        payload={"decision": decision.pk, "state": state},
    )  # fmt: skip
