"""The case of a dispute: what is said, who has it, its clocks and its history (docs/adr/0024).

Charging keeps what is held, credited and decided. A message is one act wherever it is written: the
case keeps its words, and an entry of the dispute names it.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import add_working_days, now, today
from commonweal.kernel.casework import public as casework
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.documents.public import remove_bytes
from commonweal.kernel.party.public import Person, centre
from commonweal.kernel.schema.public import Conflict

from .dispute_words import level_words
from .domain.disputes import CODES, Level
from .models import DisputeEntry, LineQuery
from .selectors.dispute_levels import level_now, levels_now

SOURCE = "charging.dispute"
SAID = ("raised", "joined", "message", "escalated", "outcome")
"""Kinds of entries whose words are the conversation's; why a credit was proposed or refused is a
word among those who decide."""
KEPT_DAYS = 3650
"""As long as a bill may be asked about."""


def queue_of(level: str) -> str:
    """The code of the queue and of the team that answer at a level."""
    return f"disputes-{level}"


def open_case(actor: Actor, query: LineQuery) -> None:
    """Open the case of a new dispute, in the queue of its level; its clock gives the last day."""
    line = query.line
    with act_as(SYSTEM):
        kind = _kind(line.service)
    with override(centre().locale):
        subject = _("Disputed: %(item)s, bill %(bill)s") % {
            "item": line.charge_item.name, "bill": line.bill.number or line.bill.period
        }  # fmt: skip
    new = casework.NewCase(
        case_type=kind,
        subject=subject[:200],
        text=query.text,
        opened_at=query.raised_at,
        queue=queue_of(query.level or CODES[0]),
        source=SOURCE,
        source_id=str(query.pk),
    )
    made = casework.open_owned(actor=actor, agency_id=query.agency_id, new=new)
    query.case = made.case


def first_words(query: LineQuery) -> Any:
    """The message with which a dispute began."""
    assert query.case is not None
    return query.case.interactions.order_by("at", "id").first()


def last_day(query: LineQuery) -> date | None:
    """The last day to answer at the dispute's level, as the clock of its case says; None where no
    clock counts the days that the level has now (they changed today, and its promise tomorrow)."""
    code, days = f"dispute.{query.level}", level_now(query.level).days
    with act_as(SYSTEM):
        clocks = casework.clocks_of(SYSTEM, casework.case(SYSTEM, query.case_id or query.pk))
    due = [
        row.due_at
        for row in clocks
        if row.definition.code == code
        and row.definition.target_days == days
        and row.due_at is not None
    ]
    return max(due).astimezone(ZoneInfo(centre().zone)).date() if due else None


def follow(actor: Actor, query: LineQuery) -> None:
    """Put the case where its dispute is: its state, its queue, who has it."""
    with_case(query)
    assert query.case_id is not None
    state = {"answered": "answered", "closed": "closed"}.get(query.state, "new")
    if state == "new" and (query.level not in ("", CODES[0]) or query.answered_at is not None):
        state = "taken_further"
    has = None
    if query.assigned_to is not None:
        with act_as(SYSTEM):
            has = person_account(query.assigned_to)
    casework.settle_case(
        actor=casework.trusted(actor, query.case_id),
        case_id=query.case_id,
        state=state,
        queue=queue_of(query.level or CODES[0]),
        to=has,
    )


def person_account(person_id: UUID) -> UUID | None:
    """The account of a person; None: they have none."""
    rows = Person.objects.filter(pk=person_id)
    return rows.values_list("user_id", flat=True).first()


def with_case(query: LineQuery) -> None:
    """Give a dispute from before there were cases its case, with all that was said and its
    standing."""
    if query.case_id is not None:
        return
    with act_as(SYSTEM):
        open_case(SYSTEM, query)
        query.save(update_fields=["case"])
        _bring_words(query)
        if query.state != "open" or query.level not in ("", CODES[0]):
            follow(SYSTEM, query)


def _bring_words(query: LineQuery) -> None:
    """What was said before there was a case goes into it; the entries name it from then on."""
    assert query.case_id is not None
    first = first_words(query)
    rows = query.entries.filter(interaction=None, kind__in=SAID).exclude(text="")
    for row in rows.order_by("at", "id"):
        if row.kind == "raised":
            row.interaction = first
        else:
            row.interaction = casework.bring_words(
                actor=SYSTEM, case_id=query.case_id, text=row.text, at=row.at,
                out=row.centre_side, author=row.author,
            )  # fmt: skip
        row.text = ""
        row.save(update_fields=["interaction", "text"])


def speak(actor: Actor, query: LineQuery, kind: str, text: str, **more: Any) -> DisputeEntry:
    """Say something in the case of a dispute; the entry that names it, as what it was (`kind`)."""
    with_case(query)
    assert query.case_id is not None
    who = casework.trusted(actor, query.case_id)
    if actor.centre:
        said = casework.answer(actor=who, case_id=query.case_id, text=text)
    else:
        said = casework.receive_message(actor=who, case_id=query.case_id, said=casework.Said(text))
    row = query.entries.get(interaction_id=said.pk)
    if kind != "message" or more:
        row.kind = kind
        for name, value in more.items():
            setattr(row, name, value)
        row.save()
    return row


def keep_file(actor: Actor, query: LineQuery, filename: str, media_type: str, data: bytes) -> Any:
    """Keep a file with the case of a dispute; its document."""
    with_case(query)
    assert query.case_id is not None
    kept = casework.attach(
        actor=casework.trusted(actor, query.case_id),
        case_id=query.case_id,
        filename=filename,
        media_type=media_type[:100] or "application/octet-stream",
        data=data,
    )
    return kept.document


def forget(actor: Actor, case: Any, event: Any) -> None:
    """What charging keeps of the words of a dispute goes with those of its case (law 12); amounts,
    days and outcomes stay. A hook of every event."""
    if event.kind != "erased" or case.erased_at is None or case.case_type.family != "dispute":
        return
    LineQuery.objects.filter(case=case).update(text="", answer="")
    DisputeEntry.objects.filter(query__case=case).update(text="")
    papers = DisputeEntry.objects.filter(query__case=case, document__isnull=False)
    old = papers.filter(document__owner_type="charging.LineQuery")
    ids = list(old.values_list("document_id", flat=True))
    if ids:  # from before files lay with the case
        remove_bytes(actor=actor, document_ids=ids, reason="dispute erased")


def heard(actor: Actor, case: Any, event: Any) -> None:
    """A message in a dispute's case is one of the dispute; a hook of every event (BILL-111)."""
    if event.kind != "message" or case.case_type.family != "dispute" or "brought" in event.data:
        return
    query = LineQuery.objects.filter(case=case).first()
    if query is None:
        return
    if query.state == "closed":
        raise Conflict(
            "BILL-111", "This dispute is closed and stays so. Dispute the line anew if you must."
        )
    DisputeEntry.objects.create(
        agency_id=query.agency_id,
        query=query,
        at=now(),
        kind="message",
        level=query.level or CODES[0],
        centre_side=event.data["direction"] == "out",
        author=actor.user_id,
        interaction_id=UUID(str(event.data["interaction"])),
    )


def _kind(service: Service) -> str:
    """The code of the kind of case of a service's disputes; all that it needs is put first."""
    code = f"dispute-{service.code}"[:40]
    with override(centre().locale):
        names = level_words()
        plan = casework.DeskPlan(
            service=service.code,
            teams=[{"code": queue_of(each), "name": _("Disputes: %(who)s") % {"who": names[each]}}
                   for each in CODES],
            queues=[{"code": queue_of(each), "name": _("Disputes: %(who)s") % {"who": names[each]},
                     "team": queue_of(each)} for each in CODES],
            types=[
                casework.TypeDraft(
                    code=code,
                    name=_("Dispute of a charge: %(service)s") % {"service": service.name},
                    family="dispute",
                    audience="agency",
                    service=service.code,
                    machine=casework.DISPUTE,
                    queue=queue_of(CODES[0]),
                    retention_days=KEPT_DAYS,
                )
            ],
        )  # fmt: skip
    if not casework.CaseType.objects.filter(code=code).exists():
        casework.lay_desk(actor=SYSTEM, plan=plan)
        known = {row.code for row in casework.promises(SYSTEM)}
        for level in levels_now():
            if f"dispute.{level.code}" not in known:
                _promise(level, today(centre().zone))
    return code


def promise_again(code: str) -> None:
    """Other days of a level hold for its clock from today on, or from tomorrow where they changed
    today already; disputes that are at the level keep theirs."""
    with act_as(SYSTEM):
        versions = [r for r in casework.promises(SYSTEM) if r.code == f"dispute.{code}"]
        level, day = level_now(code), today(centre().zone)
        newest = max(versions, key=lambda row: row.starts, default=None)
        if newest is None or newest.target_days == level.days:
            return
        _promise(level, day if newest.starts < day else add_one(newest.starts))


def add_one(day: date) -> date:
    """The day after."""
    return day.fromordinal(day.toordinal() + 1)


def _promise(level: Level, starts: date) -> None:
    """The clock of a level: working days while its team has the case, to the end of the last."""
    team = next(row for row in casework.teams(SYSTEM) if row.code == queue_of(level.code))
    with override(centre().locale):
        name = _("Dispute answered: %(who)s") % {"who": level_words()[level.code]}
    casework.put_promise(
        actor=SYSTEM,
        promise=casework.Promise(
            code=f"dispute.{level.code}",
            name=name,
            metric="resolution",
            kind="ola",
            calendar="office",
            starts=starts,
            conditions={"family": ["dispute"], "team": [str(team.pk)]},
            target_days=level.days,
            end_of_day=True,
        ),
    )


def working_day(days: int) -> date:
    """The local day that many working days from today."""
    return add_working_days(today(centre().zone), days)
