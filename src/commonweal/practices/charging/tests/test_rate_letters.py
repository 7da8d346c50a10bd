"""What agencies are told of approved rates: one letter for each day of decisions."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.notices.models import Message
from commonweal.kernel.notices.tasks import deliver
from commonweal.kernel.schema.public import uuid7
from commonweal.practices.charging.actions.rate_letters import announce
from commonweal.practices.charging.models import RateVersion
from commonweal.practices.charging.notice_words import RATE_DECIDED
from commonweal.practices.charging.rate_words import rate_text

from .copies import copies, enter, world
from .test_ratedesk import NEXT, WHY, approve, propose
from .world import ZONE, World

__all__ = ["copies", "enter", "world"]


def test_a_day_of_decisions_is_one_letter_with_old_and_new_prices(world: World) -> None:
    """Three rates in a day: a letter each to everybody of an agency, that leaves after the day."""
    first = approve(world, propose(world))
    with act_as(SYSTEM):
        sent = Message.objects.filter(template=RATE_DECIDED.code)
        people = sent.count()
        before = {row.pk: (row.subject, row.body) for row in sent}
        assert {row.subject for row in sent} == {"Payslips: $4.00 per payslip from 1 July 2027"}
        Message.objects.update(read_at=now())
    base = approve(world, propose(world, "payroll.base", model={"kind": "flat", "amount": "120"}))
    approve(world, propose(world, "helpdesk.hour", model={"kind": "per_unit", "rate": "60"}))
    clerk, parks = (world.agencies[code] for code in ("CLERK", "PARKS"))
    with act_as(SYSTEM):
        assert {row.pk for row in sent.all()} == set(before)
        own = sent.filter(agency_id=parks)
        assert {row.subject for row in own} == {"3 new prices, the first from 1 July 2027"}
        assert {row.read_at for row in sent.all()} == {None}
        body = own[0].body
        old = RateVersion.objects.get(charge_item=first.charge_item, ends=NEXT)
        assert f"$4.00 per payslip instead of {rate_text(old)}, from 1 July 2027." in body
        assert "$120.00" in body
        assert "$3,888.00 instead of" in body
        assert "Hours: $60.00 per hour instead of $55.005 per hour" in body
        assert body.count(WHY) == 3
        assert "Hours" not in sent.filter(agency_id=clerk)[0].body  # it orders payslips alone
        # It leaves when the day is over in the centre's zone, not before, and then stays.
        (leaves,) = set(sent.values_list("next_try", flat=True))
        assert leaves.astimezone(ZoneInfo(ZONE)).strftime("%H:%M") == "00:00"
        assert now() < leaves <= now() + timedelta(days=1)
    deliver(actor=SYSTEM, job_id=uuid7(), payload={})
    with act_as(SYSTEM):
        assert set(sent.values_list("state", flat=True)) == {"queued"}
        words_now = {row.pk: row.body for row in sent.all()}
        assert announce(SYSTEM, base) == 3  # said again: the same words
        assert {row.pk: row.body for row in sent.all()} == words_now
    with at(leaves + timedelta(minutes=1)):
        deliver(actor=SYSTEM, job_id=uuid7(), payload={})
        with act_as(SYSTEM):
            assert sent.exclude(state="queued").count() == people
        approve(world, propose(world, "helpdesk.case"))
        with act_as(SYSTEM):
            assert {row.pk: row.body for row in sent.filter(pk__in=before)} == words_now
            new = sent.exclude(pk__in=before)
            assert {row.agency_id for row in new} == set(world.agencies.values()) - {clerk}
            assert all(row.subject.startswith("Cases: ") for row in new)


def test_a_letter_takes_no_more_statements_however_many_rates_the_day_decided(world: World) -> None:
    """Each approval writes the day's letters anew; what they say is read at once."""

    def asked(version: RateVersion) -> int:
        with act_as(SYSTEM), CaptureQueriesContext(connection) as found:
            announce(SYSTEM, version)
        return len(found)

    first = approve(world, propose(world))
    alone = asked(first)
    for item, model in (
        ("payroll.base", {"kind": "flat", "amount": "120"}),
        ("helpdesk.hour", {"kind": "per_unit", "rate": "60"}),
    ):
        approve(world, propose(world, item, model=model))
    assert asked(first) <= alone
