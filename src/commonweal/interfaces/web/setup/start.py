"""What is set up, and what is missing before a first bill: the way through an empty centre."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.catalogue.public import charge_items_page, has_orders
from commonweal.kernel.metering.public import sources
from commonweal.kernel.party.public import agencies, people
from commonweal.kernel.schema.public import Place
from commonweal.practices.charging.public import closes, imports, pools, rates_in_force_page

from ..centre.base import local_day
from ..lists import report
from ..look.page import Link, col
from ..requests import Asked
from .kit import Row, Section, Sheet, sheet, to
from .rooms import anyone, rooms

ONE = Place(limit=1)


@dataclass(frozen=True)
class Stage:
    """One stage on the way to a first bill.

    `need`: the permission to look at it; `found`: whether there is something of it.
    """

    what: str
    who: str
    need: str
    found: Callable[[Actor], Any]
    href: str


def stages() -> Iterator[Stage]:
    """What a first bill needs, in an order that works."""
    admin, finance, owner = _("Administrator"), _("Finance officer"), _("Service owner")
    yield Stage(_("Agencies that get bills"), admin, "", lambda who: agencies(who, place=ONE),
                to("centre:agencies"))  # fmt: skip
    yield Stage(_("People, with their roles"), admin, "party.view_people",
                lambda who: len(people(who, place=Place(limit=2))) > 1,
                reverse("centre:people"))  # fmt: skip
    yield Stage(_("Services and what is priced in them"), f"{finance}, {owner}", "",
                lambda who: charge_items_page(who, None, ONE), to("services"))  # fmt: skip
    yield Stage(_("Sources that send usage"), f"{admin}, {finance}", "metering.view", sources,
                to("sources"))  # fmt: skip
    yield Stage(_("Costs from the ledger"), finance, "charging.view_costs",
                lambda who: imports(who, ONE), reverse("centre:imports"))  # fmt: skip
    yield Stage(_("Pools that gather the costs"), finance, "charging.view_costs", pools,
                reverse("centre:model"))  # fmt: skip
    yield Stage(_("Rates, proposed and decided"), f"{owner}, {_('Director')}",
                "charging.view_costs", lambda who: rates_in_force_page(who, local_day(), ONE),
                reverse("centre:rates"))  # fmt: skip
    yield Stage(_("Agreements and orders, signed by both sides"), f"{owner}, {_('Agency')}",
                "agreements.view", has_orders,
                reverse("centre:agreements"))  # fmt: skip
    yield Stage(_("A month closed and its bills issued"), finance, "charging.view_all_bills",
                lambda who: closes(who, ONE), reverse("centre:close"))  # fmt: skip


@anyone
@report("the nine stages on the way to a first bill")
def start(request: Asked) -> HttpResponse:
    """Each stage: whether something of it is there, who does it, and the page for it."""
    actor, rows, missing, complete = request.actor, [], list[Stage](), True
    for stage in stages():
        seen = not stage.need or actor.may(stage.need)
        there = seen and bool(stage.found(actor))
        complete = complete and there
        if seen and not there:
            missing.append(stage)
        rows.append(
            Row(
                {"what": stage.what, "who": stage.who},
                stage.href if seen else "",
                tag=state_of(seen=seen, there=there),
            )
        )
    section = Section(
        _("On the way to a first bill"),
        [col("what", _("What a bill needs")), col("state", _("State")), col("who", _("Done by"))],
        rows,
        "",
        hidden=True,
    )
    title = _("Everything a bill needs is here") if complete else _("What a first bill needs")
    acts = [Link(_("Next: %(what)s") % {"what": each.what}, each.href) for each in missing[:1]]
    return sheet(request, Sheet(title, [section], tabs=rooms(actor, "start"), acts=acts))


def state_of(*, seen: bool, there: bool) -> tuple[str, str]:
    """The state of a stage as a tag."""
    if not seen:
        return "unknown", _("Not yours to see")
    return ("good", _("There")) if there else ("watch", _("Nothing yet"))
