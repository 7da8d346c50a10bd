"""Writes of casework."""

from .applying import apply_calendar, apply_promises
from .attaching import attach
from .billing import (
    retry_usage,
    send_usage,
)
from .clocks import Promise, end_promise, put_promise
from .contacts import put_contact
from .history import Past, Step, load_history
from .holding import (
    keep_hold,
    lift_hold,
    put_legal_hold,
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
from .trust import begin_check, decide_approval, end_consent, finish_check, record_consent

__all__ = [
    "AnswersWrong",
    "DeskPlan",
    "NewCase",
    "NewOrder",
    "Opened",
    "Past",
    "Plan",
    "PlannedPromise",
    "Promise",
    "Said",
    "SentFile",
    "Step",
    "TypeDraft",
    "add_note",
    "add_task",
    "answer",
    "apply_calendar",
    "apply_promises",
    "assign_case",
    "attach",
    "audit_clocks",
    "begin_check",
    "classify_case",
    "close_quiet",
    "decide_approval",
    "drop_rule",
    "end_consent",
    "end_open311_key",
    "end_order",
    "end_promise",
    "end_task",
    "erase_case",
    "erase_contact",
    "erase_due",
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
    "open_case",
    "open_owned",
    "place_order",
    "promise_callback",
    "put_article",
    "put_case_type",
    "put_category",
    "put_contact",
    "put_legal_hold",
    "put_member",
    "put_open311_key",
    "put_promise",
    "put_queue",
    "put_ready_answer",
    "put_rule",
    "put_team",
    "rate_case",
    "rebuild_clocks",
    "receive_message",
    "record_consent",
    "restate_clocks",
    "retry_usage",
    "send_usage",
    "settle_case",
    "split_case",
    "take_report",
    "take_update",
    "unlink_cases",
    "watch_case",
]
