"""Writes of casework."""

from .applying import apply_calendar, apply_promises
from .asking import ask_how
from .attaching import attach
from .billing import (
    retry_usage,
    send_usage,
)
from .clocks import Promise, end_promise, put_promise
from .contacts import put_contact
from .fee_rules import put_fee, put_till
from .fees import (
    MoneyMoved,
    begin_payment,
    charge_fee,
    take_payment,
    waive_fee,
)
from .held_mail import HELD_DAYS, note_let_in, remove_mail, remove_old_mail
from .history import Past, Step, load_history
from .holding import (
    keep_hold,
    lift_hold,
    put_legal_hold,
)
from .letters import (
    Scanned,
    drop_letter,
    file_letter,
    open_for_letter,
    take_letter,
)
from .linking import (
    link_cases,
    merge_cases,
    rebuild_clocks,
    split_case,
    unlink_cases,
    watch_case,
)
from .moving import (
    add_task,
    assign_case,
    classify_case,
    close_quiet,
    end_task,
    hand_to_supplier,
    move_case,
)
from .open311 import (
    SentFile,
    end_open311_key,
    put_open311_key,
    take_report,
    take_update,
)
from .opening import AnswersWrong, NewCase, Opened, open_case
from .ordering import NewOrder, end_order, place_order
from .owned import open_owned, settle_case
from .plans import DeskPlan, PlannedPromise, lay_desk
from .privacy import (
    CasePlan,
    Plan,
    erase_case,
    erase_contact,
    erase_due,
)
from .proving import (
    audit_clocks,
    freeze_clocks,
    freeze_ended,
    restate_clocks,
)
from .setup import (
    TypeDraft,
    drop_rule,
    put_article,
    put_case_type,
    put_category,
    put_member,
    put_queue,
    put_ready_answer,
    put_rule,
    put_team,
)
from .talking import Said, add_note, answer, promise_callback, rate_case, receive_message
from .till import (
    Taken,
    ask_payback,
    close_till,
    decide_payback,
    sign_till,
    take_at_counter,
)
from .together import Together, change_cases, undo_changes
from .trust import begin_check, decide_approval, end_consent, finish_check, record_consent
from .views import drop_view, save_view

__all__ = [
    "HELD_DAYS",
    "AnswersWrong",
    "CasePlan",
    "DeskPlan",
    "MoneyMoved",
    "NewCase",
    "NewOrder",
    "Opened",
    "Past",
    "Plan",
    "PlannedPromise",
    "Promise",
    "Said",
    "Scanned",
    "SentFile",
    "Step",
    "Taken",
    "Together",
    "TypeDraft",
    "add_note",
    "add_task",
    "answer",
    "apply_calendar",
    "apply_promises",
    "ask_how",
    "ask_payback",
    "assign_case",
    "attach",
    "audit_clocks",
    "begin_check",
    "begin_payment",
    "change_cases",
    "charge_fee",
    "classify_case",
    "close_quiet",
    "close_till",
    "decide_approval",
    "decide_payback",
    "drop_letter",
    "drop_rule",
    "drop_view",
    "end_consent",
    "end_open311_key",
    "end_order",
    "end_promise",
    "end_task",
    "erase_case",
    "erase_contact",
    "erase_due",
    "file_letter",
    "finish_check",
    "freeze_clocks",
    "freeze_ended",
    "hand_to_supplier",
    "keep_hold",
    "lay_desk",
    "lift_hold",
    "link_cases",
    "load_history",
    "merge_cases",
    "move_case",
    "note_let_in",
    "open_case",
    "open_for_letter",
    "open_owned",
    "place_order",
    "promise_callback",
    "put_article",
    "put_case_type",
    "put_category",
    "put_contact",
    "put_fee",
    "put_legal_hold",
    "put_member",
    "put_open311_key",
    "put_promise",
    "put_queue",
    "put_ready_answer",
    "put_rule",
    "put_team",
    "put_till",
    "rate_case",
    "rebuild_clocks",
    "receive_message",
    "record_consent",
    "remove_mail",
    "remove_old_mail",
    "restate_clocks",
    "retry_usage",
    "save_view",
    "send_usage",
    "settle_case",
    "sign_till",
    "split_case",
    "take_at_counter",
    "take_letter",
    "take_payment",
    "take_report",
    "take_update",
    "undo_changes",
    "unlink_cases",
    "waive_fee",
    "watch_case",
]
