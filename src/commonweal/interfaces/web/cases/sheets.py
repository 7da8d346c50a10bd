"""What the set-up pages of cases show: of each, its rows and the fields of its form.

Each page shows what there is, and one form that makes or changes one of it.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.catalogue.public import calendars, services
from commonweal.kernel.party.public import agencies, staff
from commonweal.kernel.words import public as words

from . import typed
from .asks import Ask, Known, Options, Sheet
from .said import channels, families, metrics, waits


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
            Ask("family", _("Family"), "choice", list(families().items())),
            Ask("audience", _("Who may ask for it"), "choice",
                [("agency", _("People of agencies")), ("citizen", _("Citizens")),
                 ("both", _("Both"))]),
            Ask("service", _("Service"), "choice", [(r.code, r.name) for r in services(actor)]),
            Ask("queue", _("Queue"), "choice", _queues(actor, _("By the rules"))),
            *typed.machine_asks(),
            typed.questions_ask(_("Questions")),
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


def _as_typed(row: casework.CaseType) -> Known:
    """A kind of case as its form was filled in."""
    return {
        "code": row.code,
        "name": row.name,
        "description": row.description,
        "family": row.family,
        "audience": row.audience,
        "service": row.service.code,
        "queue": row.queue.code if row.queue else "",
        **typed.machine_shown(row.machine),
        **typed.questions_shown(row.form),
        "tasks": "\n".join(str(each["name"]) for each in row.tasks),
        "approval": typed.tick(row.approval),
        "needs_identity": typed.tick(row.needs_identity),
        "publication": row.publication,
        "retention_days": str(row.retention_days),
        "items": "\n".join(f"{channel} = {item}" for channel, item in row.items.items()),
    }


def _as_asked(row: casework.Category) -> Known:
    """A subject as its form was filled in."""
    return {
        "code": row.code,
        "name": row.name,
        "case_type": row.case_type.code,
        "description": row.description,
        "group": row.group,
        "queue": row.queue.code if row.queue else "",
        "keywords": ", ".join(row.keywords),
        **typed.questions_shown(row.form),
        "needs_place": typed.tick(row.needs_place),
        "public": typed.tick(row.public),
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
            typed.questions_ask(_("Further questions")),
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
    cases = typed.conditions_ask(actor, promise=False)
    found = casework.rules(actor)
    rows = [
        (str(row.position), row.queue.name, typed.conditions_words(cases, row.conditions))
        for row in found
    ]
    return Sheet(
        _("Routing rules"),
        _("The first rule that fits a new case gives its queue; without one, its subject does."),
        (_("Place"), _("Queue"), _("For which cases")),
        rows,
        (
            Ask("position", _("Place"), "number"),
            Ask("queue", _("Queue"), "choice", _queues(actor)),
            cases,
            Ask("out", _("Take the rule at this place away"), "check"),
        ),
        _("Save the rule"),
        {
            str(row.position): {
                "position": str(row.position), "queue": row.queue.code,
                **typed.conditions_shown(row.conditions),
            }
            for row in found
        },
    )  # fmt: skip


def promises_sheet(actor: Actor) -> Sheet:
    """Promises about time."""
    timed, cases = metrics(), typed.conditions_ask(actor, promise=True)
    found = casework.promises(actor)
    rows = [
        (row.name, row.code, timed.get(row.metric, row.metric), _target(row),
         typed.conditions_words(cases, row.conditions), typed.levels_words(row.levels),
         _held(row))
        for row in found
    ]  # fmt: skip
    return Sheet(
        _("Promised times"),
        _("A version holds from its first day on and never changes. Open cases keep what they "
          "were promised until you put the promises on them."),
        (_("Promise"), _("Code"), _("Times"), _("Target"), _("For which cases"), _("Warns"),
         _("Holds")),
        rows,
        (
            Ask("code", _("Code")),
            Ask("name", _("Name")),
            Ask("metric", _("What it times"), "choice",
                [(each, timed[each]) for each in casework.METRICS]),
            Ask("kind", _("Kind"), "choice",
                [("sla", _("Service level")), ("ola", _("Operational level")),
                 ("uc", _("Underpinning contract"))]),
            Ask("target", _("How long"), "number"),
            Ask("target_unit", _("Counted in"), "choice", typed.spans(days=True)),
            Ask("end_of_day", _("Due at the end of the last day, not at the hour"), "check"),
            Ask("calendar", _("Opening hours"), "choice",
                [(r.code, r.name) for r in calendars(actor)]),
            cases,
            Ask("pauses", _("What stops it"), "many", list(waits().items())),
            Ask("pause_cap", _("Longest pause"), "number", hint=_("Empty: as long as it waits")),
            Ask("pause_unit", _("The longest pause is counted in"), "choice", typed.spans()),
            Ask("reopen", _("When a case opens again"), "choice",
                [("resume", _("The same time runs on")), ("new_cycle", _("It begins anew"))]),
            Ask("reclassify", _("When another promise takes its place"), "choice",
                [("retroactive", _("That one counts from the beginning")),
                 ("from_now", _("That one counts from then on"))]),
            typed.levels_ask(actor),
            Ask("starts", _("From"), hint=_("A day, such as 2026-11-03")),
            Ask("out", _("End this promise on that day instead"), "check"),
        ),
        _("Save the promise"),
        {f"{row.code} {row.starts}": _as_promised(row) for row in found},
    )  # fmt: skip


def _as_promised(row: casework.ClockDefinition) -> Known:
    """A promise as the form of its next version is filled in; its first day is to be given."""
    return {
        "code": row.code,
        "name": row.name,
        "metric": row.metric,
        "kind": row.kind,
        **typed.span_shown("target", "target_unit", row.target_seconds, row.target_days),
        "end_of_day": typed.tick(row.end_of_day),
        "calendar": row.calendar,
        **typed.conditions_shown(row.conditions),
        "pauses": list(row.pauses),
        **typed.span_shown("pause_cap", "pause_unit", row.pause_cap),
        "reopen": row.reopen,
        "reclassify": row.reclassify,
        **typed.levels_shown(row.levels),
        "starts": "",
    }


def _held(row: casework.ClockDefinition) -> str:
    """The days on which a promise holds."""
    if row.ends is None:
        return _("From %(day)s on") % {"day": words.day(row.starts)}
    return _("From %(day)s until %(end)s") % {
        "day": words.day(row.starts), "end": words.day(row.ends)
    }  # fmt: skip


def _target(row: casework.ClockDefinition) -> str:
    """How much time is promised, on which opening hours."""
    if row.target_days is not None:
        many = row.target_days
        said = ngettext("%(num)s working day", "%(num)s working days", many) % {"num": many}
    elif (row.target_seconds or 0) % 60:
        many = row.target_seconds or 0
        said = ngettext("%(num)s second", "%(num)s seconds", many) % {"num": many}
    else:
        many = (row.target_seconds or 0) // 60
        said = ngettext("%(num)s minute", "%(num)s minutes", many) % {"num": many}
    return f"{said} ({row.calendar})"


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
