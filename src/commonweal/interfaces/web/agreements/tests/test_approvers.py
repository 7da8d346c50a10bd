"""Who may sign: limits and second approvers, proposed by one and decided by another."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.public import AmountLimit, Decision, SecondApprover
from commonweal.kernel.party.public import Delegation, add_membership, create_person
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]
CENTRE = "/centre/people/approvers/"
AGENCY = "/agency/agreements/approvers/"
LIMIT = {"do": "limit", "subject": "catalogue.Order", "role": "agency_approver"}


def open_decision() -> str:
    with act_as(SYSTEM):
        return str(Decision.objects.get(state="proposed", subject_type__startswith="authority").pk)


def test_a_limit_is_proposed_and_decided_by_another(world: World, signed_in: Browser) -> None:
    admin, director = signed_in("admin"), signed_in("director")
    page = text_of(admin.get(CENTRE))
    assert "Who may sign for the centre" in page
    assert "Dana Director" in page
    assert "Any amount" in page
    wrong = text_of(admin.post(CENTRE, {**LIMIT, "amount": "lots"}), 422)
    assert "FORM-103" in wrong
    assert 'value="lots"' in wrong
    assert "AUTHORITY-116" in text_of(
        admin.post(CENTRE, {**LIMIT, "amount": "10", "starts": "2026-01-01"}), 422
    )
    done = text_of(admin.post(CENTRE, {**LIMIT, "amount": "1,000.00"}, follow=True))
    assert "The limit is proposed. A second person decides it." in done
    assert "the role Agency approver signs up to $1,000.00, for the centre and every agency" in done
    assert "You proposed this, so somebody else must decide." in done
    assert "Dana Director (Director)." in done
    overview = text_of(director.get("/centre/overview/"))
    assert CENTRE in overview
    decision = {"decision": open_decision()}
    short = text_of(director.post(CENTRE, {**decision, "do": "reject", "reason": "no"}), 422)
    assert "AUTHORITY-110" in short
    held = text_of(director.post(CENTRE, {**decision, "do": "approve"}, follow=True))
    assert "Approved. It holds from its first day on." in held
    assert "$1,000.00" in held
    with act_as(SYSTEM):
        assert AmountLimit.objects.get().max_minor == 100_000
    # The order of $40,000.00 is now above what Parks' approver may sign.
    approver = signed_in("parks-approver")
    order = text_of(approver.get(f"/agency/orders/{world.open_order}/"))
    assert "The amount is above what your role may decide." in order
    assert "Nobody may sign at present." in order
    assert "Paul Approver (Agency approver): the amount is above their limit" in order
    assert "AUTHORITY-107" in text_of(
        approver.post(f"/agency/orders/{world.open_order}/", {"do": "sign", "agree": "1"}), 422
    )


def test_an_agency_limits_its_own_roles(world: World, signed_in: Browser) -> None:
    parks, approver = signed_in("parks"), signed_in("parks-approver")
    page = text_of(parks.get(AGENCY))
    assert "Who may sign for Department of Parks" in page
    assert "Paul Approver" in page
    assert '<option value="director">' not in page
    text_of(parks.post(AGENCY, {**LIMIT, "amount": "500"}, follow=True))
    waiting = {"decision": open_decision()}
    assert "Department of Parks" not in text_of(signed_in("water").get(AGENCY))
    assert signed_in("water").post(AGENCY, {**waiting, "do": "approve"}).status_code == 404
    text_of(approver.post(AGENCY, {**waiting, "do": "approve"}, follow=True))
    shown = text_of(parks.get(AGENCY))
    assert "Up to $500.00" in shown
    assert "No amount" in shown
    for_centre = text_of(signed_in("admin").get(f"{CENTRE}?agency={world.agencies['PARKS']}"))
    assert "Up to $500.00" in for_centre
    again = {**LIMIT, "amount": ""}
    text_of(parks.post(AGENCY, again, follow=True))
    gone = text_of(parks.post(AGENCY, {"decision": open_decision(), "do": "withdraw"}, follow=True))
    assert "Withdrawn." in gone


def test_somebody_of_the_leadership_is_named(world: World, signed_in: Browser) -> None:
    with act_as(SYSTEM):
        head = create_person(
            actor=SYSTEM, name="Lena Liaison", home_agency_id=world.agencies["PARKS"]
        )
        add_membership(
            actor=SYSTEM, person_id=head.pk, role="agency_liaison",
            agency_id=world.agencies["PARKS"],
        )  # fmt: skip
    parks, approver = signed_in("parks"), signed_in("parks-approver")
    page = text_of(parks.get(AGENCY))
    assert "Lena Liaison (Agency liaison)" in page
    assert "Write to billing@meridian.example" in page
    form = {"do": "second", "person": str(head.pk), "second_ends": "2027-01-01"}
    named = text_of(parks.post(AGENCY, form, follow=True))
    assert "Lena Liaison as second approver of Department of Parks" in named
    decision = {"decision": open_decision()}
    rejection = {**decision, "do": "reject", "reason": "She leaves in December."}
    assert "Rejected." in text_of(approver.post(AGENCY, rejection, follow=True))
    text_of(parks.post(AGENCY, form, follow=True))
    text_of(approver.post(AGENCY, {"decision": open_decision(), "do": "approve"}, follow=True))
    shown = text_of(parks.get(AGENCY))
    assert "Second approver" in shown
    second = re.search(r'name="second" value="([0-9a-f-]{36})"', shown)[1]
    ended = text_of(approver.post(AGENCY, {"do": "end", "second": second}, follow=True))
    assert "They may no longer decide for the agency." in ended
    with act_as(SYSTEM):
        assert str(SecondApprover.objects.get(pk=second).ends) == "2026-11-20"


def test_somebody_of_another_agency_borrows_a_role(world: World, signed_in: Browser) -> None:
    admin, path = signed_in("admin"), f"{CENTRE}?agency={world.agencies['PARKS']}"
    page = text_of(admin.get(path))
    lender = re.search(r'<option value="([0-9a-f-]{36} agency_approver)">Paul Approver', page)[1]
    form = {"do": "guest", "lender": lender, "email": "water-approver@example.test",
            "guest_ends": "2027-03-01", "guest_reason": "Parks has one officer only."}  # fmt: skip
    assert "FORM-101" in text_of(admin.post(path, {**form, "lender": ""}), 422)
    assert "FORM-101" in text_of(admin.post(CENTRE, form), 422)
    assert "FORM-101" in text_of(admin.post(CENTRE, {"do": "second"}), 422)
    assert "PARTY-118" in text_of(admin.post(path, {**form, "guest_reason": "short"}), 422)
    assert admin.post(path, {**form, "email": "nobody@example.test"}).status_code == 404
    done = text_of(admin.post(path, form, follow=True))
    assert "The role is lent, and the second approver is proposed." in done
    with act_as(SYSTEM):
        assert Delegation.objects.get().reason == "Parks has one officer only."
    decision = {"decision": open_decision(), "do": "approve"}
    text_of(signed_in("director").post(path, decision, follow=True))
    own = text_of(signed_in("parks").get(AGENCY))
    assert "A person of another agency" in own
    assert "Wanda" not in own
    guest = text_of(signed_in("water-approver").get("/agency/agreements/to-sign/"))
    assert "You can sign" in guest


def test_a_rate_says_who_may_decide_it(world: World, signed_in: Browser) -> None:
    owner = world.actors["owner"]
    with act_as(owner):
        charging.propose_rate(
            actor=owner, charge_item_id=world.items["helpdesk.case"],
            model={"kind": "per_unit", "rate": "18"}, starts=date(2027, 2, 1),
            reason="Dearer from then on.",
        )  # fmt: skip
    page = text_of(signed_in("owner").get("/centre/rates/proposals/"))
    assert "May decide: Dana Director (Director)." in page
    assert "Your roles do not let you decide this." in page
    assert "Approve R" not in page
    director = text_of(signed_in("director").get("/centre/rates/proposals/"))
    assert ">Approve " in director
