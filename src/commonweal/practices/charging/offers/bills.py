"""Bills, their lines, the close."""

from __future__ import annotations

from ..actions.anomalies import acknowledge_hold, explain_hold, put_bill_target, put_tolerance
from ..actions.approval import approve_bills, reject_bills
from ..actions.bills import BillError, answer_query, map_account, raise_query
from ..actions.close import CloseError, ask_close, request_stop, start_close
from ..actions.credits import approve_credit, propose_credit, put_credit, reject_credit
from ..actions.dispute_rules import note_board_meeting, put_dispute_level
from ..actions.disputes import (
    accept_outcome,
    add_evidence,
    escalate_dispute,
    open_dispute_cases,
    resolve_dispute,
    run_clocks,
    write_message,
)
from ..actions.exchange import decide_exchange_rate, propose_exchange_rate
from ..actions.openness import publish_money
from ..basis_words import basis_sentences, conversion_text, exchange_text
from ..change_words import cause_sentence, change_sentence, term_meanings, term_words
from ..close_words import FoundRows, found_rows, step_words
from ..closing.coming import Coming, coming_corrections
from ..date_words import level_state_words, month_level_words
from ..dispute_words import (
    category_words,
    credit_words,
    entry_words,
    level_words,
    outcome_words,
    state_words,
)
from ..domain.bills import Change
from ..domain.close import STEPS as CLOSE_STEPS
from ..domain.close import Options as CloseOptions
from ..domain.close import next_step
from ..domain.credits import MOST_MONTHS as MOST_CREDIT_MONTHS
from ..domain.credits import months_from
from ..domain.dispute_report import ReportRow as DisputeReportRow
from ..domain.disputes import LARGEST_FILE as LARGEST_EVIDENCE
from ..domain.effects import Effect
from ..domain.outlook import THRESHOLDS, Range, rounded
from ..domain.spending import ItemSpending
from ..domain.trace import Step as TraceStep
from ..domain.waterfall import TERMS as CHANGE_TERMS
from ..method_words import method_facts, price_model_text
from ..papers.dispute_table import decimal_of, dispute_report_csv
from ..papers.pack import verifier_source
from ..papers.tables import (
    bill_csv,
    peers_table,
    rounded_rate,
    safe_cell,
    spending_table,
    trace_table,
    write_csv,
)
from ..papers.ubl import InvoiceError
from ..running import advance as advance_close
from ..selectors.anomalies import held_items, holds, tolerances
from ..selectors.approvals import IssueApproval, issue_approval
from ..selectors.bill_dates import MonthLevels, bill_levels, bill_targets
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
from ..selectors.credits import (
    CreditView,
    IdleView,
    credit_left,
    credit_view,
    credits,
    first_credit_month,
    idle_view,
)
from ..selectors.dispute_levels import dispute_levels
from ..selectors.disputes import (
    BoardReport,
    DisputeView,
    dispute,
    dispute_report,
    disputes,
    last_meeting,
    service_names,
)
from ..selectors.exchange import exchange_rates
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
from ..selectors.marks import line_marks
from ..selectors.matching import PaymentReport, Planned, look_at_payments
from ..selectors.open_bills import intragov_json, invoice_lacks, invoice_xml
from ..selectors.peers import PeerRow, Peers, UnitCost, peers, service_unit_costs
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
from ..selectors.spending import (
    ServiceSpending,
    Spending,
    is_published,
    money_switch,
    published_agencies,
    spending,
)
from ..selectors.trace import MonthTrace, Trace, ledger_to_bills
from ..selectors.waterfall import BillMove, bill_months, bill_move
from ..sentences import Words
from ..years import present_year, year_months

__all__ = [
    "CHANGE_TERMS",
    "CLOSE_STEPS",
    "LARGEST_EVIDENCE",
    "MOST_CREDIT_MONTHS",
    "THRESHOLDS",
    "AccountChoice",
    "BillError",
    "BillMove",
    "BillView",
    "BoardReport",
    "Change",
    "CloseError",
    "CloseOptions",
    "Coming",
    "CreditView",
    "DisputeReportRow",
    "DisputeView",
    "Effect",
    "FactPage",
    "FoundRows",
    "IdleView",
    "InvoiceError",
    "IssueApproval",
    "ItemSpending",
    "LineView",
    "MonthLevels",
    "MonthTrace",
    "PaymentReport",
    "PeerRow",
    "Peers",
    "Planned",
    "PoolLedger",
    "PoolPart",
    "Range",
    "Running",
    "ServiceSpending",
    "Spending",
    "Trace",
    "TraceStep",
    "UnitCost",
    "UseByMonth",
    "Words",
    "accept_outcome",
    "account_choices",
    "account_maps",
    "acknowledge_hold",
    "add_evidence",
    "advance_close",
    "agency_journal",
    "answer_query",
    "approve_bills",
    "approve_credit",
    "ask_close",
    "basis_sentences",
    "bill",
    "bill_before",
    "bill_change",
    "bill_csv",
    "bill_document",
    "bill_levels",
    "bill_line_page",
    "bill_months",
    "bill_move",
    "bill_problems",
    "bill_targets",
    "bill_view",
    "bills",
    "category_words",
    "cause_sentence",
    "change_sentence",
    "close_jobs",
    "close_periods",
    "close_run",
    "closes",
    "coming_corrections",
    "conversion_text",
    "credit_left",
    "credit_view",
    "credit_words",
    "credits",
    "decide_exchange_rate",
    "decimal_of",
    "dispute",
    "dispute_levels",
    "dispute_report",
    "dispute_report_csv",
    "disputes",
    "entry_words",
    "escalate_dispute",
    "exchange_rates",
    "exchange_text",
    "explain_hold",
    "first_credit_month",
    "found_rows",
    "held_items",
    "history",
    "holds",
    "idle_view",
    "intragov_json",
    "invoice_lacks",
    "invoice_xml",
    "is_published",
    "issue_approval",
    "last_meeting",
    "ledger_to_bills",
    "level_state_words",
    "level_words",
    "line",
    "line_document",
    "line_facts",
    "line_facts_csv",
    "line_marks",
    "line_of_change",
    "line_view",
    "look_at_payments",
    "map_account",
    "method_facts",
    "money_switch",
    "money_text",
    "month_level_words",
    "month_summary",
    "months_from",
    "next_step",
    "note_board_meeting",
    "open_dispute_cases",
    "outcome_words",
    "peers",
    "peers_table",
    "pool_ledger",
    "pool_parts",
    "present_year",
    "preview_ends",
    "price_model_text",
    "printed_head",
    "propose_credit",
    "propose_exchange_rate",
    "publish_money",
    "published_agencies",
    "put_bill_target",
    "put_credit",
    "put_dispute_level",
    "put_tolerance",
    "queries",
    "raise_query",
    "rate_decision",
    "reject_bills",
    "reject_credit",
    "request_stop",
    "resolve_dispute",
    "revenue_by_service",
    "rounded",
    "rounded_rate",
    "run_clocks",
    "running",
    "safe_cell",
    "service_names",
    "service_unit_costs",
    "spending",
    "spending_table",
    "start_close",
    "state_words",
    "step_words",
    "term_meanings",
    "term_words",
    "tolerances",
    "trace_table",
    "unclosed_months",
    "usage_by_month",
    "usage_by_month_csv",
    "verifier_source",
    "visible_bills",
    "write_csv",
    "write_message",
    "year_months",
]
