"""Every page as every role: found by its links, checked by axe, at every width, in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from commonweal.interfaces.web.agency.tests.world import PASSWORD
from commonweal.ops.deep.checks import THEMES, WIDTHS, Checks
from commonweal.ops.deep.walk import Found, Visitor, Walk, Walker, expected, of_library, stranger

from .conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CENTRE = ("officer", "director", "owner", "admin", "auditor", "agent")
OUTSIDE = ("", "parks", "parks-approver", "parks-liaison", "parks-employee")
SOMETIMES = {
    "display/<str:office>/": "stands in the hall; the counter and the public door lead to it",
    "kiosk/<str:key>/": "its address is a secret of the device at the door, in the set-up",
    "kiosk/<str:key>/<uuid:ticket_id>/": "the number, after somebody took one",
    "centre/cases/set-up/apply/": "behind the promises, one of a dozen sheets of the set-up",
    "centre/counter/<str:office>/appointments/<uuid:appointment_id>/": "while there is one today",
    "account/loans/": "a role to lend, which not everybody holds; the link is there for who does",
    "agency/unusual/<uuid:hold_id>/": "a form, while an unusual line waits for its agency",
    "cases/app.webmanifest": "browsers read it; no link leads there",
    "centre/cases/app.webmanifest": "browsers read it; no link leads there",
    "help/<str:agency>/app.webmanifest": "browsers read it; no link leads there",
    "help/<str:agency>/how/<str:token>/": "the link of a mail, with its token",
    "help/<str:agency>/look/": "a part of the form for what is written in it",
    "service-worker.js": "browsers read it; no link leads there",
    "centre/bills/unusual/<uuid:hold_id>/explain/": "a form, while an unusual line waits",
    "centre/costs/files/<uuid:file_id>/": "a ledger file too large to read while one waits",
    "centre/close/<str:period>/decide/": "a form of the close, while its bills wait for approval",
    **dict.fromkeys(
        (
            "cases/<str:number>/files/<uuid:attachment_id>/",
            "centre/cases/<str:number>/files/<uuid:attachment_id>/",
            "cases/<str:number>/messages/<uuid:message_id>/",
            "centre/cases/<str:number>/messages/<uuid:message_id>/",
            "centre/cases/<str:number>/messages/<uuid:message_id>/raw/",
            "help/<str:agency>/cases/<str:number>/",
            "help/<str:agency>/cases/<str:number>/files/<uuid:attachment_id>/",
        ),
        "what was sent with one case, or a stranger's case behind its code",
    ),
    "cases/knowledge/<str:code>/": "an article, where one fits what somebody asks",
    "centre/cases/knowledge/<str:code>/": "an article, where one fits a case",
    "cases/<str:number>/pay/<uuid:fee_id>/": "a fee, while a provider takes money online",
    "help/<str:agency>/cases/<str:number>/pay/<uuid:fee_id>/": "a citizen's own fee, by their code",
    "help/<str:agency>/cases/<str:number>/receipts/<str:text>/": "a citizen's own receipt",
    "help/<str:agency>/cases/<str:number>/visit/": "a citizen's own appointment, by their code",
    "cases/receipts/<str:number>/": "a receipt of the agency, once somebody paid",
    "centre/cases/letters/<uuid:letter_id>/pages/<int:number>/": "a picture inside a letter's page",
    "pay/test/<str:token>/": "the test provider's page, to which only a payment leads",
    "centre/cases/tills/<slug:code>/<str:number>/": "a case whose fee somebody wants to pay",
    "centre/cases/receipts/<str:number>/": "a receipt, once somebody paid at a till",
    "centre/intake/tried/<uuid:token>/problems.csv": "the refused rows of a file that was tried",
}
"""Addresses to which a link leads only after something else; those pages' own tests go there."""


CLOSED = {"sign-in/signup/", "sign-in/email/", "sign-in/confirm-email/", "sign-in/3rdparty/"}
"""Pages of the sign-in library that say, to whoever knows their address, that they are closed."""


def visitor(site: Site, who: str) -> Visitor:
    if not who:
        return stranger("PARKS")
    return Visitor(who, site.world.actors[who], f"{who}@example.test", PASSWORD)


class Looker:
    """Looks at each page that a walk opens: at new ones thoroughly, at known ones quickly.

    Axe looks at each page once, and widths and themes take turns; `./run deep` tries them all.
    """

    def __init__(self, checks: Checks, who: str, known: set[str], wrong: list[str]) -> None:
        self.checks, self.who, self.known, self.wrong = checks, who, known, wrong

    def __call__(self, found: Found) -> None:
        turn, new = len(self.known), found.route not in self.known
        self.known.add(found.route)
        problems = self.checks.all() if new else self.checks.quick()
        if new:
            problems += self.checks.axe(WIDTHS[turn % 3], list(THEMES)[turn // 3 % 3])
        self.wrong += [f"{self.who}: {found.path}: {problem}" for problem in problems]


def walked(site: Site, desk: Any, people: tuple[str, ...]) -> tuple[list[Walk], list[str]]:
    """Walk as each of the people; what was wrong anywhere.

    Pages of the sign-in library are the same for everybody, so the first one walks them.
    """
    walks: list[Walk] = []
    wrong: list[str] = []
    known: set[str] = set()
    for who in people:
        page = desk()
        checks = Checks(page)
        walker = Walker(page, site.url, visitor(site, who), of_library() if walks else ())
        walker.sign_in()
        walks.append(walker.follow(Looker(checks, who or "public", known, wrong)))
        wrong += walks[-1].wrong
        page.context.close()
    return walks, wrong


def missed(walk: Walk) -> list[str]:
    """Pages that the person may see and no link led to."""
    who = walk.visitor.label
    gone = expected(walk.visitor.actor) - walk.reached - SOMETIMES.keys()
    return [f"{who}: never reached: {place}" for place in sorted(gone)] + [
        f"{who}: no link leads to {place}"
        for place in sorted(walk.unlinked - CLOSED - SOMETIMES.keys())
    ]


@pytest.mark.parametrize("people", [CENTRE, OUTSIDE], ids=["centre", "agency-and-public"])
def test_every_page_of_every_role(site: Site, desk: Any, people: tuple[str, ...]) -> None:
    walks, wrong = walked(site, desk, people)
    wrong += [each for walk in walks for each in missed(walk)]
    assert wrong == [], "\n".join(wrong)
