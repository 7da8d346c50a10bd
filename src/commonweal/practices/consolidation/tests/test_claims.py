"""Claims of savings: confirmed, verified, superseded, refused; and who sees what."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from uuid import UUID

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.public import agencies
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound
from commonweal.practices.charging.tests.copies import copies, enter, world
from commonweal.practices.charging.tests.world import World
from commonweal.practices.consolidation import public as worth
from commonweal.practices.consolidation.models import Baseline, Claim

from .scene import (
    BEFORE,
    GIVEN,
    LINES,
    PDF,
    claim,
    confirm,
    index,
    own,
    own_all,
    refused,
    saving,
    sign,
    view,
)

__all__ = ["copies", "enter", "index", "world"]


def test_a_claim_is_confirmed_by_the_agencys_finance_officer_and_then_verified(
    index: World,
) -> None:
    row = saving(index)
    amount = view(index).saving.minor or 0
    made = claim(index, row, cashable_minor=amount, budget_minor=amount)
    approver, officer = index.of("agency_approver", "PARKS"), index.of("agency_finance", "PARKS")
    with act_as(approver), refused("ACCESS-403", Forbidden):
        worth.confirm_claim(actor=approver, claim_id=made.pk)
    assert confirm(index, made).state == "confirmed"
    assert view(index).proof.doubts == ("no_evidence",)
    with act_as(approver):
        worth.add_claim_evidence(
            actor=approver, claim_id=made.pk, filename="contract-ended.pdf",
            media_type="application/pdf", data=PDF,
        )  # fmt: skip
        assert len(worth.evidence(approver, made)) == 1
    found = view(index)
    assert (found.proof.verified, found.proof.doubts) == (amount, ())
    director = index.of("director")
    with act_as(director):
        total = worth.total_of(worth.year_views(director, 2027))
    assert total.verified == amount
    assert total.unknown == total.rows - 1
    assert total.optimism == found.saving.minor / Fraction(5_000)
    with act_as(officer), refused("WORTH-305", Conflict):
        worth.confirm_claim(actor=officer, claim_id=made.pk)


def test_a_later_claim_takes_the_place_of_the_first(index: World) -> None:
    row = saving(index)
    first = confirm(index, claim(index, row))
    own(index, "retained", "2026-07", 100)
    assert "changed" in view(index).proof.doubts or view(index).proof.doubts == ("no_evidence",)
    second = confirm(index, claim(index, row))
    with act_as(SYSTEM):
        first.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "confirmed")


def test_a_claim_that_no_longer_fits_cannot_be_confirmed(index: World) -> None:
    row = saving(index)
    made = claim(index, row)
    with refused("WORTH-304", Conflict):
        claim(index, row)
    own(index, "retained", "2026-07", 100)
    with refused("WORTH-306", Conflict):
        confirm(index, made)
    officer = index.of("agency_finance", "PARKS")
    with act_as(officer):
        assert (
            worth.refuse_claim(
                actor=officer, claim_id=made.pk, reason="The books have changed."
            ).state
            == "refused"
        )
    made, owner = claim(index, row), index.of("agency_approver", "PARKS")
    with act_as(owner):
        assert worth.withdraw_claim(actor=owner, claim_id=made.pk).state == "withdrawn"
    with act_as(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=made.pk).update(state="proposed")
    with act_as(owner), refused("WORTH-407", NotFound):
        worth.withdraw_claim(actor=owner, claim_id=UUID(int=1))


def test_only_a_saving_is_claimed_and_not_more_of_it(index: World) -> None:
    row = sign(index)
    with refused("WORTH-301"):
        claim(index, row)
    own_all(index, 10**8)
    with refused("WORTH-301"):
        claim(index, row)


def test_more_cashable_than_saved_is_refused(index: World) -> None:
    row = saving(index)
    with refused("WORTH-302"):
        claim(index, row, cashable_minor=10**9)


def test_what_saved_once_is_not_claimed_for_another_service(index: World) -> None:
    claim(index, saving(index))
    officer, second = index.of("agency_finance", "PARKS"), index.of("agency_approver", "PARKS")
    with at(BEFORE):
        given = replace(GIVEN, lines=(replace(LINES[1], amount_minor=90_000_000),),
                        charge_item="", volume=None)  # fmt: skip
        with act_as(officer):
            row = worth.put_baseline(
                actor=officer, agency_id=index.agencies["PARKS"], service="helpdesk", given=given
            )
            worth.add_evidence(
                actor=officer, baseline_id=row.pk, filename="b.pdf",
                media_type="application/pdf", data=PDF,
            )  # fmt: skip
            worth.propose_baseline(actor=officer, baseline_id=row.pk)
        with act_as(second):
            worth.sign_baseline(actor=second, baseline_id=row.pk)
    with act_as(officer):
        for kind in worth.OWN_KINDS:
            worth.put_own_cost(
                actor=officer, agency_id=row.agency_id, service="helpdesk", period="2027",
                kind=kind, amount_minor=0,
            )  # fmt: skip
    with refused("WORTH-303", Conflict):
        claim(index, row, attributed_to="old PAYROLL")


def test_another_agency_sees_nothing_and_the_centre_sees_all(index: World) -> None:
    row = sign(index)
    stranger: Actor = index.of("agency_finance", "ROADS")
    with act_as(stranger), refused("WORTH-405", NotFound):
        worth.baseline(stranger, row.pk)
    with act_as(stranger), refused("ACCESS-403", Forbidden):
        worth.year_views(stranger, 2027, agency_id=index.agencies["PARKS"])
    with act_as(stranger), refused("ACCESS-403", Forbidden):
        worth.baseline_of(stranger, index.agencies["PARKS"], "payroll")
    with act_as(stranger):
        assert Baseline.objects.count() == 0  # row-level security, whatever a selector forgets
    director = index.of("director")
    with act_as(director):
        found = worth.year_views(director, 2027)
    assert {view.agency.code for view in found} == {"PARKS", "ROADS", "CLERK"}
    header, rows = worth.worth_rows(found)
    assert {len(each) for each in rows} == {len(header)}


def test_an_unknown_service_and_an_unordered_one(index: World) -> None:
    clerk = index.of("agency_finance", "CLERK")
    with act_as(clerk):
        agency = agencies(clerk)[0]
        found = worth.year_view(clerk, agency, "helpdesk", 2027)
        assert (found.months, found.baseline, found.joined) == ([], None, None)
        assert worth.baseline_of(clerk, agency.pk, "helpdesk") is None
        with pytest.raises(NotFound):
            worth.year_view(clerk, agency, "nothing", 2027)
