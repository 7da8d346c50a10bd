"""Signing, refusing and withdrawing, from either side, and who may."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import Agreement, Ending, Order

Browser = Callable[[str], Client]
SIGN = {"do": "sign", "agree": "1"}


def test_terms_are_proposed_signed_and_withdrawn(world: World, signed_in: Browser) -> None:
    owner, director = signed_in("owner"), signed_in("director")
    form = {"agency": str(world.agencies["WATER"]), "title": "Archive", "terms": "As agreed.",
            "starts": "2027-01-01", "ends": "2028-01-01", "profile": "plain"}  # fmt: skip
    assert "CATALOGUE-221" in text_of(
        owner.post("/centre/agreements/new/", {**form, "title": ""}), 422
    )
    page = text_of(owner.post("/centre/agreements/new/", form, follow=True))
    assert "The agreement is proposed." in page
    assert "Your roles do not let you decide this." in page
    assert "Wanda Approver (Agency approver)." in page
    assert "May not: Olga Owner" not in page, "a service owner holds no right to sign"
    with act_as(SYSTEM):
        made = Agreement.objects.get(title="Archive")
    path = f"/centre/agreements/{made.pk}/"
    assert "CATALOGUE-239" in text_of(director.post(path, {"do": "sign"}), 422)
    signed = text_of(director.post(path, SIGN, follow=True))
    assert "It comes into force when the agency signs too." in signed
    assert "CATALOGUE-251" in text_of(owner.post(path, {"do": "withdraw", "withdrawal": "no"}), 422)
    withdrawn = text_of(
        owner.post(path, {"do": "withdraw", "withdrawal": "It is not needed."}, follow=True)
    )
    assert "Withdrawn by State of Meridian Shared Services" in withdrawn
    assert "It is not needed." in withdrawn
    assert "FORM-101" in text_of(owner.post(path, {"do": "dance"}), 422)


def test_an_agency_proposes_terms_and_the_centre_refuses(world: World, signed_in: Browser) -> None:
    water, director = signed_in("water"), signed_in("director")
    form = {"agency": str(world.agencies["WATER"]), "title": "Records", "terms": "As we need.",
            "starts": "2027-01-01"}  # fmt: skip
    page = text_of(water.post("/agency/agreements/new/", form, follow=True))
    assert "Proposed by Water Board" in page
    assert "May sign: Director; Finance officer." in page
    with act_as(SYSTEM):
        made = Agreement.objects.get(title="Records")
    path = f"/centre/agreements/{made.pk}/"
    refusal = {"do": "refuse", "refusal": "Say how long records are kept."}
    refused = text_of(director.post(path, refusal, follow=True))
    assert "Refused by State of Meridian Shared Services" in refused
    again = text_of(water.get(f"/agency/agreements/{made.pk}/"))
    assert "Say how long records are kept." in again


def test_an_agreement_is_renewed_with_its_terms(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    with act_as(SYSTEM):
        old = Agreement.objects.get(agency=world.agencies["PARKS"])
    page = text_of(browser.get(f"/agency/agreements/{old.pk}/"))
    assert f"/agency/agreements/new/?renews={old.pk}" in page
    form = text_of(browser.get(f"/agency/agreements/new/?renews={old.pk}"))
    assert "The centre provides, the agency pays.</textarea>" in form
    assert 'value="2028-07-01"' in form
    early = {"renews": str(old.pk), "title": "Next", "terms": "Same.", "starts": "2028-06-01"}
    assert "CATALOGUE-256" in text_of(browser.post("/agency/agreements/new/", early), 422)
    made = browser.post("/agency/agreements/new/", {**early, "starts": "2028-07-01"}, follow=True)
    assert f'Renews</dt> <dd class="govuk-summary-list__value">{old.number}' in text_of(made)


def test_what_waits_says_for_whom_and_why_not(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("director").get("/centre/agreements/to-sign/"))
    assert "2 papers wait for your signature" in page
    assert "Order A-0001-02.0" in page
    assert "End of order A-0001-01.0" in page
    assert "Paul Approver (Agency approver); Pia Parks (Agency finance officer)" in page
    own = text_of(signed_in("owner").get("/centre/agreements/to-sign/"))
    assert "Nothing waits for your signature" in own
    assert "Your roles do not let you decide this." in own
    parks = text_of(signed_in("parks-approver").get("/agency/agreements/to-sign/"))
    assert "1 paper waits for your signature" in parks
    assert "Water Board" not in parks
    assert "State of Meridian Shared Services: Director; Finance officer" in parks


def test_an_order_is_signed_by_both_sides(world: World, signed_in: Browser) -> None:
    approver, director = signed_in("parks-approver"), signed_in("director")
    place = f"/agency/orders/{world.open_order}/"
    assert "Sign this order" in text_of(approver.get(place))
    refused = approver.post(place, {"do": "sign"})
    assert refused.status_code == 422
    assert '<a href="#agree">' in refused.content.decode()
    signed = text_of(approver.post(place, SIGN, follow=True))
    assert "It comes into force when the centre signs too" in signed
    assert "Paul Approver" in signed
    with act_as(SYSTEM):
        assert Order.objects.get(pk=world.open_order).signed_by_agency == (
            world.users["parks-approver"].pk
        )
    assert "CATALOGUE-222" in text_of(approver.post(place, SIGN), 422)
    both = text_of(director.post(f"/centre/orders/{world.open_order}/", SIGN, follow=True))
    assert "Both sides have signed" in both
    assert "In force from 1 July 2027" in both


def test_an_agency_refuses_an_order_with_a_reason(world: World, signed_in: Browser) -> None:
    browser, place = signed_in("parks-approver"), f"/agency/orders/{world.open_order}/"
    short = text_of(browser.post(place, {"do": "refuse", "refusal": "no"}), 422)
    assert "CATALOGUE-251" in short
    assert 'value="no"' in short
    form = {"do": "refuse", "refusal": "Our budget for 2028 is not decided."}
    page = text_of(browser.post(place, form, follow=True))
    assert "Refused" in page
    assert "Our budget for 2028 is not decided." in page
    centre = text_of(signed_in("officer").get(f"/centre/orders/{world.open_order}/"))
    assert "Our budget for 2028 is not decided." in centre
    assert "Paul Approver" in centre


def test_an_estimate_is_refused_and_then_signed(world: World, signed_in: Browser) -> None:
    parks, approver = signed_in("parks"), signed_in("parks-approver")
    place = f"/agency/orders/{world.open_order}/"
    first = text_of(parks.get(place)).replace("&#39;", "'")
    assert "1 estimated quantity waits for your agency's answer" in first
    refusal = {"do": "refuse_estimate", "line": "1"}
    short = text_of(parks.post(place, {**refusal, "answer": "900"}), 422)
    assert "CATALOGUE-251" in short
    assert 'value="900"' in short
    form = {**refusal, "answer": "We expect 900 cases a year."}
    assert "Refused. The centre reads why." in text_of(parks.post(place, form, follow=True))
    blocked = text_of(approver.post(place, SIGN), 422)
    assert "We expect 900 cases a year." in blocked
    assert "CATALOGUE-260" in blocked
    signed = text_of(parks.post(place, {"do": "estimate", "line": "1"}, follow=True))
    assert "Signed on" in signed
    assert "Your agency has signed every estimated quantity" in signed
    assert "when the centre signs too" in text_of(approver.post(place, SIGN, follow=True))
    assert "FORM-101" in text_of(parks.post(place, {"do": "estimate", "line": "9"}), 422)


def test_all_estimates_are_signed_at_once(world: World, signed_in: Browser) -> None:
    parks, place = signed_in("parks"), f"/agency/orders/{world.open_order}/"
    page = text_of(parks.post(place, {"do": "estimates"}, follow=True))
    assert "Your agency has signed every estimated quantity" in page


def test_an_end_takes_both_sides(world: World, signed_in: Browser) -> None:
    director, water = signed_in("director"), signed_in("water-approver")
    path = f"/endings/{world.open_ending}/"
    page = text_of(water.get(f"/agency{path}"))
    assert "The board takes its help desk back." in page
    assert "it ends before 1 March 2027" in page
    text_of(director.post(f"/centre{path}", SIGN, follow=True))
    done = text_of(water.post(f"/agency{path}", SIGN, follow=True))
    assert "Both sides have signed" in done
    with act_as(SYSTEM):
        ended = Ending.objects.get(pk=world.open_ending)
        order = Order.objects.get(pk=ended.order_id)
    assert (order.state, str(order.ended_on)) == ("ended", "2027-03-01")
    own = text_of(water.get(f"/agency/orders/{order.pk}/"))
    assert "Ends on 28 February 2027" in own
    assert "Proposal to end order A-0001-01.0: Signed by both" in own


def test_an_end_is_proposed_with_day_and_reason(world: World, signed_in: Browser) -> None:
    browser, order = signed_in("parks"), world.line().order_line.order
    place = f"/agency/orders/{order.pk}/end/"
    assert "It runs 1 May 2026 – 30 June 2027." in text_of(browser.get(place))
    wrong = text_of(
        browser.post(place, {"ends": "2026-11-01", "reason": "We leave the centre."}), 422
    )
    assert "CATALOGUE-226" in wrong
    assert "We leave the centre." in wrong
    assert "FORM-102" in text_of(browser.post(place, {"reason": "We leave the centre."}), 422)
    good = {"ends": "2027-01-01", "reason": "We leave the centre."}
    page = text_of(browser.post(place, good, follow=True))
    assert "The end is proposed." in page
    terms = f"/agency/agreements/{order.agreement_id}/end/"
    assert "All its orders end with it" in text_of(browser.get(terms))
    whole = text_of(browser.post(terms, good, follow=True))
    assert "End of agreement A-0001" in whole
    agreement = text_of(browser.get(f"/agency/agreements/{order.agreement_id}/"))
    assert "Proposals to end it early" in agreement
    assert signed_in("director").get(f"/centre/orders/{order.pk}/end/").status_code == 403
