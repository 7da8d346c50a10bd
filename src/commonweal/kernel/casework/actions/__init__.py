"""Writes of casework."""

from .applying import apply_calendar, apply_promises
from .attaching import attach
from .clocks import Promise, end_promise, put_promise
from .contacts import put_contact
from .history import Past, Step, load_history
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
from .opening import AnswersWrong, NewCase, Opened, open_case
from .plans import DeskPlan, PlannedPromise, lay_desk
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
    "Opened",
    "Past",
    "PlannedPromise",
    "Promise",
    "Said",
    "Step",
    "TypeDraft",
    "add_note",
    "add_task",
    "answer",
    "apply_calendar",
    "apply_promises",
    "assign_case",
    "attach",
    "begin_check",
    "classify_case",
    "close_quiet",
    "decide_approval",
    "drop_rule",
    "end_consent",
    "end_promise",
    "end_task",
    "finish_check",
    "hand_to_supplier",
    "lay_desk",
    "link_cases",
    "load_history",
    "merge_cases",
    "move_case",
    "open_case",
    "promise_callback",
    "put_article",
    "put_case_type",
    "put_category",
    "put_contact",
    "put_member",
    "put_promise",
    "put_queue",
    "put_ready_answer",
    "put_rule",
    "put_team",
    "rate_case",
    "rebuild_clocks",
    "receive_message",
    "record_consent",
    "split_case",
    "unlink_cases",
    "watch_case",
]
