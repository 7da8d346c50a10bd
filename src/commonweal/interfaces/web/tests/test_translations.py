"""No page says anything that a catalogue does not know."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests import pages
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.notices.templates import all_templates, render
from commonweal.kernel.party.public import set_centre
from commonweal.practices.charging.papers.pdf import bill_pdf, pdf_data

from . import pseudo

Browser = Callable[[str], Client]
WEB = Path(__file__).resolve().parents[1]


def missed(browser: Client, places: list[str], known: list[str]) -> dict[str, list[str]]:
    """What each page says outside the catalogues."""
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = pseudo.CODE
    found = {}
    for place in places:
        answer = browser.get(place, follow=True)
        page = answer.content.decode()
        if answer.status_code == 403:
            continue
        assert pseudo.OPEN in page, place
        if said := pseudo.untranslated(page, known):
            found[place] = sorted(set(said))
    return found


def visits(world: World) -> list[str]:
    """The pages of the public site, the portal and the account."""
    line = world.line()
    return [
        "/", "/services/", "/services/helpdesk/", "/rates/", "/rates/helpdesk.case/",
        "/rates/helpdesk.case/what-if/", "/money/", "/how-charging-works/", "/agency/bills/",
        f"/agency/bills/{world.bill().number}/", f"/agency/lines/{line.pk}/",
        f"/agency/lines/{line.pk}/usage/", f"/agency/lines/{line.pk}/costs/",
        f"/agency/rates/{line.rate_version.code}/costs/security/", "/agency/usage/",
        "/agency/usage/helpdesk.case/", "/agency/usage/records/", "/agency/usage/late/",
        "/agency/data/", "/agency/account/", "/agency/account/payments/", "/agency/accounts/",
        "/agency/dates/", "/agency/unusual/", "/agency/changes/", "/agency/disputes/",
        "/agency/credits/", "/agency/what-if/", "/agency/adjustments/", "/agency/budget/",
        "/agency/proposed-rates/", "/agency/unit-costs/", "/agency/worth/",
        "/agency/worth/helpdesk/", "/agency/agreements/", "/agency/agreements/to-sign/",
        "/agency/agreements/approvers/",
        f"/agency/agreements/{line.order_line.order.agreement_id}/",
        f"/agency/orders/{line.order_line.order_id}/", "/agency/forecasts/", "/account/",
        "/account/tokens/", "/account/loans/", "/account/messages/",
    ]  # fmt: skip


def test_public_and_agency_pages_say_nothing_untranslated(
    world: World, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo.speak(monkeypatch)
    places, known = visits(world), pseudo.vocabulary()
    bills = [f"/agency/lines/{world.line(item).pk}/" for item in world.items]
    assert missed(signed_in("parks"), [*places, *bills], known) == {}
    public = [place for place in places if not place.startswith(("/agency/", "/account/"))]
    assert missed(Client(), [*public, "/sign-in/login/", "/sign-in/password/reset/"], known) == {}


def test_workspace_pages_say_nothing_untranslated(
    world: World, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo.speak(monkeypatch)
    found = pages.addresses(world)
    shown = [found[name] for name in (*pages.PLAIN, "close", "pool", "allocation", "agreement",
             "end_agreement", "modify_order", "end_order", "ending",
             "new_order", "order", "person", "role", "import")]  # fmt: skip
    known = pseudo.vocabulary()
    for key in ("director", "officer", "owner", "admin"):
        assert missed(signed_in(key), shown, known) == {}


def test_a_person_chooses_the_language(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    page = browser.get("/agency/bills/").content.decode()
    assert '<html lang="en-us"' in page
    assert 'name="language" value="es"' in page
    assert browser.get("/language/").status_code == 405
    sent = browser.post("/language/", {"language": "es"}, HTTP_REFERER="/agency/bills/")
    assert sent.status_code == 302
    page = browser.get("/agency/bills/").content.decode()
    assert '<html lang="es"' in page
    assert "Su factura de octubre es de $" in page
    assert "más que en septiembre." in page
    assert "Octubre de" not in page
    assert "October" not in page
    assert "Español" in signed_in("parks").get("/account/").content.decode()
    browser.cookies.clear()
    elsewhere = signed_in("parks").get("/agency/bills/", HTTP_ACCEPT_LANGUAGE="en-US")
    assert '<html lang="es"' in elsewhere.content.decode()


def test_a_language_without_pages_is_refused(world: World, signed_in: Browser) -> None:
    answer = signed_in("parks").post("/language/", {"language": "tlh"})
    assert answer.status_code == 400
    assert "ACCESS-112" in answer.content.decode()


def test_the_centres_language_holds_where_nobody_asks_for_another(
    world: World, client: Client
) -> None:
    with act_as(SYSTEM):
        set_centre(actor=SYSTEM, locale="es")
    for asked, said in (("", "es"), ("fr-CA,fr;q=0.9", "es"), ("de,en-GB;q=0.5", "en-gb")):
        page = client.get("/rates/", HTTP_ACCEPT_LANGUAGE=asked).content.decode()
        assert f'<html lang="{said}"' in page, asked
    client.post("/language/", {"language": "en-us"})
    assert '<html lang="en-us"' in client.get("/rates/").content.decode()


def test_papers_and_decisions_speak_the_centres_language(world: World) -> None:
    officer, bill = world.actors["officer"], world.bill()
    with act_as(officer):
        english = bill_pdf(officer, bill, "head")
        with translation.override("es"):
            assert bill_pdf(officer, bill, "head") == english
    with act_as(SYSTEM):
        set_centre(actor=SYSTEM, locale="es")
    with act_as(officer):
        assert bill_pdf(officer, bill, "head") != english


def test_the_browsers_language_counts_until_one_is_chosen(world: World, client: Client) -> None:
    page = client.get("/rates/", HTTP_ACCEPT_LANGUAGE="es-MX,es;q=0.9").content.decode()
    assert '<html lang="es"' in page
    assert "1 de julio de 2026" in page
    assert "Dirección, " in page
    other = client.get("/rates/", HTTP_ACCEPT_LANGUAGE="en-GB").content.decode()
    assert '<html lang="en-gb"' in other
    assert "Director, " in other


def test_what_goes_wrong_is_said_in_the_readers_language(
    world: World, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused forms, problem pages and rows that cannot be used; `key place form` of each."""
    pseudo.speak(monkeypatch)
    known = pseudo.vocabulary()
    terms = world.line().order_line.order.agreement_id
    order = {"starts": "2020-01-01", "ends": "2020-02-01", "item-1": "helpdesk.case",
             "quantity-1": "some", "amount-1": "1700.00", "source-1": "General fund",
             "share-1": "60", "do": "propose"}  # fmt: skip
    item = world.items["helpdesk.case"]
    rate = {"item": str(item), "basis": "hand", "kind": "per_unit", "rate": "18.25",
            "starts": "2026-09-01", "reason": "2027", "do": "propose"}  # fmt: skip
    bad: list[tuple[str, str, dict[str, object] | None]] = [
        ("parks", "/agency/bills/NO-1/", None),
        ("parks", "/centre/close/", None),
        ("officer", "/agency/bills/", None),
        ("parks", "/agency/usage/nothing/", None),
        ("parks", "/agency/accounts/", {"default": "x" * 81}),
        ("parks", "/agency/forecasts/", {f"item-{item}": "many", "do": "sign", "year": "2028"}),
        ("parks", "/agency/lines/" + str(world.line().pk) + "/ask/", {"kind": "", "text": ""}),
        ("parks", "/account/tokens/", {"name": "x", "days": "0"}),
        ("parks", "/account/loans/", {"reason": "x"}),
        ("admin", "/account/elevation/", {"reason": "x", "permission": "audit.view"}),
        ("owner", "/centre/rates/propose/", {**rate, "item": ""}),
        ("owner", "/centre/rates/propose/", rate),
        ("owner", "/centre/rates/propose/", {**rate, "starts": "soon"}),
        ("owner", "/centre/rates/propose/", {**rate, "rate": "a lot"}),
        ("owner", "/centre/rates/propose/", {**rate, "kind": "graduated", "tiers": "0 5 7"}),
        ("owner", f"/centre/agreements/{terms}/order/", order),
        ("owner", f"/centre/agreements/{terms}/order/", {**order, "quantity-1": "100"}),
        ("owner", "/centre/agreements/new/", {}),
        ("parks-approver", f"/agency/orders/{world.open_order}/", {"do": "sign"}),
        ("parks-approver", f"/agency/orders/{world.open_order}/", {"do": "refuse"}),
        ("owner", f"/centre/agreements/{terms}/end/", {"reason": "2027"}),
        ("officer", "/centre/close/2030-01/start/", {}),
        ("officer", "/centre/costs/imports/new/", {"do": "read"}),
        ("officer", "/centre/costs/imports/new/", {"do": "read", "file": _file("c.csv", b"%PDF")}),
        ("officer", "/centre/intake/", {"code": "§", "name": ""}),
        ("officer", "/centre/intake/upload/", {"file": _file("usage.docx", b"x")}),
        ("officer", "/centre/costs/model/change/", {"what": "pool", "code": "§"}),
        ("admin", "/centre/people/new/", {}),
        ("admin", "/centre/people/delegations/", {"reason": "x"}),
    ]
    left = {}
    for key, place, form in bad:
        browser = signed_in(key)
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = pseudo.CODE
        answer = browser.get(place) if form is None else browser.post(place, form)
        page = answer.content.decode()
        found = set(pseudo.untranslated(page, known))
        if found or answer.status_code < 400 or pseudo.OPEN not in page:
            left[place, str(form)[:60]] = (answer.status_code, sorted(found))
    assert left == {}


def _file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_no_page_keeps_the_language_of_its_first_reader(world: World, client: Client) -> None:
    for asked, said in (("en-US", "Password"), ("es", "Contraseña"), ("en-US", "Password")):
        page = client.get("/sign-in/login/", HTTP_ACCEPT_LANGUAGE=asked).content.decode()
        assert f">{said}</label>" in " ".join(page.split()).replace(" </label>", "</label>")


def test_papers_and_messages_say_nothing_untranslated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo.speak(monkeypatch)
    known, officer = pseudo.vocabulary(), world.actors["officer"]
    days = {"period": "2026-10", "until": "2026-11-10"}
    with act_as(officer), translation.override(pseudo.CODE):
        printed = pdf_data(officer, world.bill(), "9")
        said = list(_texts({**printed, "lang": ""}))
        for each in all_templates():
            names = re.findall(r"{(\w+)}", each.subject + each.body)
            if not each.code.startswith("test_"):
                said += render(each.code, dict.fromkeys(names, "9") | days)
    assert len(said) > 30
    for text in said:
        assert pseudo.untranslated(html.escape(text, quote=False), known) == []


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    else:
        yield str(value)


def test_what_templates_lend_each_other_is_said_inside_macros() -> None:
    """Jinja works out an imported file once: words outside its macros keep one language."""
    for path in sorted(WEB.glob("*/templates/**/*")):
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if "{% macro" in text and "{% block" not in text and "{% extends" not in text:
            outside = re.sub(r"{%-? macro .*?{%-? endmacro -?%}", "", text, flags=re.DOTALL)
            assert "_(" not in outside, path
