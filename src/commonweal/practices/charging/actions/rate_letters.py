"""Whom an approved rate is told: one letter to each agency about all that a day decided.

It is in the inbox at once and leaves by mail when the day of the decision is over, so that a desk
that approves thirty rates in a morning writes one letter, not thirty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.notices.public import notify_together
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import alone
from commonweal.kernel.words import public as words

from ..models import RateEffect, RateVersion
from ..notice_words import RATE_DECIDED
from ..rate_words import change_words, rate_text, rate_timing
from ..selectors.rate_base import covered_agencies

READ = "charging.view_bills"
Told = tuple[RateVersion, RateVersion | None, RateEffect]
"""An approved version, the one before it, and what it means to an agency's year."""


def announce(actor: Actor, version: RateVersion) -> int:
    """Tell every agency whose orders cover the item what the approved rate means to its year,
    together with all that was decided on the day; how many. Who only forecast it finds it on the
    page of its budget. Called in the transaction of the decision.
    """
    alone("charging.rate_letters")  # decisions of one moment do not overwrite one another
    day, zone = today(centre().zone), ZoneInfo(centre().zone)
    begins = datetime.combine(day, time.min, zone)
    ends = datetime.combine(day + timedelta(days=1), time.min, zone)
    decided = RateVersion.objects.filter(
        state="approved", approved_at__gte=begins, approved_at__lt=ends
    ).select_related("charge_item")
    versions = [version, *(row for row in decided if row.pk != version.pk)]
    letters = _letters(versions)
    users = {agency for agency, told in letters.items() if any(row[0] is version for row in told)}
    for agency_id in sorted(users):
        notify_together(
            actor=actor, agency_id=agency_id, permission=READ, template=RATE_DECIDED.code,
            context=partial(letter_words, letters[agency_id]), key=f"rates:{day}", until=ends,
        )  # fmt: skip
    if users:
        version.announced_at = now()
    return len(users)


def _letters(versions: Sequence[RateVersion]) -> dict[UUID, list[Told]]:
    """What each agency is told, by item and day; agencies whose orders cover the item alone. A few
    queries, however many rates the day decided."""
    items = {version.charge_item_id for version in versions}
    users, before = covered_agencies(items), _before(versions)
    effects: dict[UUID, list[RateEffect]] = defaultdict(list)
    for effect in RateEffect.objects.filter(rate_version__in=versions):
        effects[effect.rate_version_id].append(effect)
    found: dict[UUID, list[Told]] = defaultdict(list)
    for version in sorted(versions, key=lambda row: (row.charge_item.name, row.starts, row.code)):
        for effect in effects[version.pk]:
            if (version.charge_item_id, effect.agency_id) in users:
                found[effect.agency_id].append((version, before.get(version.pk), effect))
    return found


def _before(versions: Sequence[RateVersion]) -> dict[UUID, RateVersion]:
    """By version, the price that it takes the place of; an item that had none is not there."""
    known: dict[UUID, list[RateVersion]] = defaultdict(list)
    for row in (
        RateVersion.objects.filter(
            charge_item_id__in={version.charge_item_id for version in versions}, state="approved"
        )
        .select_related("charge_item")
        .order_by("starts", "id")
    ):
        known[row.charge_item_id].append(row)
    found = {}
    for version in versions:
        earlier = [
            row for row in known[version.charge_item_id]
            if row.starts < version.starts and row.pk != version.pk
        ]  # fmt: skip
        if earlier:
            found[version.pk] = earlier[-1]
    return found


def letter_words(told: Sequence[Told]) -> dict[str, str]:
    """A letter's values in the language now in use: every item with its old and new price."""
    version = told[0][0]
    if len(told) == 1:
        headline = _("%(item)s: %(rate)s from %(day)s") % {
            "item": version.charge_item.name,
            "rate": rate_text(version),
            "day": words.day(version.starts),
        }
    else:
        headline = _("%(count)s new prices, the first from %(day)s") % {
            "count": len(told),
            "day": words.day(min(row[0].starts for row in told)),
        }
    return {
        "headline": headline,
        "decided": words.day(today(centre().zone)),
        "items": "\n\n".join(_item(*row) for row in told),
    }


def _item(version: RateVersion, before: RateVersion | None, effect: RateEffect) -> str:
    shape = (
        _("%(item)s: %(new)s instead of %(old)s, from %(day)s.")
        if before
        else _("%(item)s: %(new)s, from %(day)s; it had no price before.")
    )
    currency = version.currency
    said = [
        shape
        % {
            "item": version.charge_item.name,
            "new": rate_text(version),
            "old": rate_text(before) if before else "",
            "day": words.day(version.starts),
        },
        _("Your year: %(after)s instead of %(before)s, %(change)s.")
        % {
            "after": words.money(effect.after_minor, currency),
            "before": words.money(effect.before_minor, currency),
            "change": change_words(effect.before_minor, effect.after_minor, currency),
        },
        rate_timing(version),
    ]
    return "\n".join(each for each in said if each)
