"""What casework announces."""

from django.utils.translation import gettext_noop

from ..catalogue.public import register_calendar_preview, register_calendar_watcher
from ..schema.public import Manifest
from . import notice_words
from .actions.asking import ASK_HOW, when_done
from .actions.ordering import follow_order
from .announcing import tell_programs, tell_promise
from .clocks.timer import tick
from .clocks.watching import APPLY, calendar_accepted, calendar_preview
from .exporting import case_files
from .importing.work import KIND, take_file
from .keeping_tasks import audit_all, erase_old, freeze_months, send_waiting_usage
from .offices import appointments_preview
from .registry import register_closed, register_hook, register_promise
from .settling import keep_contact, keep_usage, tell_measures
from .tasks import (
    LAPSE,
    PAY_BACK,
    PUT_ON,
    SEND,
    SEND_CODE,
    apply_hours,
    ask_how_it_went,
    close_quiet_cases,
    end_abandoned,
    fold_counts,
    look_after_visits,
    send_identity_code,
    send_interaction,
    send_payback,
    take_promises,
)
from .telling import tell_people

notice_words.register()
register_hook(tell_people)
register_hook(tell_measures)
register_hook(when_done)
register_closed(keep_usage)
register_hook(keep_contact)
register_hook(tell_programs)
register_promise(tell_promise)
register_hook(follow_order)
register_calendar_watcher(calendar_accepted)
register_calendar_preview("casework", calendar_preview)
register_calendar_preview("counter", appointments_preview)

MANIFEST = Manifest(
    name="casework",
    permissions={
        "casework.work": "Work on the cases of one's teams",
        "casework.view_all": "See the cases of every team",
        "casework.manage": "Set up teams, queues, kinds of cases, clocks and rules",
        "casework.write_knowledge": "Write articles that help people help themselves",
        "casework.take_money": "Take fees at a counter, and close the till",
        "casework.waive_fees": "Waive a fee, with a reason",
        "casework.pay_back": "Agree to give fees back, and sign a till's closing",
        "casework.ask": "Ask for something, and follow one's own cases",
        "casework.view": "See every case of one's agency",
        "casework.approve": "Approve what people of one's agency ask for",
    },
    roles={
        "agent": ["casework.work", "casework.write_knowledge"],
        "clerk": ["casework.work", "casework.take_money"],
        "service_owner": [
            "casework.work",
            "casework.view_all",
            "casework.manage",
            "casework.write_knowledge",
            "casework.take_money",
            "casework.waive_fees",
            "casework.pay_back",
        ],
        "director": [
            "casework.work",
            "casework.view_all",
            "casework.waive_fees",
            "casework.pay_back",
        ],
        "administrator": ["casework.work", "casework.view_all", "casework.manage"],
        "auditor": ["casework.work", "casework.view_all"],
        "agency_liaison": ["casework.ask", "casework.view", "casework.approve"],
        "agency_finance": ["casework.ask", "casework.view", "casework.approve"],
        "agency_approver": ["casework.ask", "casework.view", "casework.approve"],
        "agency_employee": ["casework.ask"],
    },
    jobs={
        "casework.close_quiet": close_quiet_cases,
        "casework.fold_counts": fold_counts,
        SEND: send_interaction,
        ASK_HOW: ask_how_it_went,
        APPLY: apply_hours,
        PUT_ON: take_promises,
        PAY_BACK: send_payback,
        LAPSE: end_abandoned,
        SEND_CODE: send_identity_code,
        KIND: take_file,
        "casework.erase_old": erase_old,
        "casework.prove_clocks": audit_all,
        "casework.freeze_months": freeze_months,
        "casework.send_usage": send_waiting_usage,
        "casework.keep_visits": look_after_visits,
    },
    schedules={
        "casework.close_quiet": "hourly 20",
        "casework.fold_counts": "every 5m",
        "casework.erase_old": "daily 01:30",
        "casework.prove_clocks": "daily 02:20",
        "casework.freeze_months": "daily 02:50",
        "casework.send_usage": "every 5m",
        "casework.keep_visits": "every 2m",
    },
    ticks={"casework.clocks": tick},
    work={
        "casework.close_quiet": gettext_noop("Close resolved cases that nobody said more to"),
        "casework.fold_counts": gettext_noop("Fold the counters of cases"),
        SEND: gettext_noop("Send a message of a case"),
        PAY_BACK: gettext_noop("Give a fee back through the provider"),
        LAPSE: gettext_noop("End a payment that was begun and left"),
        SEND_CODE: gettext_noop("Send the code of an identity check"),
        ASK_HOW: gettext_noop("Ask how a case went"),
        "casework.erase_old": gettext_noop("Erase cases that were kept long enough"),
        "casework.prove_clocks": gettext_noop("Compare every clock of cases with its events"),
        "casework.freeze_months": gettext_noop("Freeze the clocks of months that ended"),
        "casework.send_usage": gettext_noop("Send the usage of closed cases"),
        "casework.keep_visits": gettext_noop("Remind of appointments, and end old tickets"),
        KIND: gettext_noop("Take in a file of cases"),
        APPLY: gettext_noop("Put changed opening hours on open cases"),
        PUT_ON: gettext_noop("Put the promises in force on open cases"),
    },
    refers=(
        "casework.Team",
        "casework.Queue",
        "casework.CaseType",
        "casework.Category",
        "casework.ClockDefinition",
        "casework.FeeRule",
        "casework.Till",
        "casework.Office",
        "casework.OfficeDesk",
        "casework.OfficeOffer",
    ),
    # Notes among agents stay with the centre: they are its own work, and may name others.
    shown={"casework.Interaction": {"direction__in": ["in", "out"]}},
    leaves=case_files,
    stays={
        "casework.SavedView": "Names that the centre's people gave to their lists.",
        "casework.CaseBatch": "What an agent did at once; each case's own history tells it.",
        "casework.CaseTally": "Sums; the cases themselves leave.",
        "casework.CaseCount": "Counters; the cases themselves leave.",
        "casework.Open311Key": "Keys of other people's programs, as hashes; they open no copy.",
        "casework.CaseImport": "Files that the centre took in; the cases themselves leave.",
        "casework.LegalHold": "Why the centre keeps something from erasure is the centre's own.",
        "casework.CaseWord": "An index of words; the texts themselves leave.",
        "casework.CaseNumber": "The last number given; every case carries its own.",
    },
)
