"""Erasure (design law 12): texts, names, places and files go; figures and the audit chain stay.

A case that was merged into another goes with the one that goes on, because what was said lies
there. What is held, or still at work, stays, and the plan says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import now
from ...documents.public import Document, remove_bytes
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ..domain.errors import CaseError
from ..models import (
    Approval,
    Attachment,
    Case,
    CaseFee,
    CaseType,
    CaseWord,
    Consent,
    Contact,
    Erasure,
    IdentityCheck,
    Interaction,
    LegalHold,
    MailIntake,
    Payback,
    ScannedLetter,
    Task,
    Watcher,
)
from ..rules import MANAGE
from ..search import index_case
from .events import append

GONE = "–"
"""What stands for a subject that was erased."""
HOLDING = ("held", "ending")
SHORTEST_REASON = 10


@dataclass(frozen=True)
class Plan:
    """What an erasure of a contact would do. `goes`: cases erased whole. `said`: cases of others in
    which only what the contact said is erased. `stays`: (case, why) with why `live` or `held`.
    `contact_goes`: whether the contact itself is emptied. `counts`: how much of what."""

    contact: Contact
    goes: list[Case] = field(default_factory=list)
    said: list[Case] = field(default_factory=list)
    stays: list[tuple[Case, str]] = field(default_factory=list)
    held: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def contact_goes(self) -> bool:
        """Whether nothing keeps the contact."""
        return not self.held and not self.stays


@dataclass(frozen=True)
class CasePlan:
    """What erasing one case would do today. `why_not`: live, held, merged or erased, where it
    cannot be ("": it can). `goes`: the case with those merged into it; `counts`: how much of what;
    `people`: the contacts emptied with it; `stays`: those that something else needs."""

    case: Case
    why_not: str
    goes: list[Case]
    counts: dict[str, int]
    people: list[Contact]
    stays: list[Contact]


def is_held(case: Case) -> bool:
    """Whether a hold stands on a case, on one merged into it, or on anybody whom they name: who
    asked or reported, wrote, watched, agreed or was checked."""
    family = [case.pk, *_absorbed([case.pk])]
    standing = LegalHold.objects.filter(state__in=HOLDING, agency_id=case.agency_id)
    if standing.filter(case_id__in=family).exists():
        return True
    people = set(standing.filter(contact__isnull=False).values_list("contact_id", flat=True))
    return bool(people) and bool(_naming(people) & set(family))


def held_cases() -> set[UUID]:
    """The cases that a hold keeps, each with the one that it was merged into."""
    rows = LegalHold.objects.filter(state__in=HOLDING).values_list("case_id", "contact_id")
    found = {case for case, _contact in rows if case is not None}
    found |= _naming({contact for _case, contact in rows if contact is not None})
    level = found
    while level:
        merged = Case.objects.filter(pk__in=level, merged_into__isnull=False)
        level = set(merged.values_list("merged_into_id", flat=True)) - found
        found |= level
    return found


def _absorbed(ids: Iterable[UUID]) -> list[UUID]:
    """The cases merged into these, and into those."""
    found: list[UUID] = []
    level = list(ids)
    while level:
        rows = Case.objects.filter(merged_into_id__in=level).order_by("id")
        level = list(rows.values_list("pk", flat=True))
        found += level
    return found


@action
def erase_case(*, actor: Actor, case_id: UUID, reason: str) -> Erasure:
    """Erase a closed case now, at somebody's request, with a reason of ten characters or more.

    Errors: CASE-404, 141 not closed, 142 held, 143 erased before, 144 no reason, 145 merged.
    """
    require(actor, MANAGE)
    reason = _reason(reason)
    case = _locked(case_id)
    if case.merged_into_id is not None:
        raise Conflict(
            "CASE-145", "This case was merged into another and goes with it. Erase that one."
        )
    if case.erased_at is not None:
        raise Conflict("CASE-143", "This case was erased before. Nothing is left to erase.")
    if case.phase != "closed":
        raise Conflict("CASE-141", "This case is not closed. Close it first, then erase it.")
    if is_held(case):
        raise Conflict(
            "CASE-142", "A legal hold stands on this case. Nothing is erased until it is lifted."
        )
    return _erase(actor, case, "request", reason)


def _reason(text: str) -> str:
    if len(text.strip()) < SHORTEST_REASON:
        raise CaseError(
            "CASE-144",
            "Say in at least ten characters why, without naming anybody: the reason is kept.",
            field="reason",
        )
    return text.strip()[:120]


def _locked(case_id: UUID) -> Case:
    rows = Case.objects.select_for_update(of=("self",)).select_related(
        "case_type", "category", "agency", "queue", "requester", "reporter"
    )
    found = rows.filter(pk=case_id).first()
    if found is None:
        raise NotFound("CASE-404", "There is no such case among those you may see.")
    return found


def _erase(who: Actor, case: Case, cause: str, rule: str) -> Erasure:
    """Erase a locked case with those merged into it."""
    counts: Counter[str] = Counter()
    others = [_locked(pk) for pk in _absorbed([case.pk])]
    people: set[UUID] = set()
    for each in (case, *others):
        counts["cases"] += 1
        people |= {pk for pk in (each.requester_id, each.reporter_id) if pk is not None}
        people |= _around(each.pk)
        counts.update(_empty(who, each, rule if cause == "schedule" else "request"))
    counts["contacts"] += _empty_contacts(who, people)
    row = Erasure.objects.create(
        agency_id=case.agency_id, case=case, cause=cause, rule=rule, counts=dict(counts),
        erased_by=who.user_id,
    )  # fmt: skip
    return row


_NAMED: tuple[tuple[type[Model], str], ...] = (
    (Interaction, "contact_id"),
    (Watcher, "contact_id"),
    (IdentityCheck, "contact_id"),
    (Consent, "person_id"),
    (Consent, "agent_id"),
)
"""Where a case names people, besides who asked and who reported."""


def _around(case_id: UUID) -> set[UUID]:
    """The contacts of messages, watchers, consents and checks of a case."""
    found: set[UUID] = set()
    for model, name in _NAMED:
        rows = model._default_manager.filter(case_id=case_id).values_list(name, flat=True)
        found |= {pk for pk in rows if pk is not None}
    return found


def _naming(contacts: set[UUID]) -> set[UUID]:
    """The cases that name any of these contacts."""
    asked = Q(requester_id__in=contacts) | Q(reporter_id__in=contacts)
    found = set(Case.objects.filter(asked).values_list("pk", flat=True))
    for model, name in _NAMED:
        rows = model._default_manager.filter(**{f"{name}__in": contacts})
        found |= {pk for pk in rows.values_list("case_id", flat=True) if pk is not None}
    return found


def _empty(who: Actor, case: Case, why: str) -> dict[str, int]:
    """Empty one locked case: texts, answers, place, files, words; and write that it happened."""
    said = case.interactions.all()
    files = case.attachments.all()
    papers = case.consents.all()
    mails = MailIntake.objects.filter(case=case)
    counts = {
        "interactions": said.count(),
        "attachments": files.count(),
        "documents": _drop_files(who, said, files, papers, mails, why),
        "words": CaseWord.objects.filter(case=case).delete()[0],
    }
    said.update(text="", folded="", html="", message_id="", contact=None, raw=None)
    papers.update(how="", document=None)
    Watcher.objects.filter(case=case).delete()
    Approval.objects.filter(case=case).update(reason="")
    IdentityCheck.objects.filter(case=case).update(note="", code_hash="")
    known = {str(row.get("name", ""))[:200] for row in case.case_type.tasks}
    Task.objects.filter(case=case).update(reason="")
    CaseFee.objects.filter(case=case).update(waive_reason="")
    Payback.objects.filter(fee__case=case).update(reason="")
    ScannedLetter.objects.filter(case=case).update(name=GONE, sentence="")
    Task.objects.filter(case=case).exclude(name__in=known).update(name=GONE)
    case.subject, case.resolution, case.answers, case.place = GONE, "", {}, ""
    case.latitude = case.longitude = None
    case.requester = case.reporter = None
    case.tracking_hash, case.published, case.erased_at = "", False, now()
    append(who, case, "erased", {"interactions": counts["interactions"]}, reproject=False)
    return counts


def _drop_files(
    who: Actor,
    said: QuerySet[Interaction],
    files: QuerySet[Attachment],
    papers: QuerySet[Consent],
    mails: QuerySet[MailIntake],
    why: str,
) -> int:
    """Remove the bytes of files, pictures drawn from them, mails as they came (those that nobody
    reads as a message too: bounces, and what was dropped), and papers; the rows of files stay
    without their names, those of mails without their sender's mark."""
    ids = _documents_of(said, files, papers, mails)
    files.update(name=GONE, verdict="erased", reason="", shown=None, small=None, public=False)
    mails.update(sender_hash="")
    return remove_bytes(actor=who, document_ids=ids, reason=why) if ids else 0


def _documents_of(
    said: QuerySet[Interaction],
    files: QuerySet[Attachment],
    papers: QuerySet[Consent],
    mails: QuerySet[MailIntake],
) -> set[UUID]:
    """The documents of which an erasure removes the bytes."""
    ids: set[UUID] = set()
    for names in files.values_list("document_id", "shown_id", "small_id"):
        ids |= {pk for pk in names if pk is not None}
    ids |= {pk for pk in said.values_list("raw_id", flat=True) if pk is not None}
    for rows, name in ((papers, "document_id"), (mails, "raw_id")):
        ids |= {pk for pk in rows.values_list(name, flat=True) if pk is not None}
    return ids


def _empty_contacts(who: Actor, ids: Iterable[UUID]) -> int:
    """Empty the contacts that no other case needs and no hold keeps."""
    emptied = 0
    for contact in Contact.objects.select_for_update().filter(
        pk__in=set(ids), erased_at__isnull=True
    ).order_by("id"):  # fmt: skip
        if _needed(contact):
            continue
        _empty_contact(who, contact)
        emptied += 1
    return emptied


def _needed(contact: Contact, apart: Iterable[UUID] = ()) -> bool:
    """Whether a hold, a case or a consent needs a contact; `apart`: cases that do not count."""
    if contact.holds.filter(state__in=HOLDING).exists():
        return True
    mine = Q(requester=contact) | Q(reporter=contact) | Q(watchers__contact=contact)
    kept = Case.objects.filter(erased_at__isnull=True).exclude(pk__in=apart)
    if kept.filter(mine).exists():
        return True
    said = Interaction.objects.filter(contact=contact, case__erased_at__isnull=True)
    if said.exclude(case_id__in=apart).exists():
        return True
    papers = Consent.objects.filter(Q(person=contact) | Q(agent=contact), ended_at__isnull=True)
    live = Q(case__erased_at__isnull=True) & ~Q(case_id__in=apart)
    return papers.filter(Q(case__isnull=True) | live).exists()


def case_plan_of(case: Case) -> CasePlan:
    """What an erasure of a case would do today, counted as the erasure itself counts."""
    ids = [case.pk, *_absorbed([case.pk])]
    goes = list(Case.objects.filter(pk__in=ids).order_by("opened_at", "id"))
    said = Interaction.objects.filter(case_id__in=ids)
    files = Attachment.objects.filter(case_id__in=ids)
    papers = Consent.objects.filter(case_id__in=ids)
    mails = MailIntake.objects.filter(case_id__in=ids)
    around = {each.requester_id for each in goes} | {each.reporter_id for each in goes}
    known = {pk for pk in around if pk is not None}.union(*map(_around, ids))
    named = Contact.objects.filter(pk__in=known, erased_at__isnull=True).order_by("name", "id")
    people = [each for each in named if not _needed(each, ids)]
    counts = {
        "cases": len(goes),
        "interactions": said.count(),
        "attachments": files.count(),
        "documents": Document.objects.filter(
            pk__in=_documents_of(said, files, papers, mails), removal__isnull=True
        ).count(),
        "words": CaseWord.objects.filter(case_id__in=ids).count(),
        "contacts": len(people),
    }
    stays = [each for each in named if each not in people]
    return CasePlan(case, _why_not(case), goes, counts, people, stays)


def _why_not(case: Case) -> str:
    if case.merged_into_id is not None:
        return "merged"
    if case.erased_at is not None:
        return "erased"
    if case.phase != "closed":
        return "live"
    return "held" if is_held(case) else ""


def _empty_contact(who: Actor, contact: Contact) -> None:
    contact.name = contact.email = contact.phone = contact.address = ""
    contact.register_number = contact.language = ""
    contact.person_id = contact.verified_at = contact.phone_known_at = None
    contact.erased_at = now()
    contact.save()
    record(actor=who, verb="case.contact_erased", target=contact, agency_id=contact.agency_id)


@action
def erase_due(*, actor: Actor, limit: int = 100) -> int:
    """Erase cases whose kind's days after closing are over; how many were.

    What is held stays and is looked at again the next night.
    """
    if actor.kind != "system":
        require(actor, MANAGE)
    moment, done, held = now(), 0, held_cases()
    for kind in CaseType.objects.order_by("code"):
        if done >= limit:
            break
        rule = f"{kind.code}: {kind.retention_days} days after closing"
        for pk in due(kind, moment, held).values_list("pk", flat=True)[: limit - done]:
            case = _locked(pk)
            if case.erased_at is None and case.phase == "closed" and not is_held(case):
                _erase(actor, case, "schedule", rule[:120])
                done += 1
    record(
        actor=actor,
        verb="case.retention_kept",
        target=("party.Agency", centre().agency_id),
        payload={"erased": done},
    )
    return done


def due(kind: CaseType, moment: datetime, held: Iterable[UUID] | None = None) -> QuerySet[Case]:
    """The cases of a kind whose time is over and that nothing holds, the longest closed first.
    `held`: `held_cases()`, for who asks of several kinds."""
    rows = Case.objects.filter(
        case_type=kind,
        phase="closed",
        erased_at__isnull=True,
        merged_into__isnull=True,
        hold=False,
        closed_at__lt=moment - timedelta(days=kind.retention_days),
    )
    kept = held_cases() if held is None else held
    return rows.exclude(pk__in=list(kept)).order_by("closed_at", "id")


def plan_of(contact: Contact) -> Plan:
    """What an erasure of a contact would do today."""
    plan = Plan(contact, held=contact.holds.filter(state__in=HOLDING).exists())
    own = Q(requester=contact) | Q(interactions__contact=contact) | Q(reporter=contact)
    found = Case.objects.filter(own).order_by("opened_at", "id").distinct()
    whole: dict[UUID, Case] = {}
    for case in found.select_related("case_type", "requester", "reporter"):
        while case.merged_into_id is not None:
            case = Case.objects.select_related("case_type", "requester", "reporter").get(
                pk=case.merged_into_id
            )
        whole.setdefault(case.pk, case)
    for case in whole.values():
        if case.erased_at is not None:
            continue
        if plan.held or is_held(case):
            plan.stays.append((case, "held"))
        elif case.requester_id != contact.pk:
            plan.said.append(case)
        elif case.phase != "closed":
            plan.stays.append((case, "live"))
        else:
            plan.goes.append(case)
    going = [each.pk for each in plan.goes]
    going += _absorbed(going)
    said = Q(case_id__in=going) | Q(case_id__in=[each.pk for each in plan.said], contact=contact)
    rows = Interaction.objects.filter(said)
    plan.counts.update(
        cases=len(going),
        interactions=rows.count(),
        attachments=Attachment.objects.filter(
            Q(case_id__in=going) | Q(interaction__in=rows)
        ).count(),
        contacts=int(plan.contact_goes),
    )
    return plan


@action
def erase_contact(*, actor: Actor, contact_id: UUID, reason: str) -> Erasure:
    """Do what a person asked for: erase them and their closed cases, as the plan says; what is
    held or at work stays, and is counted.

    Errors: CASE-406 no such contact, 144 no reason, 146 erased before.
    """
    require(actor, MANAGE)
    reason = _reason(reason)
    contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("CASE-406", "There is no such contact among those you may see.")
    if contact.erased_at is not None:
        raise Conflict("CASE-146", "This contact was erased before. Nothing is left to erase.")
    plan = plan_of(contact)
    counts: Counter[str] = Counter(kept=len(plan.stays))
    for case in plan.goes:
        counts.update(_erase(actor, _locked(case.pk), "request", reason).counts)
    for case in plan.said:
        counts.update(_erase_said(actor, case, contact))
    if plan.contact_goes:
        contact.refresh_from_db()
        if contact.erased_at is None:
            _forget(contact)
            _empty_contact(actor, contact)
            counts["contacts"] += 1
    made = Erasure.objects.create(
        agency_id=contact.agency_id, contact_id=contact.pk, cause="request", rule=reason,
        counts=dict(counts), erased_by=actor.user_id,
    )  # fmt: skip
    record(
        actor=actor, verb="case.contact_erasure", target=contact, agency_id=contact.agency_id,
        payload={"kept": counts["kept"], "contacts": counts["contacts"]},
    )  # fmt: skip
    return made


def _erase_said(who: Actor, case: Case, contact: Contact) -> dict[str, int]:
    """What a contact said in the case of another; its words are found no more."""
    case = _locked(case.pk)
    said = case.interactions.filter(contact=contact)
    ids = list(said.values_list("pk", flat=True))
    files = case.attachments.filter(interaction_id__in=ids)
    counts = {"interactions": len(ids), "attachments": files.count()}
    mails = MailIntake.objects.filter(case=case, state__in=["bounce", "dropped_loop"])
    counts["documents"] = _drop_files(who, said, files, Consent.objects.none(), mails, "request")
    said.update(text="", folded="", html="", message_id="", raw=None)
    _words_again(case)
    append(who, case, "erased", {"interactions": len(ids)}, reproject=False)
    return counts


def _words_again(case: Case) -> None:
    """Index a case anew by what is left of it."""
    CaseWord.objects.filter(case=case).delete()
    said = case.interactions.exclude(direction="note").order_by("at", "id")
    index_case(case, list(said.values_list("text", flat=True)))


def _forget(contact: Contact) -> None:
    """Take the contact out of what stays of others' cases."""
    Watcher.objects.filter(contact=contact).delete()
    Consent.objects.filter(Q(person=contact) | Q(agent=contact)).update(how="", ended_at=now())
