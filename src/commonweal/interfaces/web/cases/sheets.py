"""What the set-up pages of cases show: of each, its rows and the fields of its form.

Each page shows what there is, and one form that makes or changes one of it. What is data by nature
(states, questions, conditions) is written as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.catalogue.public import calendars, services
from commonweal.kernel.party.public import agencies, staff

from .said import channels, metrics

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Ask:
    """A field of a set-up form: kind text, area, json, choice, check or number."""

    name: str
    label: str
    kind: str = "text"
    options: Options = ()
    hint: str = ""
    default: str = ""


@dataclass(frozen=True)
class Sheet:
    """A set-up page: what it is about, its rows as (heading, cells), its fields, its write.
    `known`: what the form shows when one is changed, by a key of its own and in the rows' order."""

    title: str
    about: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    fields: Sequence[Ask]
    save: str
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def _teams(actor: Actor) -> Options:
    return [(row.code, row.name) for row in casework.teams(actor)]


def _queues(actor: Actor, first: str = "") -> list[tuple[str, str]]:
    rows = [(row.code, row.name) for row in casework.queues(actor)]
    return [("", first), *rows] if first else rows


def teams_sheet(actor: Actor) -> Sheet:
    """Teams and who belongs to them."""
    people = {row.pk: row.name for row in staff(actor)}
    rows = [
        (
            team.name,
            team.code,
            ", ".join(people.get(each.person_id, "–") for each in casework.members(actor, team))
            or _("Nobody yet"),
        )
        for team in casework.teams(actor)
    ]
    return Sheet(
        _("Teams"),
        _("A queue belongs to a team; its members see and work on the queue's cases."),
        (_("Team"), _("Code"), _("Members")),
        rows,
        (
            Ask("code", _("Code"), hint=_("Small letters, such as helpdesk")),
            Ask("name", _("Name")),
        ),
        _("Save the team"),
        {row.code: {"code": row.code, "name": row.name} for row in casework.teams(actor)},
    )


def members_sheet(actor: Actor) -> Sheet:
    """Who is in which team, with which skills."""
    people = {row.pk: row.name for row in staff(actor)}
    rows = [
        (people.get(each.person_id, "–"), team.name, ", ".join(each.skills) or "–")
        for team in casework.teams(actor)
        for each in casework.members(actor, team)
    ]
    return Sheet(
        _("Members of teams"),
        _("A case that asks for skills goes to the member who has them and the least to do."),
        (_("Person"), _("Team"), _("Skills")),
        rows,
        (
            Ask("team", _("Team"), "choice", _teams(actor)),
            Ask("person_id", _("Person"), "choice", [(str(k), v) for k, v in people.items()]),
            Ask("skills", _("Skills"), hint=_("Codes with commas between them")),
            Ask("out", _("Take them out of the team"), "check"),
        ),
        _("Save the member"),
    )


def queues_sheet(actor: Actor) -> Sheet:
    """Queues."""
    rows = [
        (row.name, row.code, row.team.name, row.service.name, row.address or "–")
        for row in casework.queues(actor)
    ]
    return Sheet(
        _("Queues"),
        _("Where cases wait. Mail to a queue's address becomes a case in it."),
        (_("Queue"), _("Code"), _("Team"), _("Service"), _("E-mail address")),
        rows,
        (
            Ask("code", _("Code")),
            Ask("name", _("Name")),
            Ask("team", _("Team"), "choice", _teams(actor)),
            Ask("service", _("Service"), "choice", [(r.code, r.name) for r in services(actor)]),
            Ask("agency", _("Agency that it speaks for"), "choice",
                [("", _("The centre")), *((row.code, row.name) for row in agencies(actor))]),
            Ask("address", _("E-mail address"), hint=_("Empty: takes no mail")),
            Ask("default_type", _("What mail becomes"), "choice",
                [("", _("Nothing: it is held back")),
                 *((row.code, row.name) for row in casework.case_types(actor))]),
        ),
        _("Save the queue"),
        {
            row.code: {
                "code": row.code, "name": row.name, "team": row.team.code,
                "service": row.service.code, "agency": row.agency_code, "address": row.address,
                "default_type": row.default_type.code if row.default_type else "",
            }
            for row in casework.queues(actor)
        },
    )  # fmt: skip


def types_sheet(actor: Actor) -> Sheet:
    """Kinds of cases."""
    rows = [
        (row.name, row.code, row.service.name, str(len(row.machine["states"])),
         str(row.retention_days))
        for row in casework.case_types(actor)
    ]  # fmt: skip
    return Sheet(
        _("Kinds of cases"),
        _("What a kind of case asks, which states it goes through, and how long it is kept."),
        (_("Kind"), _("Code"), _("Service"), _("States"), _("Days kept after closing")),
        rows,
        (
            Ask("code", _("Code")),
            Ask("name", _("Name")),
            Ask("description", _("What it is for"), "area"),
            Ask("family", _("Family"), "choice", [(each, each) for each in casework.FAMILIES]),
            Ask("audience", _("Who may ask for it"), "choice",
                [("agency", _("People of agencies")), ("citizen", _("Citizens")),
                 ("both", _("Both"))]),
            Ask("service", _("Service"), "choice", [(r.code, r.name) for r in services(actor)]),
            Ask("queue", _("Queue"), "choice", _queues(actor, _("By the rules"))),
            Ask("machine", _("States and moves"), "json",
                hint=_("Empty: the usual ones of the help desk, or of orders")),
            Ask("form", _("Questions"), "json", default="[]"),
            Ask("tasks", _("Tasks, one in each line"), "area"),
            Ask("approval", _("Somebody of the agency must approve it"), "check"),
            Ask("needs_identity", _("Who asks must be recognised first"), "check"),
            Ask("publication", _("Who may read it"), "choice",
                [("private", _("Whoever asked")), ("agency", _("The agency")),
                 ("public", _("Everybody"))]),
            Ask("retention_days", _("Days kept after closing"), "number", default="1095"),
            Ask("items", _("What is charged for it, by channel"), "area",
                hint=_("One in each line: a channel, =, the code of the charge item. * is every "
                       "other channel; contact: before the channel charges each contact, not each "
                       "closed case. Channels: %(channels)s.")
                % {"channels": ", ".join(channels())}),
        ),
        _("Save the kind of case"),
        {row.code: _as_typed(row) for row in casework.case_types(actor)},
    )  # fmt: skip


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) if value else ""


def _tick(on: object) -> str:
    return "1" if on else ""


def _as_typed(row: casework.CaseType) -> dict[str, str]:
    """A kind of case as its form was filled in."""
    return {
        "code": row.code,
        "name": row.name,
        "description": row.description,
        "family": row.family,
        "audience": row.audience,
        "service": row.service.code,
        "queue": row.queue.code if row.queue else "",
        "machine": _as_json(row.machine),
        "form": _as_json(row.form) or "[]",
        "tasks": "\n".join(str(each["name"]) for each in row.tasks),
        "approval": _tick(row.approval),
        "needs_identity": _tick(row.needs_identity),
        "publication": row.publication,
        "retention_days": str(row.retention_days),
        "items": "\n".join(f"{channel} = {item}" for channel, item in row.items.items()),
    }


def _as_asked(row: casework.Category) -> dict[str, str]:
    """A subject as its form was filled in."""
    return {
        "code": row.code,
        "name": row.name,
        "case_type": row.case_type.code,
        "description": row.description,
        "group": row.group,
        "queue": row.queue.code if row.queue else "",
        "keywords": ", ".join(row.keywords),
        "form": _as_json(row.form) or "[]",
        "needs_place": _tick(row.needs_place),
        "public": _tick(row.public),
        "order_item": row.order_item,
        "order_recurs": row.order_recurs,
    }


def categories_sheet(actor: Actor) -> Sheet:
    """Subjects."""
    rows = [
        (row.name, row.code, row.case_type.name, row.group or "–",
         _("Yes") if row.public else _("No"))
        for row in casework.categories(actor)
    ]  # fmt: skip
    return Sheet(
        _("Subjects"),
        _("What people can ask for, in their own words. A published one is open to city apps."),
        (_("Subject"), _("Code"), _("Kind"), _("Group"), _("Published")),
        rows,
        (
            Ask("code", _("Code")),
            Ask("name", _("Name")),
            Ask("case_type", _("Kind of case"), "choice",
                [(r.code, r.name) for r in casework.case_types(actor)]),
            Ask("description", _("What it is for"), "area"),
            Ask("group", _("Group")),
            Ask("queue", _("Queue"), "choice", _queues(actor, _("That of its kind"))),
            Ask("keywords", _("Other words for it"), hint=_("With commas between them")),
            Ask("form", _("Further questions"), "json", default="[]"),
            Ask("needs_place", _("It has a place"), "check"),
            Ask("public", _("Published"), "check"),
            Ask("order_item", _("Charge item that it orders"),
                hint=_("Its code in the catalogue; empty: nothing is ordered")),
            Ask("order_recurs", _("How often it is billed"), "choice",
                [("", _("Nothing is ordered")), ("once", _("Once")),
                 ("monthly", _("Every month"))]),
        ),
        _("Save the subject"),
        {row.code: _as_asked(row) for row in casework.categories(actor)},
    )  # fmt: skip


def rules_sheet(actor: Actor) -> Sheet:
    """Routing rules."""
    rows = [
        (str(row.position), row.queue.name, json.dumps(row.conditions, ensure_ascii=False))
        for row in casework.rules(actor)
    ]
    return Sheet(
        _("Routing rules"),
        _("The first rule that fits a new case gives its queue; without one, its subject does."),
        (_("Place"), _("Queue"), _("Conditions")),
        rows,
        (
            Ask("position", _("Place"), "number"),
            Ask("queue", _("Queue"), "choice", _queues(actor)),
            Ask("conditions", _("Conditions"), "json",
                hint='{"case_type": ["incident"], "words": ["payroll"]}'),
            Ask("out", _("Take the rule at this place away"), "check"),
        ),
        _("Save the rule"),
    )  # fmt: skip


def promises_sheet(actor: Actor) -> Sheet:
    """Promises about time."""
    timed = metrics()
    rows = [
        (row.name, row.code, timed.get(row.metric, row.metric), _target(row), row.calendar,
         str(row.starts), str(row.ends or "–"))
        for row in casework.promises(actor)
    ]  # fmt: skip
    return Sheet(
        _("Promised times"),
        _("A version holds from its first day on and never changes. Open cases keep what they "
          "were promised until you put the promises on them."),
        (_("Promise"), _("Code"), _("Times"), _("Target"), _("Opening hours"), _("From"),
         _("Until")),
        rows,
        (
            Ask("code", _("Code")),
            Ask("name", _("Name")),
            Ask("metric", _("What it times"), "choice",
                [(each, timed[each]) for each in casework.METRICS]),
            Ask("kind", _("Kind"), "choice",
                [("sla", _("Service level")), ("ola", _("Operational level")),
                 ("uc", _("Underpinning contract"))]),
            Ask("minutes", _("Minutes of opening hours"), "number",
                hint=_("Or working days below")),
            Ask("days", _("Working days"), "number"),
            Ask("calendar", _("Opening hours"), "choice",
                [(r.code, r.name) for r in calendars(actor)]),
            Ask("pauses", _("Reasons that stop it"), hint=", ".join(casework.STOPS)),
            Ask("conditions", _("For which cases"), "json", hint='{"priority": ["P1"]}'),
            Ask("levels", _("What it sets off"), "json", default="[]",
                hint='[{"code": "75", "unit": "percent", "offset": 75, '
                     '"person": "ann@centre.example"}]'),
            Ask("starts", _("From"), hint=_("A day, such as 2026-11-03")),
            Ask("out", _("End this promise on that day instead"), "check"),
        ),
        _("Save the promise"),
    )  # fmt: skip


def _target(row: casework.ClockDefinition) -> str:
    if row.target_days is not None:
        many = row.target_days
        return ngettext("%(num)s working day", "%(num)s working days", many) % {"num": many}
    many = (row.target_seconds or 0) // 60
    return ngettext("%(num)s minute", "%(num)s minutes", many) % {"num": many}


def answers_sheet(actor: Actor) -> Sheet:
    """Ready answers."""
    rows = [(row.name, row.code, row.text[:80]) for row in casework.ready_answers(actor)]
    return Sheet(
        _("Ready answers"),
        _("What agents say often, offered beside the answer."),
        (_("Name"), _("Code"), _("Text")),
        rows,
        (Ask("code", _("Code")), Ask("name", _("Name")), Ask("text", _("Text"), "area")),
        _("Save the answer"),
        {
            row.code: {"code": row.code, "name": row.name, "text": row.text}
            for row in casework.ready_answers(actor)
        },
    )


def articles_sheet(actor: Actor) -> Sheet:
    """Articles."""
    rows = [
        (row.title, row.code, row.audience, row.text[:80]) for row in casework.articles(actor, None)
    ]
    return Sheet(
        _("Knowledge"),
        _("Articles are offered while somebody writes what they need."),
        (_("Title"), _("Code"), _("For"), _("Text")),
        rows,
        (
            Ask("code", _("Code")),
            Ask("title", _("Title")),
            Ask("text", _("Text"), "area"),
            Ask("audience", _("For"), "choice",
                [("staff", _("Agents")), ("agency", _("People of agencies")),
                 ("public", _("Everybody"))]),
            Ask("category", _("Subject"), "choice",
                [("", "–"), *((r.code, r.name) for r in casework.categories(actor))]),
            Ask("words", _("Other words for it"), hint=_("With commas between them")),
        ),
        _("Save the article"),
        {
            row.code: {"code": row.code, "title": row.title, "text": row.text,
                       "audience": row.audience, "words": ", ".join(row.words),
                       "category": row.category.code if row.category else ""}
            for row in casework.articles(actor, None)
        },
    )  # fmt: skip
