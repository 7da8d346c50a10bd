"""What a set-up form asks in ticks and rows, as casework keeps it, and back: for which cases a rule
or a promise is, what a promise sets off, the questions of a form, states and moves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.catalogue.public import services
from commonweal.kernel.party.public import agencies, staff

from ..centre.base import FormError
from .asks import Ask, Known, Options, as_rows, picked, rows_of
from .said import channels, families, waits

Asked = Any
"""A posted form, or what a form shows."""
MINUTE = 60
NOBODY = ""
BOTH = "|"


# For which cases


def _by_code(rows: Sequence[Any]) -> Options:
    return [(row.code, row.name) for row in rows]


def _by_id(rows: Sequence[Any]) -> Options:
    return [(str(row.pk), row.name) for row in rows]


def conditions_ask(actor: Actor, *, promise: bool) -> Ask:
    """For which cases something is. Promises go by an agency's id and know families and teams; the
    rules of routing go by its code and know words."""
    known = [
        Ask("if_case_type", _("Kinds of cases"), "many", _by_code(casework.case_types(actor))),
        Ask("if_category", _("Subjects"), "many", _by_code(casework.categories(actor))),
        Ask("if_priority", _("Priorities"), "many", [(p, p) for p in casework.PRIORITIES]),
        Ask("if_channel", _("Channels"), "many", list(channels().items())),
        Ask("if_service", _("Services"), "many", _by_id(services(actor))),
        Ask("if_agency", _("Agencies"), "many",
            _by_id(agencies(actor)) if promise else _by_code(agencies(actor))),
    ]  # fmt: skip
    if promise:
        known += [
            Ask("if_family", _("Families"), "many", list(families().items())),
            Ask("if_team", _("Teams that have it"), "many", _by_id(casework.teams(actor))),
        ]
    else:
        known.append(
            Ask(
                "if_words",
                _("Words in its text"),
                hint=_("With commas between them; one is enough"),
            )
        )
    return Ask(
        "conditions", _("Only for some cases"), "group", fields=known,
        hint=_("Nothing ticked under a heading: every case. Of several ticks one is enough; of "
               "several headings each must fit."),
    )  # fmt: skip


def conditions_of(ask: Ask, asked: Asked) -> dict[str, list[str]]:
    """What is ticked, as casework keeps it; a heading with nothing ticked is left out."""
    found = {each.name.removeprefix("if_"): picked(asked, each.name) for each in ask.fields}
    if "words" in found:
        found["words"] = [word for text in found["words"] for word in comma_words(text)]
    return {name: values for name, values in found.items() if values}


def conditions_shown(conditions: Mapping[str, Sequence[str]]) -> Known:
    """Conditions as the form shows them."""
    shown = {f"if_{name}": [str(each) for each in values] for name, values in conditions.items()}
    return {**shown, "if_words": ", ".join(shown["if_words"])} if "if_words" in shown else shown


def conditions_words(ask: Ask, conditions: Mapping[str, Sequence[str]]) -> str:
    """Conditions as a list reads."""
    parts = []
    for each in ask.fields:
        values = conditions.get(each.name.removeprefix("if_"), ())
        if values:
            names = dict(each.options)
            parts.append(f"{each.label}: {', '.join(names.get(str(v), str(v)) for v in values)}")
    return "; ".join(parts) or _("Every case")


def comma_words(text: str) -> list[str]:
    """What stands between commas."""
    return [each.strip() for each in text.split(",") if each.strip()]


# How long


def spans(*, days: bool = False) -> Options:
    """In what a span of opening hours is counted."""
    found = [("minutes", _("minutes of opening hours")), ("seconds", _("seconds of opening hours"))]
    return [*found, ("days", _("working days"))] if days else found


def span_shown(
    name: str, unit: str, seconds: int | None, days: int | None = None
) -> dict[str, str]:
    """A span as the form shows it: exactly, in whole minutes where it is some."""
    if days is not None:
        return {name: str(days), unit: "days"}
    if seconds is None:
        return {name: "", unit: "minutes"}
    whole = seconds % MINUTE == 0
    return {name: str(seconds // MINUTE if whole else seconds),
            unit: "minutes" if whole else "seconds"}  # fmt: skip


def seconds_of(many: int, unit: str) -> int | None:
    """A span in seconds; nothing given, or working days: None."""
    return None if unit == "days" else many * (MINUTE if unit == "minutes" else 1) or None


# What a promise sets off


def _moments() -> dict[str, tuple[str, str, int]]:
    """How the moment of a level is given: its words, unit, and what one of it is."""
    return {
        "percent": (_("per cent of the promised time"), "percent", 1),
        "minutes_before": (_("minutes before it is due"), "seconds", -MINUTE),
        "minutes_after": (_("minutes after it is due"), "seconds", MINUTE),
        "days_before": (_("working days before it is due"), "days", -1),
        "days_after": (_("working days after it is due"), "days", 1),
        "seconds": (_("seconds after it is due; with a minus before"), "seconds", 1),
    }


def levels_ask(actor: Actor) -> Ask:
    """What a promise sets off: when, and who hears of it."""
    people = [(f"person:{row.pk}", f"{row.name} ({row.email})") for row in staff(actor)]
    return Ask(
        "levels", _("Who is warned"), "rows", row=_("Warning %(number)s"),
        hint=_("Each is given once, at its time. Empty the number to take one away."),
        fields=(
            Ask("offset", _("At"), "number"),
            Ask("unit", _("Counted in"), "choice",
                [(key, words) for key, (words, _unit, _one) in _moments().items()]),
            Ask("whom", _("Who hears of it"), "choice", [
                (NOBODY, _("Whoever has the case; while nobody has, those who lead its team")),
                ("may:casework.manage", _("Everybody who sets up cases")),
                ("may:casework.work", _("Everybody who works on cases")),
                *people,
            ]),
            Ask("code", _("Code"), hint=_("Empty: made from the time")),
        ),
    )  # fmt: skip


def levels_of(ask: Ask, asked: Asked) -> list[dict[str, Any]]:
    """The levels as casework keeps them (CASE-195)."""
    found = []
    for row in rows_of(ask, asked):
        given, unit = row["offset"][0], _one_of(row["unit"])
        whole = r"-?\d{1,8}" if unit == "seconds" else r"\d{1,8}"
        if not re.fullmatch(whole, given) or unit not in _moments():
            raise FormError(
                "CASE-195",
                _("“%(given)s” is no whole number. Write how much, such as 75.")
                % {"given": given[:40]},
                field="levels",
            )
        _words, kept, one = _moments()[unit]
        level = {"code": _one_of(row["code"]) or f"{given}-{unit.replace('_', '-')}",
                 "unit": kept, "offset": int(given) * one}  # fmt: skip
        for whom in _one_of(row["whom"]).split(BOTH):
            who, _colon, value = whom.partition(":")
            if value:
                level["person_id" if who == "person" else "permission"] = value
        found.append(level)
    return found


def levels_shown(levels: Sequence[Mapping[str, Any]]) -> Known:
    """Levels as the form shows them."""
    return as_rows("levels", [_level_shown(row) for row in levels])


def _level_shown(row: Mapping[str, Any]) -> dict[str, str]:
    unit, offset = str(row["unit"]), int(row["offset"])
    one = MINUTE if unit == "seconds" else 1
    if unit == "percent" or offset % one:
        shown, many = unit, offset
    else:
        side = "before" if offset < 0 else "after"
        shown, many = f"{'minutes' if unit == 'seconds' else 'days'}_{side}", abs(offset) // one
    named = (("person", row.get("person_id")), ("may", row.get("permission")))
    whom = BOTH.join(f"{who}:{value}" for who, value in named if value)
    return {"offset": str(many), "unit": shown, "whom": whom, "code": str(row["code"])}


def levels_words(levels: Sequence[Mapping[str, Any]]) -> str:
    """Levels as a list reads."""
    shown = [_level_shown(row) for row in levels]
    return "; ".join(f"{row['offset']} {_moments()[row['unit']][0]}" for row in shown) or "–"


def _one_of(values: Sequence[str]) -> str:
    return values[0] if values else ""


# The questions of a form


def kinds_of_questions() -> Options:
    """What a question may be."""
    return [
        ("string", _("A short text")), ("text", _("A long text")), ("number", _("A number")),
        ("datetime", _("A day or a time")), ("singlevaluelist", _("One of a list")),
        ("multivaluelist", _("Several of a list")), ("yesno", _("Yes or no")),
        ("email", _("An e-mail address")),
    ]  # fmt: skip


def questions_ask(label: str) -> Ask:
    """The questions of a kind of case, or of a subject."""
    return Ask(
        "form", label, "rows", row=_("Question %(number)s"),
        hint=_("Whoever asks answers them. Empty the question to take it away."),
        fields=(
            Ask("label", _("Question")),
            Ask("kind", _("Answer"), "choice", kinds_of_questions()),
            Ask("options", _("Answers to choose from, one in each line"), "area",
                hint=_("For lists only. What is kept stands before “ = ”, what people read after "
                       "it; without, a code is made.")),
            Ask("required", _("It must be answered"), "check"),
            Ask("secret", _("Only those who work on the case see the answer"), "check"),
            Ask("help", _("A hint under the question")),
            Ask("code", _("Code"), hint=_("Empty: made from the question")),
        ),
    )  # fmt: skip


def code_of(words: str) -> str:
    """A code made of words: small letters, figures and underscores."""
    plain = re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")[:40].rstrip("_")
    return plain if re.match(r"[a-z]", plain) else f"q_{plain}"[:40].rstrip("_")


def questions_of(ask: Ask, asked: Asked) -> list[dict[str, Any]]:
    """The questions as casework keeps them; what is wrong with them it says itself (CASE-106)."""
    found: list[dict[str, Any]] = []
    for row in rows_of(ask, asked):
        label, taken = _one_of(row["label"]), {each["code"] for each in found}
        code = _one_of(row["code"]) or _free(code_of(label), taken)
        question: dict[str, Any] = {"code": code, "label": label, "kind": _one_of(row["kind"])}
        for name in ("required", "secret"):
            if any(row[name]):
                question[name] = True
        if any(row["help"]):
            question["help"] = row["help"][0]
        lines = [line.strip() for line in _one_of(row["options"]).splitlines() if line.strip()]
        if lines:
            question["options"] = _options(lines)
        found.append(question)
    return found


def _free(code: str, taken: set[str]) -> str:
    """A code that is not taken yet."""
    number = 2
    free = code
    while free in taken:
        free, number = f"{code[:36]}_{number}", number + 1
    return free


def _options(lines: Sequence[str]) -> list[list[str]]:
    """Keys and words of a list: `key = words`, or words alone, whose key is made and free."""
    found: list[list[str]] = []
    for line in lines:
        key, separator, words = line.partition(" = ")
        taken = {each for each, _words in found}
        found.append([key, words] if separator else [_free(code_of(line), taken), line])
    return found


def questions_shown(form: Sequence[Mapping[str, Any]]) -> Known:
    """Questions as the form shows them."""
    return as_rows("form", [_question_shown(row) for row in form])


def _question_shown(row: Mapping[str, Any]) -> dict[str, str]:
    options = [f"{key} = {words}" for key, words in row.get("options", ())]
    return {
        "label": str(row["label"]), "kind": str(row["kind"]), "options": "\n".join(options),
        "required": tick(row.get("required")), "secret": tick(row.get("secret")),
        "help": str(row.get("help", "")), "code": str(row["code"]),
    }  # fmt: skip


def tick(on: object) -> str:
    """A box as a form sends it."""
    return "1" if on else ""


# States and moves

OWN = "own"


def patterns() -> dict[str, tuple[str, dict[str, Any]]]:
    """The usual ways that cases go: words, states and moves."""
    return {
        "help": (_("Worked on until it is solved"), casework.HELP),
        "order": (_("Approved, then fulfilled step by step"), casework.ORDER),
        "catalogue_order": (_("Ordered, approved, put into service"), casework.CATALOGUE_ORDER),
        "change": (_("Prepared, approved, done in a window"), casework.CHANGE),
        "visit": (_("Booked, served, done"), casework.VISIT),
    }


def phases() -> Options:
    """What a state means for clocks and lists."""
    return [
        ("open", _("Somebody has to do something")), ("waiting", _("It waits")),
        ("resolved", _("It is done")), ("closed", _("It is closed")),
    ]  # fmt: skip


def sides() -> Options:
    """Who moves a case."""
    return [("agent", _("Agents")), ("requester", _("Whoever asked")),
            ("system", _("It moves by itself"))]  # fmt: skip


def needs() -> Options:
    """What must be there for a move."""
    return [
        ("resolution", _("Words for whoever asked, what was done")),
        ("tasks", _("Every task done")), ("approval", _("The approval")),
        ("identity", _("An identity check")), ("fee", _("Every fee paid or waived")),
        ("owner", _("Only the room that keeps more beside the case moves it")),
    ]  # fmt: skip


def machine_asks() -> list[Ask]:
    """Which way cases of a kind go; the states and moves of their own."""
    choices = [(key, words) for key, (words, _machine) in patterns().items()]
    states = Ask(
        "states", _("States"), "rows", row=_("State %(number)s"),
        hint=_("A case begins in the first. Empty the name to take a state away."),
        fields=(
            Ask("name", _("Name")),
            Ask("code", _("Code"), hint=_("Empty: made from the name")),
            Ask("phase", _("What it means"), "choice", phases()),
            Ask("reason", _("What it waits for"), "choice",
                [("", "–"), *((key, words) for key, words in waits().items() if key != "hold")]),
        ),
    )  # fmt: skip
    moves = Ask(
        "moves", _("Moves"), "rows", row=_("Move %(number)s"),
        hint=_("Empty the name to take a move away."),
        fields=(
            Ask("name", _("Name"), hint=_("What the button says, such as Begin")),
            Ask("from", _("From the state"), hint=_("Its code")),
            Ask("to", _("To the state"), hint=_("Its code")),
            Ask("by", _("Who makes it"), "many", sides()),
            Ask("needs", _("What must be there"), "many", needs()),
        ),
    )  # fmt: skip
    return [
        Ask("pattern", _("How it goes"), "choice",
            [("", _("As is usual in its family")), *choices, (OWN, _("As written below"))],
            hint=_("The states and moves below count only with “As written below”.")),
        Ask("machine", _("States and moves"), "group", fields=(states, moves),
            opens=("pattern", OWN)),
    ]  # fmt: skip


def machine_of(asked: Asked, family: str) -> dict[str, Any]:
    """The states and moves of a kind of case as casework keeps them."""
    chosen = _one_of(picked(asked, "pattern"))
    if chosen == OWN:
        return _own_machine(asked)
    usual = "catalogue_order" if family == "order" else "help"
    known = patterns()
    return known[chosen if chosen in known else usual][1]


def _own_machine(asked: Asked) -> dict[str, Any]:
    states, moves = machine_asks()[1].fields
    return {
        "states": [
            {
                "code": _one_of(row["code"]) or code_of(_one_of(row["name"])),
                "name": _one_of(row["name"]), "phase": _one_of(row["phase"]),
                "reason": _one_of(row["reason"]),
            }
            for row in rows_of(states, asked)
        ],
        "moves": [
            {
                "from": _one_of(row["from"]), "to": _one_of(row["to"]),
                "name": _one_of(row["name"]), "by": row["by"], "needs": row["needs"],
            }
            for row in rows_of(moves, asked)
        ],
    }  # fmt: skip


def machine_shown(machine: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """The states and moves of a kind of case as the form shows them."""
    same = [key for key, (_words, known) in patterns().items() if known == machine]
    states = [
        {"name": str(row["name"]), "code": str(row["code"]), "phase": str(row["phase"]),
         "reason": str(row.get("reason", ""))}
        for row in machine["states"]
    ]  # fmt: skip
    moves: list[dict[str, str | list[str]]] = [
        {"name": str(row["name"]), "from": str(row["from"]), "to": str(row["to"]),
         "by": list(row.get("by", ("agent",))), "needs": list(row.get("needs", ()))}
        for row in machine["moves"]
    ]  # fmt: skip
    return {"pattern": same[0] if same else OWN,
            **as_rows("states", states), **as_rows("moves", moves)}  # fmt: skip
