"""What the pages say of a paper: its state, who proposed, signed and may sign, what it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import Decider, Deciders
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.public import bureaus, centre, people_of_accounts
from commonweal.kernel.words import public as words

from ..centre.base import local_day
from ..requests import Asked

Paper = catalogue.Paper


@dataclass(frozen=True)
class Missing:
    """A signature that is missing: who may give it, and why the reader may not (empty: may)."""

    side: str
    party: str
    deciders: list[Decider]
    why_not: str

    @property
    def able(self) -> list[Decider]:
        """Those who may sign."""
        return [each for each in self.deciders if not each.hindrance]

    @property
    def unable(self) -> list[Decider]:
        """Those who hold the right and may not use it this time."""
        return [each for each in self.deciders if each.hindrance]


def last_day(ends: date | None) -> date | None:
    """The last day of a span that ends before `ends`."""
    return date.fromordinal(ends.toordinal() - 1) if ends else None


def span_words(starts: date, ends: date | None) -> str:
    """`1 July 2026 – 30 June 2027`, both days included."""
    last = last_day(ends)
    return f"{words.day(starts)} – {words.day(last) if last else _('no end')}"


def state(row: Any, today: date) -> tuple[str, str]:
    """A paper's state as shape and word, with the day where it lies ahead."""
    ended = getattr(row, "ended_on", None)
    starts = getattr(row, "starts", None)
    if row.state == "ended" and ended and ended > today:
        return "watch", _("Ends on %(day)s") % {"day": words.day(last_day(ended))}
    if row.state == "superseded" and ended and ended > today:
        return "good", _("In force until %(day)s") % {"day": words.day(last_day(ended))}
    if row.state == "active" and isinstance(row, catalogue.Ending):
        return "good", _("Signed by both")
    if row.state == "active" and starts and starts > today:
        return "good", _("In force from %(day)s") % {"day": words.day(starts)}
    if row.state == "active" and row.ends and row.ends <= today:
        return "neutral", _("Ran until %(day)s") % {"day": words.day(last_day(row.ends))}
    return {
        "draft": ("neutral", _("Draft")),
        "proposed": ("watch", _("Waits for signatures")),
        "active": ("good", _("In force")),
        "superseded": ("neutral", _("Replaced by a modification")),
        "ended": ("neutral", _("Ended")),
        "withdrawn": ("neutral", _("Withdrawn")),
        "refused": ("bad", _("Refused")),
    }.get(row.state, ("neutral", row.state))


def party(row: Paper, side: str) -> str:
    """The name of the party on a side."""
    return centre().name if side == "centre" else row.agency.name


class Names:
    """Names of those who proposed, signed and closed some papers, where the reader may see them."""

    def __init__(self, actor: Actor, rows: Iterable[Paper]) -> None:
        accounts = {
            account
            for row in rows
            for account in (
                row.proposed_by, row.signed_by_agency, row.signed_by_centre, row.closed_by
            )
            if account
        }  # fmt: skip
        self._names = {key: row.name for key, row in people_of_accounts(actor, accounts).items()}

    def of(self, account: UUID | None) -> str:
        """A name, or nothing."""
        return self._names.get(account, "") if account else ""


def signatures(row: Paper, names: Names) -> list[dict[str, Any]]:
    """Who proposed, who signed for either side and when, and how it was closed."""

    def entry(what: str, at: datetime | None, account: UUID | None) -> dict[str, Any]:
        return {"what": what, "at": at, "name": names.of(account)}

    proposed = _("Proposed by %(party)s") % {"party": party(row, row.proposed_side)}
    found = [
        entry(proposed, row.recorded_at, row.proposed_by),
        entry(_("Signed for %(party)s") % {"party": party(row, "agency")},
              row.signed_by_agency_at, row.signed_by_agency),
        entry(_("Signed for %(party)s") % {"party": party(row, "centre")},
              row.signed_by_centre_at, row.signed_by_centre),
    ]  # fmt: skip
    if row.closed_at:
        what = {
            "refused": _("Refused by %(party)s"),
            "withdrawn": _("Withdrawn by %(party)s"),
        }.get(row.state, _("End proposed by %(party)s"))
        found.append(entry(what % {"party": party(row, row.closed_side)}, row.closed_at,
                           row.closed_by))  # fmt: skip
    return found


def missing(actor: Actor, row: Paper, deciders: Deciders) -> list[Missing]:
    """The signatures that a proposal lacks."""
    if row.state != "proposed":
        return []
    signed = {"agency": row.signed_by_agency, "centre": row.signed_by_centre}
    found = []
    for side in catalogue.SIDES:
        if signed[side] is None:
            matter = catalogue.matter(row, side)
            found.append(
                Missing(
                    side, party(row, side), deciders.of(matter), deciders.why_not(actor, matter)
                )
            )
    return found


def paper_context(request: Asked, row: Paper) -> dict[str, Any]:
    """What the part about signatures needs, for one paper."""
    actor = request.actor
    own = "centre" if actor.centre else "agency"
    waits = missing(actor, row, Deciders(actor, [row.agency_id])) if row.state == "proposed" else []
    mine = next((each for each in waits if each.side == own), None)
    may_sign = mine is not None and not mine.why_not
    holds = actor.may(f"agreements.sign_{own}", row.agency_id)
    return {
        "paper": row,
        "state": state(row, local_day()),
        "signed": signatures(row, Names(actor, [row])),
        "missing": waits,
        "my_party": party(row, own),
        "may_sign": may_sign,
        "may_refuse": row.state == "proposed" and (holds or may_sign),
        "may_withdraw": row.state in ("draft", "proposed")
        and row.proposed_side == own
        and actor.may("agreements.propose", row.agency_id),
        "zone": centre().zone,
    }


def share_text(source: Any) -> str:
    """The share of a line that a funding source pays: `70%`, `33.3%`."""
    share = Fraction(source.share_numerator, source.share_denominator)
    return words.percent(share, 0 if (share * 100).denominator == 1 else 1)


def funding_text(funding: Iterable[Any]) -> str:
    """Who pays, in one line: `General fund 70%, Federal grant 30%`."""
    return ", ".join(f"{source.name} {share_text(source)}" for source in funding)


class Lines:
    """Names of the items and bureaus that an order's lines speak of."""

    def __init__(self, actor: Actor, agency_id: UUID) -> None:
        self.items = {row.code: row for row in catalogue.charge_items(actor)}
        self.bureaus = {row.pk: row.name for row in bureaus(actor, agency_id)}

    def bureau(self, bureau_id: UUID | None) -> str:
        """A bureau's name, or the whole agency."""
        return self.bureaus.get(bureau_id, "–") if bureau_id else _("Whole agency")

    def changes(self, found: catalogue.Changes, currency: str) -> list[dict[str, Any]]:
        """The lines that a modification adds, ends or changes, before and after, as text."""
        order = {"added": 0, "changed": 1, "ended": 2}
        return [
            self._change(each, currency)
            for each in sorted(found.changed, key=lambda each: order[each.kind])
        ]

    def _change(self, change: catalogue.LineChange, currency: str) -> dict[str, Any]:
        item = self.items.get(change.line.item)

        def side(line: catalogue.NewLine | None) -> dict[str, str]:
            if line is None:
                return dict.fromkeys(("quantity", "amount", "days", "funding"), "")
            unit = item.measure_plural if item else ""
            return {
                "quantity": words.quantity(line.estimated_quantity, unit),
                "amount": words.amount(line.estimated_amount_minor, currency),
                "days": span_words(line.starts or date.min, line.ends),
                "funding": funding_text(line.funding),
            }

        return {
            "kind": change.kind,
            "item": item.name if item else change.line.item,
            "bureau": self.bureau(change.line.bureau_id),
            "note": change.line.description,
            "before": side(change.before),
            "after": side(change.after),
            "what": change.what,
        }


def terms_of(found: catalogue.Changes, currency: str) -> list[dict[str, str]]:
    """The order's own terms that change, before and after, as text."""
    labels = {
        "ends": _("Last day"), "total_minor": _("Estimated total"),
        "advance_total_minor": _("Advances"), "payment_days": _("Days to pay"),
        "billing_frequency": _("Billing"), "advance_recognition": _("Recognition of advances"),
        "location_code": _("Location code"),
    }  # fmt: skip

    def text(name: str, value: Any) -> str:
        if name in ("total_minor", "advance_total_minor"):
            return words.money(value, currency)
        if name == "ends":
            return words.day(last_day(value)) if value else _("no end")
        return str(value) or "–"

    return [
        {"what": labels[each.name], "before": text(each.name, each.before),
         "after": text(each.name, each.after)}
        for each in found.terms
    ]  # fmt: skip


def change_sentence(found: catalogue.Changes) -> str:
    """What changes, in one sentence."""
    parts = [
        shape % {"count": count}
        for kind, shape in (
            ("added", _("%(count)s added")),
            ("changed", _("%(count)s changed")),
            ("ended", _("%(count)s ended")),
            ("same", _("%(count)s as before")),
        )
        if (count := found.count(kind))
    ]
    return _("From %(day)s on, lines: %(parts)s.") % {
        "day": words.day(found.starts),
        "parts": words.listing(parts),
    }
