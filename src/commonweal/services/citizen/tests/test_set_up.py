"""Citizen service is set up as data, for the agencies that offer a topic, and only for those."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.forms import form_of
from commonweal.kernel.casework.domain.states import machine_of
from commonweal.kernel.casework.models import CaseType, Category, FeeRule, Queue
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.models import Agency, CentreProfile
from commonweal.kernel.party.selectors import forget_centre
from commonweal.services.citizen.public import set_up

MONDAY = datetime(2026, 10, 5, 14, 0, tzinfo=UTC)
STARTS = date(2026, 1, 1)
ALL = dict.fromkeys(("streets", "homes", "parking", "visits", "business", "complaints"), "CTY")


@pytest.fixture
def city(db: None) -> Iterator[Agency]:
    """A centre with citizen service in its catalogue, and a city."""
    forget_centre()
    with at(MONDAY), act_as(SYSTEM):
        home = Agency.objects.create(code="CTR", name="Centre", kind="centre")
        CentreProfile.objects.create(agency=home, name="Centre", short_name="C")
        catalogue.put_service(
            actor=SYSTEM, code="citizen", name="Citizen service", description="Help.",
            fund_code="F1", starts=STARTS,
        )  # fmt: skip
        yield Agency.objects.create(code="CTY", name="City")
    forget_centre()


def test_setting_up_twice_changes_nothing(city: Agency) -> None:
    assert set_up(actor=SYSTEM, agencies=ALL, starts=STARTS) > 40
    before = list(Category.objects.order_by("pk").values())
    assert set_up(actor=SYSTEM, agencies=ALL, starts=STARTS) == 0
    assert list(Category.objects.order_by("pk").values()) == before


def test_only_the_topics_that_somebody_answers_for_are_offered(city: Agency) -> None:
    set_up(actor=SYSTEM, agencies={"streets": "CTY"}, starts=STARTS)
    assert set(Category.objects.values_list("code", flat=True)) == {
        "street-light", "pothole", "graffiti",
    }  # fmt: skip
    assert [row.agency_code for row in Queue.objects.all()] == ["CTY"]
    more = set_up(actor=SYSTEM, agencies=ALL, starts=STARTS)
    assert more > 10
    assert Category.objects.count() == 9


def test_mail_to_every_topic_becomes_a_case_that_asks_nothing_more(city: Agency) -> None:
    set_up(actor=SYSTEM, agencies=ALL, starts=STARTS, addresses={"streets": "streets@cty.example"})
    rows = {row.code: row for row in Queue.objects.select_related("default_type")}
    assert rows["citizen-streets"].address == "streets@cty.example"
    for row in rows.values():
        assert row.default_type is not None, row.code
        assert not any(each.get("required") for each in row.default_type.form)
        assert not FeeRule.objects.filter(case_type=row.default_type).exists(), "mail costs nothing"


def test_every_form_and_machine_holds(city: Agency) -> None:
    set_up(actor=SYSTEM, agencies=ALL, starts=STARTS)
    for row in CaseType.objects.all():
        assert machine_of(row.machine).in_phase("closed")
        assert row.audience == "citizen"
    for category in Category.objects.all():
        assert category.public
        assert form_of(category.form) or not category.form
    (fee,) = FeeRule.objects.filter(case_type__code="parking")
    assert (fee.amount_minor, fee.currency, fee.before) == (4500, "USD", "resolved")


def test_a_citizen_reports_a_lamp_that_everybody_may_see(city: Agency) -> None:
    set_up(actor=SYSTEM, agencies=ALL, starts=STARTS)
    new = casework.NewCase(
        case_type="", category="street-light", subject="Dark lamp", text="Since Thursday.",
        place="Elm Street 4", answers={"how": "dark"},
    )  # fmt: skip
    opened = casework.open_case(actor=casework.citizen(city.pk), agency_id=city.pk, new=new)
    assert opened.tracking_code
    assert opened.case.published
    assert opened.case.queue.code == "citizen-streets"
    done = next(
        clock for clock in casework.clocks_of(SYSTEM, opened.case) if clock.metric == "resolution"
    )
    assert done.definition.code == "citizen.done.street-light"
    assert done.due_at == datetime(2026, 10, 14, 22, 0, tzinfo=UTC)
