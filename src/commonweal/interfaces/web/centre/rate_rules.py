"""The rules for rates: notice, the freeze within a year, limits set by law."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import agreements, charge_items, services
from commonweal.kernel.schema.public import Place
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import report
from ..look.page import Item, Link, col
from ..requests import Asked
from ..setup.kit import Field, Form, Row, Section, Sheet, ask, sheet
from .base import (
    address,
    day_field,
    decimal_field,
    local_day,
    optional_day,
    required_id,
    text,
    whole_field,
)
from .rates import desk_tabs

VIEW = "charging.view_costs"
RULES = "charging.set_rate_rules"


@centre_only(VIEW)
@report("the centre's few rules and the limits set by law")
def rules(request: Asked) -> HttpResponse:
    """The rules that hold now."""
    now, may = charging.rate_rules(request.actor), request.actor.may(RULES)
    days = _("%(days)s days") % {"days": now.notice_days}
    needed = now.authority_name or _("the authority")
    facts = [
        Item(_("Notice from approval to the first day"), days),
        Item(
            _("A change within a fiscal year in progress"),
            _("Refused unless marked, with a reason for everybody")
            if now.freeze
            else _("Needs a reason for everybody"),
        ),
        Item(
            _("Resolution behind such a change"),
            _("Needed, of %(name)s") % {"name": needed} if now.authority_needed else _("Not asked"),
        ),
        Item(_("A price jump that takes a reason"), words.percent(now.jump)),
        Item(
            _("Budget figures are due, unless an agency says otherwise"),
            _("%(days)s days before the fiscal year") % {"days": now.deadline_days}
            if now.deadline_days
            else _("Not set"),
        ),
    ]
    return sheet(
        request,
        Sheet(
            title=_("The rules for rates"),
            tabs=desk_tabs("rate_rules"),
            facts=facts,
            acts=[Link(_("Change the rules"), address("rate_rules_change"))] if may else [],
            sections=[_caps(request, may), _notices(request, may)],
        ),
    )


def _caps(request: Asked, may: bool) -> Section:
    rows = []
    for row in charging.rate_caps(request.actor):
        share = row.kind == "overhead"
        of = row.charge_item or row.service
        rows.append(
            Row(
                {
                    "code": row.code,
                    "what": _("Overhead, as a share of the cost") if share else _("Price"),
                    "of": of.name if of else _("Everything"),
                    "limit": words.percent(row.limit, 2) if share else words.rate(row.limit),
                    "effect": _("Refuses") if row.refuse else _("Warns"),
                    "source": row.source,
                    "starts": words.day(row.starts),
                }
            )
        )
    return Section(
        _("Limits set by law or resolution"),
        [
            col("code", _("Limit")),
            col("what", _("Of what")),
            col("of", _("Where")),
            col("limit", _("At most"), numeric=True),
            col("effect", _("Above it")),
            col("source", _("Set by")),
            col("starts", _("From")),
        ],
        rows,
        _("Limits that a law puts on prices or on overhead stand here, and are kept."),
        Link(_("Add a limit"), address("rate_cap")) if may else None,
    )


def _notices(request: Asked, may: bool) -> Section:
    rows = [
        Row(
            {
                "agreement": row.agreement.number,
                "agency": row.agency.name,
                "days": _("%(days)s days") % {"days": row.days},
            }
        )
        for row in charging.agreement_notices(request.actor)
    ]
    return Section(
        _("Notice by agreement"),
        [
            col("agreement", _("Agreement")),
            col("agency", _("Agency")),
            col("days", _("Notice"), numeric=True),
        ],
        rows,
        _("Where an agreement gives a longer notice than the centre's, it stands here."),
        Link(_("Set an agreement's notice"), address("rate_notice")) if may else None,
    )


def _back() -> Link:
    return Link(_("The rules for rates"), address("rate_rules"))


@centre_only(RULES)
def change(request: Asked) -> HttpResponse:
    """Change the rules; earlier ones stay on record."""
    now = charging.rate_rules(request.actor)
    form = Form(
        title=_("Change the rules for rates"),
        button=_("Save the rules"),
        back=_back(),
        fields=[
            Field("notice_days", _("Days of notice"), "number", width="3",
                  hint=_("From approval, when agencies are told, to the first day.")),
            Field("freeze", _("Rates are frozen within the fiscal year"), "tick",
                  hint=_("A change within it is refused unless it is marked, with a reason.")),
            Field("authority_needed", _("A change within the year names a resolution"), "tick"),
            Field("authority_name", _("Whose resolution"), hint=_("For example: Rate Committee")),
            Field("jump_percent", _("A price jump that takes a reason, in percent"), "number",
                  width="3"),
            Field("deadline_days", _("Budget figures are due so many days before the year"),
                  "number", width="3", hint=_("0: no day, unless an agency sets its own.")),
        ],
        values={
            "notice_days": now.notice_days,
            "freeze": "1" if now.freeze else "",
            "authority_needed": "1" if now.authority_needed else "",
            "authority_name": now.authority_name,
            "jump_percent": int(now.jump * 100),
            "deadline_days": now.deadline_days,
        },
    )  # fmt: skip

    def write() -> object:
        return charging.set_rate_rules(
            actor=request.actor,
            notice_days=whole_field(request, "notice_days", _("Days of notice")),
            freeze=bool(text(request, "freeze")),
            authority_needed=bool(text(request, "authority_needed")),
            authority_name=text(request, "authority_name"),
            jump_percent=whole_field(request, "jump_percent", _("Price jump")),
            deadline_days=whole_field(request, "deadline_days", _("Days"), default=0),
        )

    return ask(request, form, write, _("Saved. They hold from now on."), address("rate_rules"))


@centre_only(RULES)
def cap(request: Asked) -> HttpResponse:
    """Add a limit set by law, or change one by its code."""
    every = ("", _("Everything"))
    form = Form(
        title=_("A limit set by law or resolution"),
        button=_("Save the limit"),
        back=_back(),
        fields=[
            Field("code", _("Code"), width="10", hint=_("A code that is known changes its limit."),
                  codes=("RATES-515",)),
            Field("kind", _("Of what"), "select",
                  options=[("rate", _("Price")), ("overhead", _("Overhead, as a share of 1"))]),
            Field("limit", _("At most"), "number", width="10",
                  hint=_("A price such as 4.50, or a share of overhead such as 0.0826.")),
            Field("service", _("Service"), "select",
                  options=[every, *((row.code, row.name) for row in services(request.actor))]),
            Field("charge_item", _("Charge item"), "select",
                  options=[every, *((row.code, row.name) for row in
                                    charge_items(request.actor, on=local_day()))]),
            Field("source", _("Law or resolution that sets it")),
            Field("starts", _("From"), "day"),
            Field("ends", _("First day without it"), "day", hint=_("Empty: no end.")),
            Field("refuse", _("Refuse what is above it"), "tick",
                  hint=_("Without the tick it warns, and takes a reason.")),
        ],
        values={"refuse": "1", "starts": local_day()},
    )  # fmt: skip

    def write() -> object:
        return charging.put_rate_cap(
            actor=request.actor,
            code=text(request, "code"),
            kind=text(request, "kind"),
            limit=decimal_field(request, "limit", _("At most")),
            source=text(request, "source"),
            starts=day_field(request, "starts", _("From")),
            ends=optional_day(request, "ends", _("First day without it")),
            service=text(request, "service"),
            charge_item=text(request, "charge_item"),
            refuse=bool(text(request, "refuse")),
        )

    return ask(request, form, write, _("Saved. It holds for every proposal from now on."),
               address("rate_rules"))  # fmt: skip


@centre_only(RULES)
def notice(request: Asked) -> HttpResponse:
    """Set an agreement's own notice."""
    found = agreements(request.actor, place=Place(limit=200))
    form = Form(
        title=_("Notice of rates by agreement"),
        button=_("Save the notice"),
        back=_back(),
        fields=[
            Field("agreement", _("Agreement"), "select",
                  options=[(str(row.pk), f"{row.number}, {row.agency.name}") for row in found]),
            Field("days", _("Days of notice"), "number", width="3"),
        ],
    )  # fmt: skip

    def write() -> object:
        return charging.set_agreement_notice(
            actor=request.actor,
            agreement_id=required_id(request, "agreement", _("Choose the agreement.")),
            days=whole_field(request, "days", _("Days of notice")),
        )

    return ask(request, form, write, _("Saved."), address("rate_rules"))
