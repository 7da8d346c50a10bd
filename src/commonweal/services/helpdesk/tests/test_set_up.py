"""The help desk is set up as data, once, and a case of each kind can be opened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.forms import form_of
from commonweal.kernel.casework.domain.states import machine_of
from commonweal.kernel.casework.models import (
    Article,
    CaseType,
    Category,
    ClockDefinition,
    Queue,
    ReadyAnswer,
    RoutingRule,
    Team,
)
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.models import Agency, CentreProfile
from commonweal.kernel.party.selectors import forget_centre
from commonweal.services.helpdesk.public import set_up

MONDAY = datetime(2026, 10, 5, 14, 0, tzinfo=UTC)
STARTS = date(2026, 1, 1)
TABLES = (Team, Queue, CaseType, Category, RoutingRule, ReadyAnswer, Article, ClockDefinition)


@pytest.fixture
def parks(db: None) -> Iterator[Agency]:
    """A centre with a help desk in its catalogue, and one agency."""
    forget_centre()
    with at(MONDAY), act_as(SYSTEM):
        home = Agency.objects.create(code="CTR", name="Centre", kind="centre")
        CentreProfile.objects.create(agency=home, name="Centre", short_name="C")
        catalogue.put_service(
            actor=SYSTEM, code="helpdesk", name="Help desk", description="Help.", fund_code="F1",
            starts=STARTS,
        )  # fmt: skip
        yield Agency.objects.create(code="PRK", name="Parks")
    forget_centre()


def everything() -> list[list[dict[str, object]]]:
    """Every row that setting up makes."""
    return [list(model.objects.order_by("pk").values()) for model in TABLES]


def test_setting_up_twice_changes_nothing(parks: Agency) -> None:
    first = set_up(actor=SYSTEM, starts=STARTS)
    before = everything()
    assert first == sum(map(len, before)) > 60
    assert set_up(actor=SYSTEM, starts=STARTS) == 0
    assert everything() == before


def test_what_the_centre_changed_stays(parks: Agency) -> None:
    set_up(actor=SYSTEM, starts=STARTS)
    casework.put_team(actor=SYSTEM, code="first-line", name="The nice people")
    ReadyAnswer.objects.filter(code="solved").delete()
    assert set_up(actor=SYSTEM, starts=STARTS) == 1
    assert Team.objects.get(code="first-line").name == "The nice people"
    assert ReadyAnswer.objects.filter(code="solved").exists()


def test_every_form_and_machine_holds(parks: Agency) -> None:
    set_up(actor=SYSTEM, starts=STARTS)
    kinds = list(CaseType.objects.all())
    assert {"incident", "request", "problem", "change"} <= {row.family for row in kinds}
    for row in kinds:
        assert machine_of(row.machine).in_phase("closed")
        assert row.queue is not None
    for category in Category.objects.select_related("case_type"):
        fields = [*form_of(category.case_type.form), *form_of(category.form)]
        assert len({each.code for each in fields}) == len(fields), category.code
    assert CaseType.objects.get(code="access").needs_identity
    assert CaseType.objects.get(code="request").approval == "casework.approve"


def opened(parks: Agency, actor: Actor = SYSTEM, **more: object) -> casework.Case:
    contact = casework.put_contact(actor=SYSTEM, agency_id=parks.pk, name="Ana Ruiz")
    given = {"case_type": "", "subject": "Help", "text": "Please.", "requester": contact}
    new = casework.NewCase(**(given | more))  # type: ignore[arg-type]
    return casework.open_case(actor=actor, agency_id=parks.pk, new=new).case


@pytest.mark.parametrize(
    ("impact", "urgency", "queue", "minutes"),
    [("high", "high", "helpdesk-machines", 20), ("medium", "medium", "helpdesk", 120)],
)
def test_an_incident_goes_where_it_belongs_with_its_promise(
    parks: Agency, impact: str, urgency: str, queue: str, minutes: int
) -> None:
    set_up(actor=SYSTEM, starts=STARTS)
    case = opened(parks, category="printer", impact=impact, urgency=urgency)
    assert case.queue.code == queue
    first = next(
        clock for clock in casework.clocks_of(SYSTEM, case) if clock.metric == "first_response"
    )
    assert first.due_at is not None
    assert (first.due_at - first.started_at).total_seconds() == minutes * 60
    assert first.definition.level is not None
    assert first.definition.level.unit_id in ("MIN", "HUR")


def test_an_access_request_waits_for_approval_and_a_check(parks: Agency) -> None:
    set_up(actor=SYSTEM, starts=STARTS)
    case = opened(parks, category="rights", answers={"folder": "Plans"})
    assert case.queue.code == "helpdesk-accounts"
    for task in case.tasks.all():
        casework.end_task(actor=SYSTEM, task_id=task.pk, done=True)
    casework.move_case(actor=SYSTEM, case_id=case.pk, state="in_progress")
    with pytest.raises(Exception, match="CASE-102"):
        casework.move_case(actor=SYSTEM, case_id=case.pk, state="resolved", resolution="Done")


def test_a_question_without_its_answer_is_refused(parks: Agency) -> None:
    set_up(actor=SYSTEM, starts=STARTS)
    with pytest.raises(casework.AnswersWrong, match="Answer"):
        opened(parks, category="rights")


def test_teams_and_the_supplier_have_clocks_of_their_own(parks: Agency) -> None:
    set_up(actor=SYSTEM, starts=STARTS)
    case = opened(parks, category="printer")
    kinds = {clock.kind for clock in case.clocks.all()}
    assert kinds == {"sla", "ola"}
    casework.hand_to_supplier(actor=SYSTEM, case_id=case.pk, handed=True)
    assert "uc" in {clock.kind for clock in case.clocks.all()}
