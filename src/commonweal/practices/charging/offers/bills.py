"""Bills, their lines, the close."""

from __future__ import annotations

from ..actions.approval import approve_bills, reject_bills
from ..actions.bills import BillError, answer_query, map_account, raise_query
from ..actions.close import CloseError, ask_close, request_stop, start_close
from ..actions.credits import put_credit
from ..close_words import FoundRows, found_rows, step_words
from ..domain.bills import Change
from ..domain.close import STEPS as CLOSE_STEPS
from ..domain.close import Options as CloseOptions
from ..domain.close import next_step
from ..domain.effects import Effect
from ..domain.outlook import THRESHOLDS, Range, rounded
from ..papers.pack import verifier_source
from ..papers.tables import bill_csv, safe_cell, write_csv
from ..running import advance as advance_close
from ..selectors.approvals import IssueApproval, issue_approval
from ..selectors.bill_document import bill_document, line_document, money_text
from ..selectors.bills import (
    BillView,
    account_maps,
    bill,
    bill_before,
    bill_change,
    bill_view,
    bills,
    history,
    line,
    month_summary,
    queries,
    revenue_by_service,
    visible_bills,
)
from ..selectors.closes import (
    Running,
    close_jobs,
    close_periods,
    close_run,
    closes,
    running,
    unclosed_months,
)
from ..selectors.credits import CreditView, credit_left, credit_view, credits
from ..selectors.integrity import bill_problems
from ..selectors.line_facts import FactPage, line_facts, line_facts_csv
from ..selectors.lines import (
    LineView,
    PoolLedger,
    PoolPart,
    line_view,
    pool_ledger,
    pool_parts,
    rate_decision,
)
from ..selectors.matching import PaymentReport, Planned, look_at_payments
from ..selectors.portal import (
    AccountChoice,
    UseByMonth,
    account_choices,
    agency_journal,
    bill_line_page,
    line_of_change,
    preview_ends,
    printed_head,
    usage_by_month,
    usage_by_month_csv,
)
from ..sentences import Words
from ..years import present_year, year_months

__all__ = [
    "CLOSE_STEPS",
    "THRESHOLDS",
    "AccountChoice",
    "BillError",
    "BillView",
    "Change",
    "CloseError",
    "CloseOptions",
    "CreditView",
    "Effect",
    "FactPage",
    "FoundRows",
    "IssueApproval",
    "LineView",
    "PaymentReport",
    "Planned",
    "PoolLedger",
    "PoolPart",
    "Range",
    "Running",
    "UseByMonth",
    "Words",
    "account_choices",
    "account_maps",
    "advance_close",
    "agency_journal",
    "answer_query",
    "approve_bills",
    "ask_close",
    "bill",
    "bill_before",
    "bill_change",
    "bill_csv",
    "bill_document",
    "bill_line_page",
    "bill_problems",
    "bill_view",
    "bills",
    "close_jobs",
    "close_periods",
    "close_run",
    "closes",
    "credit_left",
    "credit_view",
    "credits",
    "found_rows",
    "history",
    "issue_approval",
    "line",
    "line_document",
    "line_facts",
    "line_facts_csv",
    "line_of_change",
    "line_view",
    "look_at_payments",
    "map_account",
    "money_text",
    "month_summary",
    "next_step",
    "pool_ledger",
    "pool_parts",
    "present_year",
    "preview_ends",
    "printed_head",
    "put_credit",
    "queries",
    "raise_query",
    "rate_decision",
    "reject_bills",
    "request_stop",
    "revenue_by_service",
    "rounded",
    "running",
    "safe_cell",
    "start_close",
    "step_words",
    "unclosed_months",
    "usage_by_month",
    "usage_by_month_csv",
    "verifier_source",
    "visible_bills",
    "write_csv",
    "year_months",
]
