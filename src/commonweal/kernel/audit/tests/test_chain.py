"""The trail: every write leaves an event, events are sealed once, and changes are found."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.actions import AuditMissing
from commonweal.kernel.audit.domain import GENESIS, link_hash
from commonweal.kernel.audit.models import Event, Link
from commonweal.kernel.audit.public import (
    action,
    canonical,
    check_head,
    digest,
    events,
    head,
    plain,
    record,
    seal,
    verify,
)
from commonweal.kernel.calendar.public import FiscalPeriod, at
from commonweal.kernel.schema.public import Place, uuid7

NOON = datetime(2026, 9, 5, 12, tzinfo=UTC)
PARKS, ROADS = UUID(int=1), UUID(int=2)


@action
def note(*, actor: Actor, agency_id: UUID | None = None, text: str = "x") -> Event:
    """An action that does nothing but leave its event."""
    return record(
        actor=actor,
        verb="test.noted",
        target=("test.Thing", uuid7()),
        agency_id=agency_id,
        payload={"text": text, "amount": Decimal("1.50"), "day": date(2026, 9, 5)},
    )


@action
def forget(*, actor: Actor) -> None:
    """An action with a defect: it leaves no event."""


@action
def half(*, actor: Actor) -> None:
    """An action that breaks after its event."""
    note(actor=actor)
    raise ValueError("no")


def test_an_action_without_an_event_is_refused_with_all_it_wrote(db: None) -> None:
    with act_as(SYSTEM):
        with pytest.raises(AuditMissing, match="forget left no event"):
            forget(actor=SYSTEM)
        with pytest.raises(ValueError, match="no"):
            half(actor=SYSTEM)
        assert not Event.objects.exists()


def test_an_action_takes_keywords_only_and_names_itself(db: None) -> None:
    with pytest.raises(TypeError, match="note takes keyword arguments only"):
        note(SYSTEM)  # type: ignore[misc]
    assert note.is_action  # type: ignore[attr-defined]
    assert note.__name__ == "note"


def test_an_inner_action_counts_for_the_outer(db: None) -> None:
    @action
    def outer(*, actor: Actor) -> None:
        note(actor=actor)

    with act_as(SYSTEM):
        outer(actor=SYSTEM)
        assert Event.objects.count() == 1


def test_sealing_links_each_event_once_in_the_chain_of_its_agency(db: None) -> None:
    with act_as(SYSTEM), at(NOON):
        for home in (PARKS, ROADS, PARKS, None):
            note(actor=SYSTEM, agency_id=home)
        assert (verify().events, verify().unsealed) == (4, 4)
        assert seal(limit=3) == 3
        assert verify().unsealed == 1
        assert (seal(), seal()) == (1, 0)
        report = verify()
        assert (report.sound, report.events, report.unsealed) == (True, 4, 0)
        assert [head(home).sequence for home in (PARKS, ROADS, None)] == [2, 1, 1]
        assert head(UUID(int=3)).hash == GENESIS


def test_a_printed_head_stays_good_while_the_chain_grows(db: None) -> None:
    with act_as(SYSTEM):
        assert check_head(PARKS, f"0:{GENESIS}")
        note(actor=SYSTEM, agency_id=PARKS)
        seal()
        printed = str(head(PARKS))
        note(actor=SYSTEM, agency_id=PARKS)
        seal()
        assert check_head(PARKS, printed)
        assert check_head(PARKS, f"  {printed}\n")
        assert not check_head(ROADS, printed)
        for wrong in ("", "x", "1", "2:" + printed[2:], "9:" + "0" * 64, "-1:x", "0:x"):
            assert not check_head(PARKS, wrong)


def test_links_that_do_not_fit_are_named(db: None) -> None:
    """A link made by hand for a real event: wrong place, wrong hash, wrong agency."""
    with act_as(SYSTEM):
        event = note(actor=SYSTEM, agency_id=PARKS)
        Link.objects.create(
            chain=str(ROADS), agency_id=ROADS, sequence=3, event=event, hash="0" * 64
        )
        problems = " ".join(verify().problems)
        for words in ("link 1 is missing", "moved to another agency", "does not fit"):
            assert words in problems


def test_an_unsealed_event_is_checked_too(db: None) -> None:
    with act_as(SYSTEM):
        event = note(actor=SYSTEM)
        Event(
            id=uuid7(), recorded_at=NOON, actor_kind="person", verb="forged", target_type="x",
            target_id="y", payload={}, hash=event.hash,
        ).save(force_insert=True)  # fmt: skip
        report = verify()
        assert (report.unsealed, len(report.problems)) == (2, 1)
        assert "forged" in report.problems[0]


@pytest.mark.parametrize("statement", [
    "UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event CASCADE",
    "UPDATE audit_link SET hash = 'x'", "DELETE FROM audit_link",
])  # fmt: skip
def test_the_app_role_can_only_add(db: None, statement: str) -> None:
    with act_as(SYSTEM):
        note(actor=SYSTEM)
        seal()
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_an_agency_reads_its_own_events_only(db: None) -> None:
    with act_as(SYSTEM):
        for home in (PARKS, ROADS, None):
            note(actor=SYSTEM, agency_id=home)
    parks = Actor(kind="person", agencies=frozenset({PARKS}))
    with act_as(parks):
        assert [event.agency_id for event in events(parks)] == [PARKS]
        assert [event.agency_id for event in Event.objects.all()] == [PARKS]
        assert not events(parks, agency_id=ROADS)
    with act_as(SYSTEM):
        newest = events(SYSTEM, place=Place(limit=2))
        assert [len(newest), len(events(SYSTEM, place=Place(newest.next)))] == [2, 1]
        assert len(events(SYSTEM, verb="test.noted")) == 3
        assert not events(SYSTEM, target=("test.Thing", "nothing"))


def test_sealing_at_once_from_many_sides_seals_each_event_once(committed_db: str) -> None:
    """Eight writers and four sealers: one whole chain for each agency, nothing twice or left."""
    raised: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(5):
                with act_as(SYSTEM):
                    if number < 8:
                        note(actor=SYSTEM, agency_id=(PARKS, ROADS)[step % 2])
                    else:
                        seal()
        except BaseException as error:  # shown below
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not raised
    with act_as(SYSTEM):
        seal()
        report = verify()
        assert (report.sound, report.events, report.unsealed) == (True, 40, 0)
        assert head(PARKS).sequence + head(ROADS).sequence == 40


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(json_values)
def test_the_canonical_form_reads_back_to_itself(value: object) -> None:
    assert plain(plain(value)) == plain(value)
    assert canonical(plain(value)) == canonical(value)


def test_the_canonical_form_of_each_kind_of_value() -> None:
    value = {"b": Decimal("1.50"), "a": {UUID(int=1)}, "c": NOON, "d": (date(2026, 9, 5), None)}
    assert canonical(value) == (
        b'{"a":["00000000-0000-0000-0000-000000000001"],"b":"1.50",'
        b'"c":"2026-09-05T12:00:00.000000+00:00","d":["2026-09-05",null]}'
    )
    with pytest.raises(TypeError, match="float"):
        plain({"amount": [1.5]})


def test_what_has_words_of_its_own_is_kept_in_them() -> None:
    assert plain({"period": FiscalPeriod(2026, 9), "share": Fraction(1, 3)}) == {
        "period": str(FiscalPeriod(2026, 9)), "share": "1/3",
    }  # fmt: skip


def test_hashes_never_change_between_versions() -> None:
    """Printed heads of years ago must still be checked: these values are for ever."""
    assert digest({"a": "1"}) == "9afeb0f2b203f254312ec8ded441d0318b7c34c57f8695ede42d2215a30c0960"
    assert link_hash(1, GENESIS, "f" * 64) == (
        "be19bb8662a87430d303af392ef1d1f7b18bd82de1a6128cbf31e80e2302d732"
    )
