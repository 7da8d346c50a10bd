"""Every action that a room offers can be done by page and by API, or it is said here why not."""

from __future__ import annotations

import ast
import importlib
import inspect
from functools import cache
from pathlib import Path

ROOM = Path(__file__).resolve().parents[2] / "src" / "commonweal"
CLOSE = "a step of the close, which people start, stop and go on with"
PARTS = "one part of the model; programs put the whole model"
DRAFTS = "no door keeps drafts: a page shows an order before it is proposed whole"
INTERNAL = {
    "access.note_account": "leaves the event of what the sign-in library did",
    "authority.propose": "each kind of proposal has an action of its own that calls it",
    "casework.begin_payment": "the payments' door calls it, for pages and programs alike",
    "casework.take_payment": "the payments' door is its door: a provider's signed word",
    "casework.apply_promises": "put_promises_on has a worker do it, in steps",
    "casework.ask_how": "a job asks by itself, once for each case that is done",
    "casework.close_quiet": "runs every hour by itself",
    "casework.take_report": "Open311 is its door",
    "casework.take_update": "Open311 is its door",
    "casework.acknowledge": "the mail door answers by itself that a message has come",
    "casework.keep_mail": "the mail door keeps what came; nobody writes such rows by hand",
    "casework.audit_clocks": "runs every night by itself; its proofs are listed",
    "casework.erase_due": "runs every night by itself; people set the days that a kind is kept",
    "casework.freeze_clocks": "runs every night by itself; people restate, with a reason",
    "casework.freeze_ended": "runs every night by itself; people restate, with a reason",
    "casework.send_usage": "the worker sends what waits; people try again what was refused",
    "casework.keep_visits": "runs every two minutes by itself: turns, reminders, old numbers",
    "casework.lay_desk": "services give their plan; people put its parts one by one",
    "casework.note_let_in": "the mail door notes that it let a held message in for a person",
    "casework.remove_old_mail": "runs every night by itself; people remove single messages",
    "casework.start_import": "import_later, of pages and programs, and the command begin with it",
    "casework.bring_words": "charging brings what was said of a dispute before there were cases",
    "casework.open_owned": "rooms open cases beside what they keep: charging for each dispute",
    "casework.settle_case": "rooms say how cases of theirs stand: charging for each dispute",
    "casework.load_history": "the demo and imports of whole histories call it",
    "catalogue.propose_order": DRAFTS,
    "catalogue.revise_order": DRAFTS,
    "charging.open_dispute_cases": "the daily clocks of disputes do it; a new one has its case",
    "charging.make_package": "the worker, or the command, makes what ask_package asked for",
    "charging.make_package_here": "the command's way to ask: it makes the package itself",
    "charging.test_reserves": "runs every night by itself; the command can run it sooner",
    "charging.put_credit": "a decision on a dispute, a service credit or a year's end gives it",
    "charging.post_refund": "money that two people let go: propose_refund and recovery call it",
    "charging.run_clocks": "the worker does it each morning; the command is for operators",
    "charging.save_mapping": "import_costs keeps the mapping that was accepted",
    "charging.sign_forecasts": "the same as sign_forecast for many at once, for programs of ours",
    "documents.begin_here": "the command's way to ask: it makes the archive itself",
    "documents.make_take_out": "the worker, or the command, does what ask_take_out asked for",
    "documents.remove_bytes": "rooms remove what their schedule or a request erases",
    "documents.store": "papers are made by the rooms that issue them, never uploaded bare",
    "jobs.put_schedule": "schedules come with the release",
    "jobs.sync_schedules": "brings the schedules of the release in, when migrating",
    "ledger.post_many": CLOSE,
    "ledger.post_pair": CLOSE,
    "measures.emit_measures": "rooms of ours say what was kept",
    "measures.withdraw_measures": "rooms of ours say what does not count any more",
    "metering.emit": "the call for rooms of ours; programs outside submit",
    "metering.freeze_period": CLOSE,
    "metering.put_rated": CLOSE,
    "metering.seal_period": CLOSE,
    "metering.write_partitions": CLOSE,
    "notices.pause_failing": "the worker does it after three days without success; people resume",
    "notices.remove_old_deliveries": "runs every night by itself",
    "notices.notify_role": "rooms tell people what concerns them; nobody writes by hand",
    "notices.notify_together": "rooms tell people what concerns them; nobody writes by hand",
    "notices.send": "rooms tell people what concerns them; nobody writes by hand",
}
"""Actions without any door, each with its reason."""
PAGE_ONLY = {
    "charging.put_driver": PARTS,
    "charging.put_pool": PARTS,
    "charging.put_rule": PARTS,
    "charging.remove_rule": PARTS,
    "charging.set_driver_values": PARTS,
}
API_ONLY = {
    "casework.apply_calendar": "accepting changed hours has a worker do it; programs may, again",
    "charging.tell_budgets": "the schedule tells every day; a program may ask for it sooner",
    "charging.put_cost_model": "a document of the whole model; people change its parts",
    "ledger.post": "journals come from programs; people reverse them, with a reason",
    "ledger.put_chart": "a chart comes as a list from the system that keeps it",
    "ledger.set_account_active": "a chart comes as a list from the system that keeps it",
    "metering.submit": "records come from programs; people upload files",
}


@cache
def offered() -> dict[str, str]:
    """Each action by `room.name`, with the module whose public.py offers it."""
    found = {}
    for path in sorted([*ROOM.glob("kernel/*/public.py"), *ROOM.glob("practices/*/public.py")]):
        module = ".".join(path.relative_to(ROOM.parent).with_suffix("").parts)
        room = path.parent.name
        for name, function in inspect.getmembers(importlib.import_module(module)):
            own = getattr(function, "__module__", "").startswith(module.removesuffix(".public"))
            if getattr(function, "is_action", False) and own:
                found[f"{room}.{name}"] = module
    return found


@cache
def reached(side: str) -> frozenset[str]:
    """What a side of the interfaces names of the rooms: `room.name`."""
    found = set()
    for path in (ROOM / "interfaces" / side).rglob("*.py"):
        if "tests" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        aliases = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                parts = node.module.split(".")
                for each in node.names:
                    if parts[-1] == "public":
                        found.add(f"{parts[-2]}.{each.name}")
                    elif each.name == "public":
                        aliases[each.asname or each.name] = parts[-1]
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.add(f"{aliases.get(node.value.id, '')}.{node.attr}")
    return frozenset(found)


def test_there_is_something_to_look_at() -> None:
    assert len(offered()) > 80
    assert "party.create_agency" in reached("web") & reached("api")


def test_what_a_person_can_do_has_a_page() -> None:
    missing = set(offered()) - reached("web") - set(INTERNAL) - set(API_ONLY)
    assert not missing, "make a page, or say in INTERNAL or API_ONLY why there is none"


def test_what_a_person_can_do_has_an_operation() -> None:
    missing = set(offered()) - reached("api") - set(INTERNAL) - set(PAGE_ONLY)
    assert not missing, "make an operation, or say in INTERNAL or PAGE_ONLY why there is none"


def test_the_lists_say_nothing_that_is_no_longer_so() -> None:
    lists = (INTERNAL, PAGE_ONLY, API_ONLY)
    assert all(reason for each in lists for reason in each.values())
    assert {name for each in lists for name in each} <= set(offered())
    assert not set(API_ONLY) & reached("web")
    assert not set(PAGE_ONLY) & reached("api")
    assert not set(INTERNAL) & reached("web") & reached("api")
