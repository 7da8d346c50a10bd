"""Erasure keeps figures and the audit chain; holds need two people; clocks are proved."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.audit.public import seal, verify
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.exporting import case_files, export_cases
from commonweal.kernel.casework.keeping_tasks import erase_old
from commonweal.kernel.casework.models import (
    CaseCount,
    CaseEvent,
    CaseWord,
    Clock,
    ClockDrift,
    Contact,
    Interaction,
)
from commonweal.kernel.documents.models import Document, DocumentRemoval
from commonweal.kernel.documents.public import open_document, store
from commonweal.kernel.documents.removing import _unlink, sweep_removed
from commonweal.kernel.documents.storage import absolute
from commonweal.kernel.measures.public import MeasureFact, shares
from commonweal.kernel.schema.public import Conflict, NotFound

from .conftest import MONDAY, Desk, person

WHY = "Asked for in writing"


@pytest.fixture(autouse=True)
def folder(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


def closed(desk: Desk, **more: object) -> casework.Case:
    """A case with a file, answered, resolved and closed on Monday."""
    case = desk.case(**more)
    casework.attach(
        actor=desk.agent, case_id=case.pk, filename="Ana Ruiz.txt", media_type="text/plain",
        data=b"My name is Ana",
    )  # fmt: skip
    casework.answer(actor=desk.agent, case_id=case.pk, text="Try the blue cable, Ana.")
    casework.move_case(
        actor=desk.agent, case_id=case.pk, state="resolved", resolution="Ana plugged it in."
    )
    return casework.move_case(actor=desk.agent, case_id=case.pk, state="closed")


def figures(case: casework.Case) -> tuple[object, ...]:
    """What statistics know of a case."""
    fields = ("definition", "cycle", "state", "elapsed_us", "paused_us", "due_at", "breached_at",
              "stopped_at", "month")  # fmt: skip
    clocks = list(Clock.objects.filter(case=case).order_by("definition", "cycle").values(*fields))
    case.refresh_from_db()
    return (case.phase, case.opened_at, case.closed_at, case.contacts, case.channel, clocks)


def test_retention_empties_texts_and_keeps_figures_and_the_chain(desk: Desk) -> None:
    case = closed(desk)
    before, events = figures(case), CaseEvent.objects.filter(case=case).count()
    counted = sum(CaseCount.objects.filter(phase="closed").values_list("number", flat=True))
    with at(MONDAY + timedelta(days=1094)):
        assert casework.erase_due(actor=SYSTEM) == 0
    with at(MONDAY + timedelta(days=1096)):
        assert casework.erase_due(actor=SYSTEM) == 1
        assert casework.erase_due(actor=SYSTEM) == 0
    assert figures(case) == before
    assert CaseEvent.objects.filter(case=case).count() == events + 1
    assert counted == sum(CaseCount.objects.filter(phase="closed").values_list("number", flat=True))
    assert (case.subject, case.resolution, case.answers, case.requester) == ("–", "", {}, None)
    said = Interaction.objects.filter(case=case)
    assert said.exists()
    assert not said.exclude(text="", folded="", html="", contact=None).exists()
    assert not CaseWord.objects.filter(case=case).exists()
    assert not Contact.objects.exclude(name="").exists()
    assert case.attachments.get().name == "–"
    document = Document.objects.get()
    assert (document.filename, document.size) == ("file.txt", 14)
    assert DocumentRemoval.objects.get(document=document).reason.startswith("incident: 1095 days")
    with pytest.raises(NotFound, match="erased"):
        open_document(SYSTEM, document.pk)
    seal()
    assert not verify().problems
    row = casework.erasures(desk.owner)[0]
    assert (row.cause, row.counts["interactions"], row.counts["contacts"]) == ("schedule", 2, 1)


def test_bytes_go_when_no_document_needs_them(desk: Desk) -> None:
    case, other = closed(desk), closed(desk, subject="Another")
    path = absolute(Document.objects.first().path)  # type: ignore[union-attr]
    assert path.is_file()
    casework.erase_case(actor=desk.owner, case_id=case.pk, reason=WHY)
    assert _unlink([Document.objects.first().path]) == 0  # type: ignore[union-attr]
    assert path.is_file()
    casework.erase_case(actor=desk.owner, case_id=other.pk, reason=WHY)
    assert sweep_removed() == 1
    assert not path.exists()
    again = store(
        actor=SYSTEM, agency_id=desk.parks.pk, owner=("casework.Case", case.pk), kind="original",
        filename="a.txt", media_type="text/plain", data=b"My name is Ana",
    )  # fmt: skip
    assert open_document(SYSTEM, again.pk) == b"My name is Ana"


def kept(desk: Desk, state: str, case: casework.Case | None, text: bytes) -> casework.MailIntake:
    """A mail as the door keeps it."""
    return casework.keep_mail(
        actor=SYSTEM, agency_id=desk.parks.pk, origin=casework.Origin("test"),
        kept=casework.Kept(text.hex()[:64], "0" * 64, "it", "ana@parks.example"),
        receipt=casework.MailReceipt(state, "", case.pk if case else None), raw=text,
    )  # fmt: skip


def test_an_erasure_takes_mails_words_and_bytes_as_its_plan_says(desk: Desk) -> None:
    """Mails that nobody reads as a message too: bounces and what was dropped name people."""
    case, other = closed(desk), desk.case(subject="Another printer")
    mails = [kept(desk, state, case, f"Ana {state}".encode()) for state in ("bounce", "taken")]
    stays = kept(desk, "taken", other, b"Ana about the other")
    paths = [absolute(Document.objects.get(pk=row.raw_id).path) for row in (*mails, stays)]
    assert all(path.is_file() for path in paths)
    assert casework.search_cases(desk.owner, "cable")
    plan = casework.case_plan(desk.owner, case.pk)
    assert (plan.why_not, plan.counts["documents"], len(plan.stays)) == ("", 3, 1)
    row = casework.erase_case(actor=desk.owner, case_id=case.pk, reason=WHY)
    assert {name: row.counts.get(name, 0) for name in plan.counts} == plan.counts
    assert not casework.search_cases(desk.owner, "cable")
    assert casework.case_plan(desk.owner, case.pk).why_not == "erased"
    for each in mails:
        each.refresh_from_db()
        assert each.sender_hash == ""
        with pytest.raises(NotFound, match="erased"):
            open_document(SYSTEM, each.raw_id)
    file = case.attachments.get()
    with pytest.raises(NotFound, match="erased"):
        open_document(SYSTEM, file.document_id)
    assert sweep_removed() == 3
    assert [path.exists() for path in paths] == [False, False, True]
    assert open_document(SYSTEM, stays.raw_id) == b"Ana about the other"


def test_a_person_takes_the_bounces_that_name_them_along(desk: Desk) -> None:
    case = desk.case()
    who = casework.put_contact(
        actor=desk.agent, agency_id=desk.parks.pk, name="Ben", email="ben@parks.example"
    )
    said = casework.Said(text="Me too", channel="email", contact=who)
    casework.receive_message(actor=SYSTEM, case_id=case.pk, said=said)
    bounce = kept(desk, "bounce", case, b"To ben@parks.example: not found")
    row = casework.erase_contact(actor=desk.owner, contact_id=who.pk, reason=WHY)
    assert (row.counts["documents"], row.counts["contacts"]) == (1, 1)
    with pytest.raises(NotFound, match="erased"):
        open_document(SYSTEM, bounce.raw_id)


def test_what_stands_in_the_way_of_an_erasure_is_said(desk: Desk) -> None:
    first, second = desk.case(), desk.case(subject="The same printer")
    assert casework.case_plan(desk.owner, first.pk).why_not == "live"
    casework.merge_cases(actor=desk.agent, case_id=second.pk, into_id=first.pk)
    assert casework.case_plan(desk.owner, second.pk).why_not == "merged"
    done = closed(desk, subject="Done")
    casework.put_legal_hold(actor=desk.owner, case_id=done.pk, reason=WHY)
    assert casework.case_plan(desk.owner, done.pk).why_not == "held"
    with pytest.raises(NotFound):
        casework.case_plan(desk.owner, desk.parks.pk)
    assert [hold.case_id for hold in casework.holds_on(desk.owner, case_id=done.pk)] == [done.pk]


def test_what_is_due_is_counted_by_kind(desk: Desk) -> None:
    case = closed(desk)
    assert {row.kind.code: row.due for row in casework.retention(desk.owner)}["incident"] == 0
    with at(MONDAY + timedelta(days=1096)):
        rows = {row.kind.code: row for row in casework.retention(desk.owner)}
        assert (rows["incident"].due, rows["incident"].oldest) == (1, MONDAY)
        assert [each.pk for each in casework.due_cases(desk.owner, "incident")] == [case.pk]
    with pytest.raises(NotFound):
        casework.due_cases(desk.owner, "nothing")


def test_mail_in_no_case_goes_after_ninety_days(desk: Desk) -> None:
    held, taken = kept(desk, "quarantined", None, b"Held"), kept(desk, "taken", None, b"Taken")
    with at(MONDAY + timedelta(days=89)):
        assert casework.remove_old_mail(actor=SYSTEM) == 0
    with at(MONDAY + timedelta(days=91)):
        erase_old(actor=SYSTEM, job_id=desk.parks.pk, payload={})
        assert casework.remove_old_mail(actor=desk.owner) == 0
    assert casework.held_mail(desk.owner, held.pk).state == "removed"
    assert open_document(SYSTEM, taken.raw_id) == b"Taken"
    with pytest.raises(NotFound, match="erased"):
        open_document(SYSTEM, held.raw_id)
    with pytest.raises(Conflict, match="not held back"):
        casework.remove_mail(actor=desk.owner, mail_id=held.pk)
    with pytest.raises(NotFound):
        casework.remove_mail(actor=desk.owner, mail_id=desk.parks.pk)


def test_a_hold_stops_erasure_and_needs_two_people_to_go(desk: Desk) -> None:
    case = closed(desk)
    hold = casework.put_legal_hold(actor=desk.owner, case_id=case.pk, reason="A court asked for it")
    with pytest.raises(Conflict, match="hold stands"):
        casework.erase_case(actor=desk.owner, case_id=case.pk, reason=WHY)
    with at(MONDAY + timedelta(days=2000)):
        assert casework.erase_due(actor=SYSTEM) == 0
    casework.lift_hold(actor=desk.owner, hold_id=hold.pk, reason="The court has decided")
    with pytest.raises(Conflict, match="Another person"):
        casework.lift_hold(actor=desk.owner, hold_id=hold.pk)
    with at(MONDAY + timedelta(days=2000)):
        assert casework.erase_due(actor=SYSTEM) == 0
    second = casework.lift_hold(actor=person("service_owner"), hold_id=hold.pk)
    assert second.state == "lifted"
    with at(MONDAY + timedelta(days=2000)):
        assert casework.erase_due(actor=SYSTEM) == 1


def test_a_hold_on_a_person_keeps_their_cases(desk: Desk) -> None:
    case = closed(desk)
    assert case.requester_id is not None
    casework.put_legal_hold(actor=desk.owner, contact_id=case.requester_id, reason="A court asked")
    plan = casework.erasure_plan(desk.owner, case.requester_id)
    assert ([row[1] for row in plan.stays], plan.contact_goes) == (["held"], False)
    with at(MONDAY + timedelta(days=2000)):
        assert casework.erase_due(actor=SYSTEM) == 0


def test_a_request_erases_what_is_closed_and_says_what_stays(desk: Desk) -> None:
    done, live = closed(desk), desk.case(subject="Still open")
    assert done.requester_id is not None
    plan = casework.erasure_plan(desk.owner, done.requester_id)
    assert [each.pk for each in plan.goes] == [done.pk]
    assert [(each.pk, why) for each, why in plan.stays] == [(live.pk, "live")]
    contact = done.requester_id
    casework.erase_contact(actor=desk.owner, contact_id=contact, reason=WHY)
    done.refresh_from_db()
    live.refresh_from_db()
    assert (done.erased_at is not None, live.erased_at) == (True, None)
    assert Contact.objects.get(pk=contact).name == "Ana Ruiz"
    casework.move_case(actor=desk.agent, case_id=live.pk, state="resolved", resolution="Done.")
    casework.move_case(actor=desk.agent, case_id=live.pk, state="closed")
    casework.erase_contact(actor=desk.owner, contact_id=contact, reason=WHY)
    assert Contact.objects.get(pk=contact).name == ""
    with pytest.raises(Conflict, match="before"):
        casework.erase_contact(actor=desk.owner, contact_id=contact, reason=WHY)


def test_a_request_that_can_erase_nothing_yet_is_on_record(desk: Desk) -> None:
    case = desk.case()
    assert case.requester is not None
    row = casework.erase_contact(actor=desk.owner, contact_id=case.requester.pk, reason=WHY)
    assert (row.counts["kept"], row.counts.get("contacts", 0)) == (1, 0)


def test_a_merged_case_goes_with_the_one_that_goes_on(desk: Desk) -> None:
    first, second = desk.case(), desk.case(subject="The same printer")
    casework.merge_cases(actor=desk.agent, case_id=second.pk, into_id=first.pk)
    casework.move_case(actor=desk.agent, case_id=first.pk, state="resolved", resolution="Mended.")
    casework.move_case(actor=desk.agent, case_id=first.pk, state="closed")
    with pytest.raises(Conflict, match="merged"):
        casework.erase_case(actor=desk.owner, case_id=second.pk, reason=WHY)
    row = casework.erase_case(actor=desk.owner, case_id=first.pk, reason=WHY)
    assert row.counts["cases"] == 2
    second.refresh_from_db()
    assert (second.subject, second.erased_at is not None) == ("–", True)


def test_clocks_are_proved_and_a_changed_row_is_found(desk: Desk) -> None:
    closed(desk)
    case = desk.case()
    casework.answer(actor=desk.agent, case_id=case.pk, text="Hm?", then="waiting_requester")
    with at(MONDAY + timedelta(hours=5)):
        found = casework.audit_clocks(actor=SYSTEM)
        assert (found.cases, found.drifted) == (2, 0)
        assert found.clocks == Clock.objects.count()
        row = Clock.objects.filter(case=case, state="met").first()
        assert row is not None
        Clock.objects.filter(pk=row.pk).update(elapsed_us=row.elapsed_us + 1)
        assert casework.audit_clocks(actor=SYSTEM).drifted == 1
    drift = ClockDrift.objects.get()
    assert (drift.case_id, drift.field) == (case.pk, "elapsed_us")
    assert int(drift.held) == int(drift.computed) + 1


def test_a_month_is_frozen_once_and_restated_with_a_reason(desk: Desk) -> None:
    case = closed(desk)
    month = date(2026, 10, 1)
    assert casework.freeze_ended(actor=SYSTEM) == 0
    with at(MONDAY + timedelta(days=40)):
        assert casework.freeze_ended(actor=SYSTEM) == 1
        assert casework.freeze_ended(actor=SYSTEM) == 0
        [frozen] = casework.clock_freezes(desk.owner)
        assert not casework.differs_now(desk.owner, frozen)
        with pytest.raises(Conflict, match="nothing to restate"):
            casework.restate_clocks(
                actor=desk.owner, agency_id=desk.parks.pk, month=month, reason=WHY
            )
        Clock.objects.filter(case=case, metric="resolution").update(state="missed")
        assert casework.differs_now(desk.owner, frozen)
        second = casework.restate_clocks(
            actor=desk.owner, agency_id=desk.parks.pk, month=month, reason=WHY
        )
    assert (second.version, second.reason) == (2, WHY)
    assert second.digest != frozen.digest
    assert sum(row["missed"] for row in second.counts.values()) == 1


def test_ended_clocks_are_measures_and_opening_again_takes_them_back(desk: Desk) -> None:
    case = closed(desk)
    month = date(2026, 10, 1)
    found = {each.metric: each for each in shares(SYSTEM, month)}
    assert found["resolution"].share == found["first_response"].share == 1
    with at(MONDAY + timedelta(hours=1)):
        casework.move_case(actor=desk.agent, case_id=case.pk, state="in_progress")
    found = {each.metric: each for each in shares(SYSTEM, month)}
    assert found["resolution"].share is None
    assert found["resolution"].excluded == {"opened_again": 1}
    assert MeasureFact.objects.filter(metric="resolution").count() == 2


def test_usage_of_a_closed_case_waits_is_refused_and_is_never_lost(desk: Desk) -> None:
    casework.CaseType.objects.filter(code="incident").update(items={"*": "it.case"})
    case = closed(desk)
    with at(MONDAY + timedelta(minutes=5)):
        assert casework.send_usage(actor=SYSTEM) == {"sent": 0, "refused": 1}
    [row] = casework.refused_usage(desk.owner)
    assert (row.case_id, row.code, row.tries) == (case.pk, "USAGE-109", 1)
    assert casework.retry_usage(actor=desk.owner, usage_id=row.pk) == 1
    assert casework.send_usage(actor=SYSTEM) == {"sent": 0, "refused": 1}
    assert now() == MONDAY


def test_exports_hold_everything_and_no_formula(desk: Desk) -> None:
    case = closed(desk, subject="=HYPERLINK(1)")
    casework.add_note(actor=desk.agent, case_id=case.pk, text="Between us")
    table = "".join(export_cases(desk.owner, "csv", desk.parks.pk))
    assert "'=HYPERLINK(1)" in table
    whole = "".join(export_cases(desk.owner, "jsonl", queue="it"))
    assert "Between us" in whole
    assert "blue cable" in whole
    log = "".join(export_cases(desk.owner, "xes"))
    assert log.count("<event>") == CaseEvent.objects.count()
    taken = "".join("".join(pieces) for _n, _a, pieces in case_files(desk.liaison, desk.parks.pk))
    assert "blue cable" in taken
    assert "Between us" not in taken
    with pytest.raises(NotFound):
        export_cases(desk.stranger, "csv", desk.parks.pk)
