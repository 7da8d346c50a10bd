"""How cases read on pages: channels, phases, events, clocks."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.casework import public as casework
from commonweal.kernel.words import public as words


def opened_words(made: casework.Opened) -> str:
    """That a case is open; and the code that whoever took it down hands on, which nobody keeps."""
    named = {"number": made.case.number, "code": made.tracking_code}
    if not made.tracking_code:
        return _("Case %(number)s is open.") % named
    return _("Case %(number)s is open. Their code, which is shown only now: %(code)s") % named


def channels() -> dict[str, str]:
    """Ways by which people reach us."""
    return {
        "web": _("Web"),
        "mobile": _("Mobile"),
        "email": _("E-mail"),
        "phone": _("Telephone"),
        "counter": _("Counter"),
        "letter": _("Letter"),
        "api": _("Program"),
        "open311": _("City app (Open311)"),
    }


def pressing() -> dict[str, str]:
    """Levels of impact and urgency."""
    return {"high": _("High"), "medium": _("Medium"), "low": _("Low")}


def metrics() -> dict[str, str]:
    """What a clock times."""
    return {
        "first_response": _("First answer"),
        "next_response": _("Next answer"),
        "update": _("Update"),
        "resolution": _("Solution"),
        "fulfilment": _("Fulfilment"),
        "waiting": _("Waiting"),
        "callback": _("Call-back"),
    }


def relations() -> dict[str, str]:
    """How cases stand to one another, read from the one that is shown."""
    return {
        "duplicate": _("Duplicate of"),
        "duplicate_by": _("Has the duplicate"),
        "caused_by": _("Caused by"),
        "caused_by_by": _("Causes"),
        "part_of": _("Part of"),
        "part_of_by": _("Has the part"),
        "split_from": _("Split from"),
        "split_from_by": _("Was split into"),
        "related": _("Belongs with"),
        "related_by": _("Belongs with"),
    }


def state_name(case: casework.Case) -> str:
    """The state of a case in words."""
    states = case.case_type.machine["states"]
    return next((_(row["name"]) for row in states if row["code"] == case.state), case.state)


def state_tag(case: casework.Case) -> str:
    """The kind of tag for a state."""
    return {"open": "watch", "waiting": "unknown", "resolved": "good"}.get(case.phase, "neutral")


def clock_tag(clock: casework.Clock) -> tuple[str, str]:
    """The kind of tag and the words for how a clock stands (never passed while it is paused)."""
    if clock.state == "paused":
        return "unknown", _("Paused")
    if clock.state == "running":
        return ("bad", _("Passed")) if clock.breached_at else ("watch", _("Running"))
    return {
        "met": ("good", _("Met")),
        "missed": ("bad", _("Not met")),
        "cancelled": ("neutral", _("Ended otherwise")),
    }[clock.state]


def hours(seconds: float) -> str:
    """A length of working time: `3 h 20 min`, `45 s`."""
    whole = round(seconds)
    if whole < 60:
        return ngettext("%(n)s second", "%(n)s seconds", whole) % {"n": whole}
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return (
            _("%(m)s min %(s)s s") % {"m": minutes, "s": rest}
            if rest
            else _("%(m)s min") % {"m": minutes}
        )
    return _("%(h)s h %(m)s min") % {"h": minutes // 60, "m": minutes % 60}


def families() -> dict[str, str]:
    """Families of kinds of cases."""
    return {
        "incident": _("Something does not work"),
        "request": _("A request"),
        "problem": _("The cause of incidents"),
        "change": _("A change"),
        "service": _("A citizen's request or report"),
        "complaint": _("A complaint"),
        "permit": _("A permit"),
        "appointment": _("An appointment"),
        "order": _("An order"),
        "dispute": _("A disputed charge"),
    }


def waits() -> dict[str, str]:
    """What a case may wait for; each may stop a promise's clock."""
    return {
        "requester": _("An answer of whoever asked"),
        "third_party": _("Somebody else, such as a supplier"),
        "change_window": _("The change window"),
        "force_majeure": _("Force majeure"),
        "appointment": _("The appointment"),
        "approval": _("An approval"),
        "hold": _("On hold at a counter"),
    }


def interval_kind(kind: str) -> str:
    """What an interval counted as."""
    name, _colon, reason = kind.partition(":")
    if name == "paused":
        return {
            "requester": _("Paused: waiting for whoever asked"),
            "third_party": _("Paused: waiting for somebody else"),
            "change_window": _("Paused: waiting for the change window"),
            "force_majeure": _("Paused: force majeure"),
            "appointment": _("Paused: until the appointment"),
            "approval": _("Paused: waiting for approval"),
            "hold": _("Paused: on hold"),
        }.get(reason, _("Paused"))
    return {
        "working": _("Counted"),
        "outside": _("Outside opening hours"),
        "stopped": _("Solved, then opened again"),
    }.get(name, name)


def fee_words(data: dict[str, Any]) -> str:
    """What happened to a fee."""
    said = {
        "charged": _("A fee is to be paid: %(amount)s"),
        "waived": _("A fee was waived: %(amount)s"),
        "begun": _("A payment was begun: %(amount)s"),
        "pending": _("The payment provider waits for the bank: %(amount)s"),
        "paid": _("A fee was paid: %(amount)s"),
        "failed": _("A payment failed: %(amount)s"),
        "cancelled": _("A payment was stopped: %(amount)s"),
        "lapsed": _("A payment was begun and left: %(amount)s"),
        "refunded": _("Given back: %(amount)s"),
        "refund_refused": _("The payment provider did not give it back: %(amount)s"),
        "voided": _("A receipt was undone: %(amount)s"),
        "returned": _("A cheque came back unpaid: %(amount)s"),
        "payback_asked": _("Asked to give back or undo: %(amount)s"),
        "payback_agreed": _("Agreed to give back: %(amount)s"),
        "payback_refused": _("Not given back: %(amount)s"),
    }.get(str(data.get("what")), _("Fee: %(amount)s"))
    amount = words.money(int(data.get("minor", 0)), str(data.get("currency", "USD")))
    return said % {"amount": amount}


def event_words(event: casework.CaseEvent, case: casework.Case) -> str:
    """One thing that happened, as a sentence without a name."""
    data: dict[str, Any] = event.data
    plain = {
        "opened": _("Opened by %(channel)s")
        % {"channel": channels().get(str(data.get("channel")), "")},
        "message": _("Message from whoever asked")
        if data.get("direction") == "in"
        else _("Answer to whoever asked"),
        "note": _("Note among agents"),
        "given": _("Given to somebody") if data.get("to") else _("Given to nobody"),
        "assigned": _("Went to another queue"),
        "classified": _("Priority %(priority)s") % {"priority": data.get("priority", "")},
        "merged": _("Merged into another case"),
        "absorbed": _("Another case was merged into this one"),
        "split": _("A part became a case of its own"),
        "linked": _("Linked with another case"),
        "unlinked": _("A link was taken away"),
        "watched": _("Somebody watches it"),
        "unwatched": _("Somebody stopped watching it"),
        "task": _("A task changed"),
        "approval": _("Approved") if data.get("state") == "approved" else _("Not approved"),
        "consent": _("Consent to act for somebody recorded"),
        "consent_ended": _("A consent ended"),
        "identity_begun": _("Identity check begun"),
        "identity": _("Identity checked")
        if data.get("state") == "passed"
        else _("Identity check not passed"),
        "supplier": _("Handed to a supplier") if data.get("handed") else _("Back from a supplier"),
        "callback": _("Call-back promised") if data.get("promised") else _("Called back"),
        "asked": _("Asked how it went") if data.get("asked") else _("Not asked how it went"),
        "rated": _("Rated %(score)s of 5") % {"score": data.get("score", "")},
        "level": _("A promise is close to its time"),
        "breached": _("A promise was passed"),
        "terms": _("Other promises hold from now on"),
        "rebuilt": _("Clocks computed anew"),
        "attached": _("A file was added"),
        "erased": _("Texts, names and files were erased"),
        "activity": _("In the old system: %(what)s") % {"what": data.get("activity", "")},
        "fee": fee_words(data),
        "ordered": _("Ordered at the price that was shown"),
        "ended": _("Given up: no more is billed after that month"),
        "named": _("Who asks was noted"),
    }
    if event.kind == "visit":
        return _visit_words(data)
    if event.kind == "state":
        states = {row["code"]: row["name"] for row in case.case_type.machine["states"]}
        name = states.get(str(data.get("to")), str(data.get("to")))
        return _("State: %(state)s") % {"state": _(name)}
    return plain.get(event.kind, event.kind)


def _visit_words(data: dict[str, Any]) -> str:
    """A stage of a visit at a counter."""
    stages = {
        "booked": _("Appointment booked"),
        "moved": _("Appointment moved"),
        "cancelled": _("Appointment cancelled"),
        "missed": _("Nobody came to the appointment"),
        "waiting": _("Waits at the counter: %(ticket)s"),
        "invited": _("Called to the counter: %(ticket)s"),
        "recalled": _("Called once more: %(ticket)s"),
        "served": _("Being served: %(ticket)s"),
        "hold": _("On hold at the counter: %(ticket)s"),
        "done": _("Visit over: %(ticket)s"),
        "no_show": _("Did not come when called: %(ticket)s"),
        "joined": _("Came to the counter for it: %(ticket)s"),
    }
    words = stages.get(str(data.get("stage")), _("Visit at the counter"))
    return words % {"ticket": data.get("ticket", "")}
