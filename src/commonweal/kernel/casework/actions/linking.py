"""Cases beside one another: links, merging two into one, splitting one into two, watching."""

from __future__ import annotations

from uuid import UUID

from ...access.public import Actor
from ...audit.public import action
from ...schema.public import Conflict
from ..domain.errors import CaseError
from ..models import Case, CaseLink, Interaction, Watcher
from ..models.around import LINKS
from ..rules import require_work
from ..search import add_words
from .events import append, locked, require_whole
from .moving import machine, put_state
from .opening import NewCase, Opened, open_case
from .owned import OWNED


def _pair(actor: Actor, one: UUID, other: UUID) -> tuple[Case, Case]:
    """Two cases of one agency, locked in the order of their ids (CASE-404, 129)."""
    if one == other:
        raise CaseError("CASE-129", "Both are the same case. Choose another.", field="other")
    found = {each: locked(actor, each) for each in sorted((one, other))}
    first, second = found[one], found[other]
    if first.agency_id != second.agency_id:
        raise CaseError(
            "CASE-129",
            "The two cases are of different agencies, which never see each other's. Choose a case "
            "of the same agency.",
            field="other",
        )
    return first, second


@action
def link_cases(*, actor: Actor, case_id: UUID, other_id: UUID, kind: str) -> CaseLink:
    """Say how a case stands to another of the same agency (CASE-129, 130)."""
    case, other = _pair(actor, case_id, other_id)
    require_work(actor, case)
    if kind not in dict(LINKS):
        raise CaseError("CASE-130", "Choose how the two belong together.", field="kind")
    made, _fresh = CaseLink.objects.get_or_create(
        case=case,
        other=other,
        kind=kind,
        defaults={"agency_id": case.agency_id, "made_by": actor.user_id},
    )
    append(actor, case, "linked", {"other": str(other.pk), "kind": kind}, reproject=False)
    return made


@action
def unlink_cases(*, actor: Actor, case_id: UUID, link_id: UUID) -> Case:
    """Take a link away; that it was there stays in the history (CASE-405)."""
    case = locked(actor, case_id)
    require_work(actor, case)
    link = CaseLink.objects.filter(pk=link_id, case=case).first()
    if link is None:
        raise CaseError("CASE-130", "There is no such link. Look at the case again.")
    data = {"other": str(link.other_id), "kind": link.kind}
    link.delete()
    append(actor, case, "unlinked", data, reproject=False)
    return case


@action
def merge_cases(*, actor: Actor, case_id: UUID, into_id: UUID, same_person: bool = False) -> Case:
    """Merge a case into another of the same agency: everything said goes on in the other one, which
    keeps the earlier start (R12). It cannot be undone. `same_person`: who asked is one person whom
    we know twice. CASE-129, 111, 131 a closed one, or two who asked: one would read the other; 248
    for a matter that another room keeps.
    """
    case, into = _pair(actor, case_id, into_id)
    require_work(actor, case)
    require_work(actor, into)
    require_whole(case)
    require_whole(into)
    if {case.case_type.family, into.case_type.family} & set(OWNED):
        raise Conflict(
            "CASE-248",
            "This is decided where the matter itself is kept. Link the cases instead of merging.",
        )
    if case.phase == "closed" or into.phase == "closed":
        raise Conflict("CASE-131", "A closed case is not merged. Open it again first, or link it.")
    if case.requester_id not in (None, into.requester_id) and not same_person:
        raise CaseError(
            "CASE-131",
            "Different people asked for these two cases, and one would read what the other said. "
            "Link them as duplicates, or say that both are one person.",
            field="other",
        )
    end = machine(case).in_phase("closed")
    case.merged_into = into
    append(actor, case, "merged", {"into": str(into.pk)})
    if end is not None:
        put_state(actor, case, end)
    _carry(case, into)
    append(
        actor, into, "absorbed",
        {"case": str(case.pk), "opened_at": case.opened_at.isoformat()},
    )  # fmt: skip
    return into


def _carry(case: Case, into: Case) -> None:
    """What was said and sent moves to the case that goes on; the earlier start is kept."""
    said = case.interactions.exclude(direction="note")
    texts = list(said.values_list("text", flat=True))
    case.interactions.update(case=into)
    case.attachments.update(case=into)
    for row in case.watchers.all():
        Watcher.objects.get_or_create(
            agency_id=into.agency_id, case=into, user_id=row.user_id, contact=row.contact
        )
    asked = case.requester
    if asked is not None and asked != into.requester:
        Watcher.objects.get_or_create(
            agency_id=into.agency_id, case=into, user_id=None, contact=asked
        )
    into.opened_at = min(into.opened_at, case.opened_at)
    into.contacts += case.contacts
    add_words(into.agency_id, into.pk, [case.number, case.subject, *texts])


@action
def split_case(
    *, actor: Actor, case_id: UUID, interaction_ids: list[UUID], subject: str, category: str = ""
) -> Opened:
    """Make a case of its own from some of what was said: the messages move, the two stay linked.

    CASE-132 for messages that are not of this case, or all of them; CASE-113 no subject.
    """
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    rows = list(case.interactions.filter(pk__in=interaction_ids).order_by("at", "id"))
    if not rows or len(rows) != len(set(interaction_ids)) or _all(case, rows):
        raise CaseError(
            "CASE-132",
            "Choose messages of this case that become a case of their own, but not all of them.",
            field="interaction_ids",
        )
    made = open_case(
        actor=actor,
        agency_id=case.agency_id,
        new=NewCase(
            case_type="" if category else case.case_type.code,
            category=category,
            subject=subject,
            channel=rows[0].channel,
            requester=case.requester,
            reporter=case.reporter,
            opened_at=rows[0].at,
            answers=case.answers,
        ),
    )
    Interaction.objects.filter(pk__in=[row.pk for row in rows]).update(case=made.case)
    for row in rows:
        row.attachments.update(case=made.case)
    said = [row.text for row in rows if row.direction != "note"]
    add_words(case.agency_id, made.case.pk, said)
    CaseLink.objects.create(
        agency_id=case.agency_id, case=made.case, other=case, kind="split_from",
        made_by=actor.user_id,
    )  # fmt: skip
    append(actor, case, "split", {"into": str(made.case.pk)}, reproject=False)
    return made


def _all(case: Case, rows: list[Interaction]) -> bool:
    return case.interactions.count() == len(rows)


@action
def watch_case(*, actor: Actor, case_id: UUID, on: bool = True) -> Case:
    """Be told what happens to a case that one may see, or no more."""
    case = locked(actor, case_id)
    if actor.user_id is None:
        raise CaseError("CASE-133", "Only somebody who signed in can watch a case.")
    if on:
        Watcher.objects.get_or_create(
            agency_id=case.agency_id, case=case, user_id=actor.user_id, contact=None
        )
    else:
        Watcher.objects.filter(case=case, user_id=actor.user_id).delete()
    append(actor, case, "watched" if on else "unwatched", reproject=False)
    return case


@action
def rebuild_clocks(*, actor: Actor, case_id: UUID) -> Case:
    """Compute the clocks of a case anew from its events; nothing else changes."""
    case = locked(actor, case_id)
    require_work(actor, case)
    append(actor, case, "rebuilt")
    return case
