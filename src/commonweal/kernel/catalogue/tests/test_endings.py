"""Ending an order or an agreement early takes both parties, and never reaches back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import Span, at
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.catalogue import registry
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound, uuid7

from .conftest import FULL, NEW_YEAR, YEAR_END, House

JULY = date(2026, 7, 1)
Refused = catalogue.CatalogueError
WHY = "The work moves to the agency."


def both_sign(house: House, ending: catalogue.Ending) -> catalogue.Ending:
    catalogue.sign_ending(actor=house.director, ending_id=ending.pk, side="centre")
    return catalogue.sign_ending(actor=house.approver, ending_id=ending.pk, side="agency")


def test_an_order_ends_once_both_sides_signed(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    ending = catalogue.propose_ending(actor=house.liaison, order_id=order.pk, ends=JULY, reason=WHY)
    assert (ending.state, ending.proposed_side, str(ending)) == (
        "proposed",
        "agency",
        "End of A-0001-01.0",
    )
    with pytest.raises(Conflict, match="CATALOGUE-258"):
        catalogue.propose_ending(actor=house.officer, order_id=order.pk, ends=JULY, reason=WHY)
    with pytest.raises(Refused, match="CATALOGUE-233"):
        catalogue.sign_ending(
            actor=_as_approver(house, house.liaison), ending_id=ending.pk, side="agency"
        )
    catalogue.sign_ending(actor=house.director, ending_id=ending.pk, side="centre")
    with pytest.raises(Refused, match="CATALOGUE-222"):
        catalogue.sign_ending(actor=house.director, ending_id=ending.pk, side="centre")
    order.refresh_from_db()
    assert order.state == "active"
    done = catalogue.sign_ending(actor=house.approver, ending_id=ending.pk, side="agency")
    assert done.state == "active"
    order.refresh_from_db()
    assert (order.state, order.ended_on, order.closing_reason) == ("ended", JULY, WHY)
    [line] = catalogue.order_lines_in_force(SYSTEM, house.parks.pk, Span(NEW_YEAR))
    assert (line.starts, line.ends) == (NEW_YEAR, JULY)
    assert catalogue.endings(house.liaison, order_ids=[order.pk]) == [done]
    assert catalogue.ending(house.liaison, done.pk) == done
    with pytest.raises(NotFound, match="CATALOGUE-407"):
        catalogue.ending(house.other, done.pk)
    verbs = [event.verb for event in events(house.officer, agency_id=house.parks.pk)]
    assert verbs[:3] == ["agreements.ending_signed"] * 2 + ["agreements.ending_proposed"]


def _as_approver(house: House, actor: Any) -> Any:
    from dataclasses import replace

    return replace(actor, grants=actor.grants | house.approver.grants)


def test_what_cannot_end(house: House) -> None:
    agreement = house.agreement()
    order = house.proposed(agreement)
    given: dict[str, Any] = {"actor": house.officer, "ends": JULY, "reason": WHY}
    with pytest.raises(Refused, match="CATALOGUE-257"):
        catalogue.propose_ending(order_id=order.pk, **given)
    house.signed(order)
    for change, code in (
        ({}, "CATALOGUE-225"),
        ({"order_id": order.pk, "agreement_id": agreement.pk}, "CATALOGUE-225"),
        ({"order_id": order.pk, "reason": "Why not"}, "CATALOGUE-225"),
        ({"order_id": order.pk, "ends": date(2026, 1, 14)}, "CATALOGUE-226"),
        ({"order_id": order.pk, "ends": YEAR_END}, "CATALOGUE-226"),
    ):
        with pytest.raises(Refused, match=code):
            catalogue.propose_ending(**(given | change))
    with pytest.raises(Forbidden):
        catalogue.propose_ending(**(given | {"actor": house.director, "order_id": order.pk}))
    for actor in (house.other, house.officer):
        with pytest.raises(NotFound, match="CATALOGUE-407"):
            catalogue.sign_ending(actor=actor, ending_id=uuid7(), side="centre")


def test_a_proposed_end_is_withdrawn_or_refused(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    given: dict[str, Any] = {
        "actor": house.officer,
        "order_id": order.pk,
        "ends": JULY,
        "reason": WHY,
    }
    first = catalogue.propose_ending(**given)
    with pytest.raises(Refused, match="CATALOGUE-259"):
        catalogue.withdraw_ending(actor=house.liaison, ending_id=first.pk, reason="No")
    gone = catalogue.withdraw_ending(actor=house.owner, ending_id=first.pk, reason="Not yet")
    assert (gone.state, gone.closing_reason) == ("withdrawn", "Not yet")
    second = catalogue.propose_ending(**given)
    refused = catalogue.refuse_ending(
        actor=house.approver, ending_id=second.pk, side="agency", reason="We need it till winter."
    )
    assert (refused.state, refused.closed_side) == ("refused", "agency")
    order.refresh_from_db()
    assert order.state == "active"
    assert [each.state for each in catalogue.endings(house.officer, order_ids=[order.pk])] == [
        "refused",
        "withdrawn",
    ]


def test_ending_an_agreement_ends_its_orders(house: House) -> None:
    agreement = house.agreement()
    running = house.signed(house.proposed(agreement))
    later = house.signed(
        house.proposed(agreement, lines=[house.line("payroll.desk", starts=date(2026, 8, 1))])
    )
    waiting = house.proposed(agreement, lines=[house.line("payroll.archive")])
    changed = {"starts": JULY, "lines": [house.line()], "funding": FULL, "reason": "x"}
    change = catalogue.modify_order(actor=house.officer, order_id=running.pk, **changed)
    house.signed(change)
    open_change = catalogue.modify_order(
        actor=house.officer,
        order_id=later.pk,
        **{**changed, "lines": [house.line("payroll.desk", estimated_amount_minor=1)]},
    )
    with at(datetime(2026, 5, 1, tzinfo=UTC)):
        ending = catalogue.propose_ending(
            actor=house.liaison, agreement_id=agreement.pk, ends=date(2026, 6, 1), reason=WHY
        )
        both_sign(house, ending)
    ended = catalogue.agreement(house.officer, agreement.pk)
    assert (ended.state, ended.ended_on, ended.closing_reason) == (
        "ended",
        date(2026, 6, 1),
        WHY,
    )
    states = {str(each): each.state for each in catalogue.orders(house.officer)}
    assert states == {
        str(running): "superseded",
        str(later): "ended",
        str(waiting): "withdrawn",
        str(change): "ended",
        str(open_change): "withdrawn",
    }
    [line] = catalogue.order_lines_in_force(SYSTEM, house.parks.pk, Span(NEW_YEAR))
    assert (line.order_id, line.ends) == (running.pk, date(2026, 6, 1))
    assert catalogue.endings(house.officer, agreement_id=agreement.pk) == [ending]


def test_an_open_ended_order_is_cut_at_the_agreements_end(house: House) -> None:
    agreement = house.agreement(ends=None)
    house.signed(house.proposed(agreement))
    ending = catalogue.propose_ending(
        actor=house.officer, agreement_id=agreement.pk, ends=JULY, reason=WHY
    )
    both_sign(house, ending)
    [line] = catalogue.order_lines_in_force(SYSTEM, house.parks.pk, Span(NEW_YEAR))
    assert line.ends == JULY


def test_neither_ends_nor_changes_reach_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement = house.agreement()
    order = house.signed(house.proposed(agreement))
    past: dict[str, Any] = {"open": date(2026, 2, 1), "used": None}
    watch = (lambda: past["open"], lambda agency, lines, day: past["used"])
    monkeypatch.setattr(registry, "_watches", [])
    catalogue.register_use(*watch)
    catalogue.register_use(*watch)
    assert catalogue.open_from() == date(2026, 2, 1)
    given: dict[str, Any] = {"actor": house.officer, "reason": WHY}
    changed = {"lines": [house.line(estimated_amount_minor=1)], "funding": FULL}
    with pytest.raises(Refused, match="CATALOGUE-250"):
        catalogue.propose_ending(order_id=order.pk, ends=date(2026, 1, 20), **given)
    with pytest.raises(Refused, match="CATALOGUE-250"):
        catalogue.propose_ending(agreement_id=agreement.pk, ends=date(2026, 1, 20), **given)
    with pytest.raises(Refused, match="CATALOGUE-250"):
        catalogue.modify_order(order_id=order.pk, starts=date(2026, 1, 31), **changed, **given)
    change = catalogue.modify_order(order_id=order.pk, starts=date(2026, 3, 1), **changed, **given)
    past["used"] = date(2026, 3, 4)
    with pytest.raises(Refused, match=r"used until 4 March 2026|Mar.* 4.*CATALOGUE-261"):
        catalogue.sign_order(actor=house.director, order_id=change.pk, side="centre")
    with pytest.raises(Refused, match="CATALOGUE-261"):
        catalogue.propose_ending(agreement_id=agreement.pk, ends=date(2026, 3, 1), **given)
    past["used"], past["open"] = None, date(2026, 4, 1)
    with pytest.raises(Refused, match="CATALOGUE-250"):
        catalogue.sign_order(actor=house.director, order_id=change.pk, side="centre")
    past["open"] = None
    assert house.signed(change).state == "active"
