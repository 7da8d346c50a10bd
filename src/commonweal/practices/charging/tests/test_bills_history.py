"""A superuser's rewrite of an old bill is exposed by the trail, or by the head printed on it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.domain import GENESIS, link_hash
from commonweal.kernel.audit.models import Event, Link
from commonweal.kernel.audit.public import check_head, digest, head, verify
from commonweal.kernel.audit.sealing import event_content
from commonweal.kernel.party.public import update_agency
from commonweal.ops.localdb import running_database
from commonweal.practices.charging.selectors.bill_document import bill_document, drawn_document
from commonweal.practices.charging.selectors.integrity import bill_problems

from .copies import closed, copies, enter
from .world import JULY, World

__all__ = ["closed", "copies", "enter"]


@contextmanager
def superuser(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A connection that no trigger, grant or policy holds back."""
    with monkeypatch.context() as patch:
        for name in ("DATABASE_URL", "DATABASE_APP_URL"):
            patch.delenv(name)
        local = running_database(Path(os.environ["COMMONWEAL_DATA"]))
    if local is None or local.superuser_url is None:
        pytest.skip("this PostgreSQL gives us no superuser")
    with psycopg.connect(local.superuser_url, dbname=world.database) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def printed_head(world: World, agency: str, period: str) -> str:
    """The head of the trail as the agency's CSV of its bill shows it."""
    with act_as(SYSTEM):
        data = world.paper(world.bill(agency, period), "csv")
    return next(csv.DictReader(io.StringIO(data.decode())))["chain_head"]


def test_an_honest_history_is_sound(closed: World) -> None:
    with act_as(SYSTEM):
        report = verify()
        assert report.sound
        assert report.events == Event.objects.count()
        for agency, home in closed.agencies.items():
            assert check_head(home, printed_head(closed, agency, JULY))
            bill = closed.bill(agency, JULY)
            event = Event.objects.get(verb="bill.issued", target_id=str(bill.id))
            assert event.payload["content_hash"] == digest(bill_document(bill))
            printed = printed_head(closed, agency, JULY)
            assert bill_problems(SYSTEM, bill, printed, bill.pack_root) == []
            [problem] = bill_problems(SYSTEM, bill, root="0" * 64)
            assert problem.startswith("The root given")


def test_a_rewritten_bill_no_longer_has_the_content_that_was_sealed(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with superuser(closed, monkeypatch) as root:
        root.execute("UPDATE charging_billline SET amount_minor = amount_minor + 1")
        root.execute("UPDATE charging_bill SET total_minor = total_minor + 1")
    with act_as(SYSTEM):
        bill = closed.bill("PARKS", JULY)
        assert ["lines differ" in problem for problem in bill_problems(SYSTEM, bill)] == [True]


def test_an_exchanged_proof_pack_is_named(closed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with superuser(closed, monkeypatch) as root:
        root.execute("UPDATE charging_bill SET pack_root = repeat('a', 64)")
    with act_as(SYSTEM):
        bill = closed.bill("PARKS", JULY)
        [problem] = bill_problems(SYSTEM, bill)
        assert problem.startswith("The root of the bill's proof pack differs")
    with superuser(closed, monkeypatch) as root:
        root.execute("DELETE FROM audit_event WHERE verb = 'bill.pack_made'")
    with act_as(SYSTEM):
        assert any("no event of this bill's proof pack" in each
                   for each in bill_problems(SYSTEM, bill))  # fmt: skip


def test_a_bill_and_its_event_rewritten_are_exposed_by_the_printed_head_alone(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, document, its hash and the event agree, and the links are left alone: they are not
    believed, so the paper says no."""
    printed = printed_head(closed, "PARKS", JULY)
    with act_as(SYSTEM):
        bill = closed.bill("PARKS", JULY)
        event = Event.objects.get(verb="bill.issued", target_id=str(bill.id))
    with superuser(closed, monkeypatch) as root:
        root.execute(
            "UPDATE charging_billline SET amount_minor = amount_minor + 100,"
            " amount_exact = amount_exact + 1 WHERE bill_id = %s AND number = 1",
            [bill.id],
        )
        root.execute(
            "UPDATE charging_linefunding SET amount_minor = amount_minor + 100 WHERE id ="
            " (SELECT f.id FROM charging_linefunding f JOIN charging_billline l ON f.line_id = l.id"
            " WHERE l.bill_id = %s AND l.number = 1 ORDER BY f.id LIMIT 1)",
            [bill.id],
        )
        root.execute(
            "UPDATE charging_bill SET total_minor = total_minor + 100 WHERE id = %s", [bill.id]
        )
        root.commit()
        with act_as(SYSTEM):
            bill.refresh_from_db()
            document = drawn_document(bill)
            event.payload = {
                **event.payload,
                "total_minor": bill.total_minor,
                "content_hash": digest(document),
            }
        root.execute(
            "UPDATE charging_bill SET document = %s, content_hash = %s WHERE id = %s",
            [json.dumps(document), digest(document), bill.id],
        )
        root.execute(
            "UPDATE audit_event SET payload = %s, hash = %s WHERE id = %s",
            [json.dumps(event.payload), digest(event_content(event)), event.id],
        )
    with act_as(SYSTEM):
        bill = closed.bill("PARKS", JULY)
        assert bill_problems(SYSTEM, bill) == []
        assert not check_head(bill.agency_id, printed)
        assert any("history was changed" in said for said in bill_problems(SYSTEM, bill, printed))


def test_a_corrected_name_does_not_touch_an_issued_bill(closed: World) -> None:
    printed = printed_head(closed, "PARKS", JULY)
    with act_as(SYSTEM):
        before = bill_document(closed.bill("PARKS", JULY))
        update_agency(
            actor=SYSTEM, agency_id=closed.agencies["PARKS"], name="Department of Parks and Lakes"
        )
        bill = closed.bill("PARKS", JULY)
        assert bill.agency.name == "Department of Parks and Lakes"
        assert bill_document(bill) == before
        assert bill_problems(SYSTEM, bill, printed) == []


def test_another_bills_head_is_told_apart(closed: World) -> None:
    with act_as(SYSTEM):
        bill = closed.bill("PARKS", JULY)
        assert any("another bill" in said for said in bill_problems(SYSTEM, bill, f"0:{GENESIS}"))
        wrong = printed_head(closed, "ROADS", JULY)
        assert bill_problems(SYSTEM, bill, wrong)
        assert bill_problems(SYSTEM, bill, "not a head")


def test_a_rewritten_event_is_named(closed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with act_as(SYSTEM):
        event = Event.objects.filter(verb="bill.issued").order_by("id").first()
        assert event is not None
    payload = json.dumps({**event.payload, "total_minor": 1})
    with superuser(closed, monkeypatch) as root:
        root.execute("UPDATE audit_event SET payload = %s WHERE id = %s", [payload, event.id])
    with act_as(SYSTEM):
        report = verify()
    assert not report.sound
    assert [str(event.id) in problem for problem in report.problems] == [True]


def test_a_rewritten_hash_breaks_its_chain(closed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event and its own hash are changed together: its link no longer fits."""
    with act_as(SYSTEM):
        event = Event.objects.filter(verb="bill.issued").order_by("id").first()
        assert event is not None
        event.payload = {**event.payload, "total_minor": 1}
        value = digest(event_content(event))
    with superuser(closed, monkeypatch) as root:
        root.execute(
            "UPDATE audit_event SET payload = %s, hash = %s WHERE id = %s",
            [json.dumps(event.payload), value, event.id],
        )
    with act_as(SYSTEM):
        assert any("does not fit the one before" in problem for problem in verify().problems)


def test_a_history_rewritten_to_the_end_is_exposed_by_the_printed_head(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bill, event and every later link made anew: the trail looks sound, the paper says no."""
    printed = printed_head(closed, "PARKS", JULY)
    home = closed.agencies["PARKS"]
    with act_as(SYSTEM):
        bill = closed.bill("PARKS", JULY)
        event = Event.objects.get(verb="bill.issued", target_id=str(bill.id))
        event.payload = {**event.payload, "total_minor": 1}
        event.hash = digest(event_content(event))
        links = list(
            Link.objects.filter(chain=str(home)).select_related("event").order_by("sequence")
        )
    with superuser(closed, monkeypatch) as root:
        root.execute(
            "UPDATE audit_event SET payload = %s, hash = %s WHERE id = %s",
            [json.dumps(event.payload), event.hash, event.id],
        )
        root.execute("UPDATE charging_bill SET total_minor = 1 WHERE id = %s", [bill.id])
        previous = GENESIS
        for link in links:
            content = event.hash if link.event_id == event.id else link.event.hash
            previous = link_hash(link.sequence, previous, content)
            root.execute("UPDATE audit_link SET hash = %s WHERE id = %s", [previous, link.id])
    with act_as(SYSTEM):
        assert verify().sound
        assert head(home).sequence == len(links)
        assert not check_head(home, printed)
        assert check_head(closed.agencies["ROADS"], printed_head(closed, "ROADS", JULY))


def test_a_history_cut_short_is_exposed_by_the_printed_head(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = printed_head(closed, "PARKS", JULY)
    home = closed.agencies["PARKS"]
    sequence = int(printed.partition(":")[0])
    with superuser(closed, monkeypatch) as root:
        root.execute(
            "WITH gone AS (DELETE FROM audit_link WHERE chain = %s AND sequence >= %s "
            "RETURNING event_id) DELETE FROM audit_event WHERE id IN (SELECT event_id FROM gone)",
            [str(home), sequence],
        )
    with act_as(SYSTEM):
        assert verify().sound
        assert not check_head(home, printed)
