"""What is set up opens as it was filled in, and saving it unchanged changes nothing."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest
from django.apps import apps

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.cases.setup import SHEETS
from commonweal.interfaces.web.counter.setup import SHEETS as COUNTER
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework

from .test_pages import browser, page

EVERY = [("/centre/cases/set-up/", name) for name in SHEETS] + [
    ("/centre/counter/set-up/", name) for name in COUNTER
]
WHEN = ("updated_at", "updated_by")
UNCHANGED = {"members", "rules", "promises"}
"""Written anew each time: a person in a team, the rule at a place, the next version."""
MODELS = (
    "Team", "Queue", "CaseType", "Category", "ReadyAnswer", "Article", "FeeRule", "Till", "Office",
    "OfficeDesk", "OfficeOffer",
)  # fmt: skip


def kept() -> dict[str, list[dict[str, Any]]]:
    with act_as(SYSTEM):
        return {
            name: [
                {key: value for key, value in row.items() if key not in WHEN}
                for row in apps.get_model("casework", name).objects.order_by("pk").values()
            ]
            for name in MODELS
        }


@pytest.mark.parametrize(("base", "name"), EVERY)
def test_saving_what_was_not_changed_changes_nothing(world: World, base: str, name: str) -> None:
    actor, owner = world.actors["owner"], browser(world, "owner")
    with act_as(actor):
        casework.put_fee(actor=actor, code="copy", name="Copy", case_type="incident",
                         amount_minor=123_456, automatic=False)  # fmt: skip
        casework.put_till(actor=actor, code="FRONT", name="Front desk")
        casework.put_queue(
            actor=actor, code="mail", name="Mail", team=casework.teams(actor)[0].code,
            service="helpdesk", address="mail@parks.example", agency="PARKS",
            default_type="incident",
        )  # fmt: skip
        sheet = {**SHEETS, **COUNTER}[name][0](actor)
    if name in UNCHANGED:
        assert not sheet.known
        return
    assert len(sheet.known) == len(sheet.rows) > 0
    before = kept()
    for key, typed in sheet.known.items():
        shown = page(owner, f"{base}{name}/?code={key}")
        assert f"?code={escape(key).replace(' ', '%20')}#change" in shown
        for field in sheet.fields:
            assert field.name in typed or field.name in ("out", "new_key"), field.name
        answer = owner.post(f"{base}{name}/", dict(typed))
        assert answer.status_code == 302, answer.content.decode()
    assert kept() == before
