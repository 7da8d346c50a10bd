"""A disposal's proceeds to whoever paid for the asset: credits on bills to come, refunds, held.

The proceeds came from a buyer, so they are no revenue of a service: they lie in the books as owed
(2320; 2330 to a grant) until a bill, a refund or the grantor takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import Actor
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.money.public import largest_remainder
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words

from ..closing.cash import GENERAL, post_grant, post_proceeds
from ..closing.posting import DUE, OWED
from ..domain.credits import months_from
from ..models import AssetShare, ContributorCredit, Disposal
from ..selectors.credits import first_credit_month
from ..selectors.proceeds import credit_id_of, refund_key, share_lines
from .credits import put_credit
from .settlement import post_refund

Key = tuple[str, str]


@action
def pay_contributors(
    *,
    actor: Actor,
    disposal: Disposal,
    decision_id: UUID,
    amounts: Mapping[AssetShare, int],
    bills: int,
) -> None:
    """Give each contributor its part of the proceeds, as the disposal's own decision says.

    A customer gets a credit in equal parts on its next `bills` bills, on the lines of its newest
    bill; who is no customer any more is paid back in cash; a grant's part is held for it.
    """
    day = today(centre().zone)
    paid: dict[str, int] = {}
    for row, minor in amounts.items():
        if not minor:
            continue
        if row.customer_id is None:
            post_grant(centre_id=centre().agency_id, minor=minor, currency=disposal.asset.currency,
                       day=day, key=f"{refund_key(disposal.pk)}:{row.pk}",
                       reference=str(disposal.pk))  # fmt: skip
            way = "held"
        else:
            way = _pay_agency(actor, disposal, decision_id, row.customer_id, minor, bills, day)
        paid[way] = paid.get(way, 0) + minor
    record(actor=actor, verb="costs.proceeds_given", target=disposal,
           payload={"asset": disposal.asset.code, "decision": decision_id,
                    **{f"{way}_minor": minor for way, minor in sorted(paid.items())}})  # fmt: skip


def _pay_agency(
    actor: Actor,
    disposal: Disposal,
    decision_id: UUID,
    agency_id: UUID,
    minor: int,
    bills: int,
    day: date,
) -> str:
    asset = disposal.asset
    ContributorCredit.objects.create(
        agency_id=agency_id, disposal=disposal, asset_name=asset.name, amount_minor=minor,
        currency=asset.currency, recorded_at=now(),
    )  # fmt: skip
    lines = share_lines(agency_id, asset.pool)
    portions = split_over(minor, {line.pk: line.amount_minor for line in lines})
    places: dict[Key, int] = {}
    for line in lines:
        place = (line.service.fund_code, line.service.code)
        places[place] = places.get(place, 0) + portions.get(line.pk, 0)
    post_proceeds(
        centre_id=centre().agency_id, agency_id=agency_id, currency=asset.currency, day=day,
        amounts=places or {(GENERAL, ""): minor}, key=f"{refund_key(disposal.pk)}:{agency_id}",
        reference=str(disposal.pk),
    )  # fmt: skip
    with override(centre().locale):  # a record reads the same whoever decides it
        reason = _("Your share of what “%(asset)s” brought on %(day)s. %(reason)s") % {
            "asset": asset.name, "day": words.day(disposal.day), "reason": disposal.reason,
        }  # fmt: skip
    if not lines:
        post_refund(
            actor=actor, agency_id=agency_id, amounts={(GENERAL, ""): minor}, day=day,
            currency=asset.currency, reason=reason, decision_id=decision_id,
            key=refund_key(disposal.pk), out_of=(OWED, DUE),
        )  # fmt: skip
        return "refunded"
    put_credit(
        actor=actor, kind="disposal", reason=reason, decision_id=decision_id, portions=portions,
        months=months_from(first_credit_month(actor), bills),
        credit_id=credit_id_of(disposal.pk, agency_id),
    )  # fmt: skip
    return "credited"


def split_over(minor: int, lines: Mapping[UUID, int]) -> dict[UUID, int]:
    """An amount over bill lines by what they came to (`lines`: minor units by line); the parts add
    up, and none is zero."""
    if not lines:
        return {}
    parts = largest_remainder(minor, list(lines.values()), [str(line) for line in lines])
    return {line: part for line, part in zip(lines, parts, strict=True) if part}
