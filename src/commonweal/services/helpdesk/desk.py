"""Kinds of cases, subjects, teams, queues, routing and words of the help desk."""

from __future__ import annotations

from typing import Any

from commonweal.kernel.casework.public import CATALOGUE_ORDER, CHANGE, HELP, ORDER, TypeDraft

TEAMS = (
    {"code": "first-line", "name": "Help desk, first line"},
    {"code": "second-line", "name": "Help desk, second line"},
    {"code": "accounts", "name": "Accounts and access"},
)
QUEUES = (
    {"code": "helpdesk", "name": "Help desk", "team": "first-line", "default_type": "incident"},
    {"code": "helpdesk-machines", "name": "Machines and network", "team": "second-line",
     "default_type": "incident"},
    {"code": "helpdesk-accounts", "name": "Accounts and access", "team": "accounts",
     "default_type": "question"},
)  # fmt: skip
APPROVED = "casework.approve"


def _asks(code: str, label: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"code": code, "label": label, "kind": kind, **more}


ROOM = _asks("room", "Where are you? Building and room")
DEVICE = _asks("device", "Number on the sticker of the machine", help="Such as MER-10442.")
SINCE = _asks("since", "Since when?", "datetime")
ALONE = _asks("others", "Do your colleagues have it too?", "yesno")


def _kind(service: str, code: str, name: str, about: str, **more: Any) -> TypeDraft:
    given = {"family": code, "audience": "agency", "machine": HELP, "queue": "helpdesk"}
    return TypeDraft(code=code, name=name, description=about, service=service, **(given | more))


def types(service: str) -> list[TypeDraft]:
    """Every kind of case of the help desk."""
    return [
        _kind(service, "incident", "Something does not work",
              "A machine, a program or the network fails, or is slow.", form=[ALONE]),
        _kind(service, "request", "I need something",
              "Machines and programs for work. Somebody of your agency approves it first.",
              machine=ORDER, approval=APPROVED, default_urgency="low",
              tasks=[{"name": "Order or take from stock"}, {"name": "Set up"},
                     {"name": "Hand over"}]),
        _kind(service, "order", "Order from the catalogue",
              "Ordered at the price of the rate book. Somebody of your agency approves it first.",
              machine=CATALOGUE_ORDER, approval=APPROVED, default_urgency="low",
              tasks=[{"name": "Set it up"}]),
        _kind(service, "access", "Account and access",
              "Accounts, passwords and rights. We check who asks before anything is changed.",
              family="request", machine=ORDER, approval=APPROVED, needs_identity=True,
              queue="helpdesk-accounts", tasks=[{"name": "Check who asks"},
              {"name": "Grant or change"}]),
        _kind(service, "password", "Password or sign-in",
              "You cannot sign in. We check who asks before anything is changed.",
              family="request", needs_identity=True, queue="helpdesk-accounts",
              default_urgency="high"),
        _kind(service, "question", "Question about a bill or a service",
              "What a charge means, what a service includes, how to order.", family="service",
              default_urgency="low"),
        _kind(service, "problem", "Problem behind incidents",
              "The cause of several incidents is looked for and removed.", family="problem",
              queue="helpdesk-machines", default_impact="medium"),
        _kind(service, "change", "Change",
              "Something is altered on purpose: prepared, approved, done in a window.",
              machine=CHANGE, queue="helpdesk-machines", default_urgency="low",
              form=[_asks("undo", "How is it undone if it fails?", "text", required=True)],
              tasks=[{"name": "Tell those concerned"}, {"name": "Test afterwards"}]),
    ]  # fmt: skip


def _about(
    code: str, name: str, kind: str, group: str, words: str, *form: Any, **more: Any
) -> dict[str, Any]:
    return {"code": code, "name": name, "case_type": kind, "group": group, "form": form,
            "keywords": words.split(), **more}  # fmt: skip


CATEGORIES = (
    _about("printer", "Printer or scanner", "incident", "Machines",
           "print paper toner jam scan copier", ROOM, DEVICE),
    _about("laptop", "Laptop or desktop computer", "incident", "Machines",
           "screen keyboard battery slow crash computer freeze", DEVICE,
           queue="helpdesk-machines"),
    _about("phone", "Telephone or mobile", "incident", "Machines",
           "call voicemail headset mobile line", DEVICE),
    _about("network", "Network or wireless", "incident", "Network",
           "wifi internet slow connection vpn offline cable", ROOM, SINCE,
           queue="helpdesk-machines"),
    _about("mail", "E-mail and calendar", "incident", "Programs",
           "mailbox outlook calendar meeting send receive full"),
    _about("program", "A program does not work", "incident", "Programs",
           "error software message update install crash",
           _asks("program", "Which program?", required=True),
           _asks("message", "What does it say?", "text")),
    _about("new-laptop", "New laptop", "request", "Things for work", "computer new laptop desktop",
           _asks("model", "Which?", "singlevaluelist", required=True,
                 options=[["standard", "Standard, 14 inches"], ["large", "Large, 16 inches"],
                          ["desktop", "Desktop with two screens"]]),
           _asks("for", "Who is it for?", required=True),
           _asks("needed_on", "Needed on", "datetime")),
    _about("program-licence", "A program or licence", "request", "Things for work",
           "install licence software program",
           _asks("program", "Which program?", required=True),
           _asks("reason", "What is it needed for?", "text")),
    _about("new-account", "Account for somebody new", "access", "Accounts",
           "new employee starter account onboarding",
           _asks("name", "Name of the new colleague", required=True),
           _asks("starts_on", "First day", "datetime", required=True),
           _asks("leader", "Who leads them?")),
    _about("rights", "More or other rights", "access", "Accounts",
           "access folder share rights permission group",
           _asks("folder", "To what?", required=True)),
    _about("leaver", "Somebody leaves", "access", "Accounts", "leaver leaving close account end",
           _asks("name", "Who?", required=True),
           _asks("last_day", "Last day", "datetime", required=True)),
    _about("forgotten", "Password forgotten or locked out", "password", "Accounts",
           "password locked reset forgotten login sign in code"),
    _about("bill", "What a charge on our bill means", "question", "Bills and services",
           "bill charge invoice price cost",
           _asks("bill", "Number of the bill", help="Such as LWD-2026-10.")),
    _about("service", "What a service includes", "question", "Bills and services",
           "service include order agreement"),
    _about("cause", "Cause of several incidents", "problem", "Behind the scenes", "cause root"),
    _about("works", "Planned work on a system", "change", "Behind the scenes",
           "maintenance upgrade patch window"),
)  # fmt: skip
RULES = (
    {"queue": "helpdesk-machines", "conditions": {"priority": ["P1"], "case_type": ["incident"]}},
    {"queue": "helpdesk-accounts",
     "conditions": {"case_type": ["incident"], "words": ["password", "locked out"]}},
)  # fmt: skip
ANSWERS = (
    {"code": "restart", "name": "Restart it", "team": "first-line",
     "text": "Please switch the machine off, wait a minute and switch it on again. Does it happen "
     "again? Then answer this message and say what you see."},
    {"code": "sticker", "name": "Ask for the sticker's number", "team": "first-line",
     "text": "Please tell us the number on the sticker of the machine, such as MER-10442, so that "
     "we send the right part."},
    {"code": "we-call", "name": "We call you back",
     "text": "We call you back at the number that we have on record, because this changes an "
     "account. If it is no longer yours, your liaison can tell us the new one."},
    {"code": "part-ordered", "name": "A part is ordered", "team": "second-line",
     "text": "The part is ordered from the supplier. We write again when it is here; the time "
     "until then does not count against what we promised."},
    {"code": "solved", "name": "It works again",
     "text": "It works again on our side. If it does not on yours, answer within a week and the "
     "case opens again."},
)  # fmt: skip
ARTICLES = (
    {"code": "printer-paper", "title": "The printer has paper and prints nothing",
     "audience": "agency", "category": "printer", "words": ["printer", "blinks", "paper"],
     "text": "Open the back, take out what is stuck, close it until it clicks, and restart the "
     "printer. If it blinks red, the drum is worn: tell us the number on the sticker."},
    {"code": "wireless-again", "title": "Get back on the wireless network", "audience": "agency",
     "category": "network", "words": ["wifi", "wireless", "vpn"],
     "text": "Forget the network, choose it again and sign in with your work address. Away from "
     "the office, start the VPN first."},
    {"code": "mailbox-full", "title": "My mailbox is full", "audience": "agency",
     "category": "mail", "words": ["mailbox", "full", "quota"],
     "text": "Sort by size and move what is large to the archive. Nothing in the archive is "
     "deleted, and searching finds it."},
    {"code": "first-day", "title": "What a new colleague has on the first day",
     "audience": "agency", "category": "new-account", "words": ["new", "starter"],
     "text": "Account, mailbox and a standard laptop, if they are asked for five working days "
     "before. Somebody of the agency approves it."},
    {"code": "call-back", "title": "How to check who asks", "audience": "staff",
     "category": "forgotten", "words": ["identity", "password", "call"],
     "text": "Call the number that was on record before this case, never one from the message. Or "
     "send a code. Record the check in the case; without it the case cannot be resolved."},
    {"code": "drum", "title": "Change a printer's drum", "audience": "staff",
     "category": "printer", "words": ["drum", "printer"],
     "text": "Order the drum by the model on the sticker and hand the case to the supplier. The "
     "supplier's clock runs from then on."},
)  # fmt: skip
