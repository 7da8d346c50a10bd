"""Making, renewing, signing, refusing and withdrawing general terms with an agency."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Max

from ...access.public import Actor
from ...audit.public import action, record
from ...calendar.public import Span
from ...party.public import centre
from ...words.public import day as day_words
from ..domain import AGREEMENT_MOVES, CatalogueError, move, profile
from ..models import Agreement
from .parties import (
    check_refusal,
    close,
    lock_agency,
    locked_agreement,
    own_side,
    proposer,
    put_signature,
    signed_already,
)


@action
def create_agreement(
    *,
    actor: Actor,
    agency_id: UUID,
    title: str,
    terms: str,
    starts: date,
    ends: date | None = None,
    profile_name: str = "plain",
    requesting_aid: str = "",
    servicing_aid: str = "",
    location_code: str = "",
    renews: UUID | None = None,
) -> Agreement:
    """Propose general terms to an agency (or, by the agency, to the centre).

    It binds once both sides signed (`sign_agreement`). `requesting_aid`, `servicing_aid` (3 digits
    each) and `location_code` (8 digits) are asked for by profile 7600 only, which the centre must
    have in use (CATALOGUE-253). `renews`: the agency's agreement that it follows on.
    """
    who = proposer(actor, agency_id)
    lock_agency(agency_id)
    _check_form(title, terms, profile_name)
    before = _renewed(agency_id, renews, starts) if renews else None
    Span(starts, ends)
    used = Agreement.objects.filter(agency_id=agency_id).aggregate(last=Max("sequence"))["last"]
    sequence = (used or 0) + 1
    number = profile(profile_name).agreement_number(
        starts=starts,
        sequence=sequence,
        requesting_aid=requesting_aid,
        servicing_aid=servicing_aid,
    )
    agreement = Agreement.objects.create(
        agency_id=agency_id,
        number=number,
        sequence=sequence,
        title=title.strip(),
        terms=terms.strip(),
        starts=starts,
        ends=ends,
        profile=profile_name,
        requesting_aid=requesting_aid,
        servicing_aid=servicing_aid,
        location_code=location_code,
        renews=before,
        state="draft",
        **who,
    )
    agreement.state = move(AGREEMENT_MOVES, "draft", "proposed", f"Agreement {number}")
    agreement.save(update_fields=["state"])
    record(
        actor=actor,
        verb="agreements.agreement_proposed",
        target=agreement,
        agency_id=agency_id,
        payload={
            "number": number,
            "starts": starts,
            "ends": ends,
            "side": who["proposed_side"],
            "renews": renews,
        },
    )
    return agreement


def _check_form(title: str, terms: str, profile_name: str) -> None:
    if profile_name != "plain" and not centre().federal_forms:
        raise CatalogueError(
            "CATALOGUE-253",
            "Forms 7600A and 7600B are not in use at this centre. Choose the centre's own numbers.",
        )
    if not title.strip() or not terms.strip():
        raise CatalogueError(
            "CATALOGUE-221", "An agreement needs a title and its terms. Write both."
        )


def _renewed(agency_id: UUID, agreement_id: UUID, starts: date) -> Agreement:
    """The agreement that a new one follows: it bound, it ends, and not after the new one begins."""
    old = Agreement.objects.filter(pk=agreement_id, agency_id=agency_id).first()
    if old is None or old.state not in ("active", "ended"):
        raise CatalogueError(
            "CATALOGUE-254", "Only an agreement that was signed can be renewed. Choose such a one."
        )
    end = old.ended_on or old.ends
    if end is None:
        raise CatalogueError(
            "CATALOGUE-255", f"Agreement {old.number} has no end, so there is nothing to renew."
        )
    if starts < end:
        raise CatalogueError(
            "CATALOGUE-256",
            f"Agreement {old.number} holds until before {day_words(end)}. Let the renewal begin "
            "then or later.",
        )
    return old


@action
def sign_agreement(*, actor: Actor, agreement_id: UUID, side: str) -> Agreement:
    """Sign general terms for the “agency” or the “centre”; both signatures make them binding."""
    agreement = locked_agreement(actor, agreement_id)
    if agreement.state != "proposed" or signed_already(agreement, side):
        raise CatalogueError(
            "CATALOGUE-222",
            f"Agreement {agreement.number} is {agreement.state}; there is nothing for you to sign.",
        )
    if put_signature(actor, agreement, side):
        agreement.state = move(
            AGREEMENT_MOVES, agreement.state, "active", f"Agreement {agreement.number}"
        )
    agreement.save()
    record(
        actor=actor,
        verb="agreements.agreement_signed",
        target=agreement,
        agency_id=agreement.agency_id,
        payload={"side": side, "state": agreement.state},
    )
    return agreement


@action
def withdraw_agreement(*, actor: Actor, agreement_id: UUID, reason: str) -> Agreement:
    """Take one's own side's terms back while they do not bind yet. The number stays used."""
    agreement = locked_agreement(actor, agreement_id)
    side = own_side(actor, agreement)
    agreement.state = move(
        AGREEMENT_MOVES, agreement.state, "withdrawn", f"Agreement {agreement.number}"
    )
    close(actor, agreement, side, reason)
    agreement.save()
    record(
        actor=actor,
        verb="agreements.agreement_withdrawn",
        target=agreement,
        agency_id=agreement.agency_id,
    )
    return agreement


@action
def refuse_agreement(*, actor: Actor, agreement_id: UUID, side: str, reason: str) -> Agreement:
    """Refuse proposed terms for the “agency” or the “centre”, with a reason the other can read."""
    agreement = locked_agreement(actor, agreement_id)
    check_refusal(actor, agreement, side, reason)
    agreement.state = move(
        AGREEMENT_MOVES, agreement.state, "refused", f"Agreement {agreement.number}"
    )
    close(actor, agreement, side, reason)
    agreement.save()
    record(
        actor=actor,
        verb="agreements.agreement_refused",
        target=agreement,
        agency_id=agreement.agency_id,
        payload={"side": side},
    )
    return agreement
