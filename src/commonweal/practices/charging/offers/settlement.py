"""Acceptance, payments, what is owed."""

from __future__ import annotations

from ..actions.acceptance import accept_bill, accept_due_bills
from ..actions.payments import assign_payment, import_payments, set_payment_aside
from ..actions.refunds import (
    REFUND,
    RETURN,
    approve_refund,
    propose_refund,
    propose_return,
    reject_refund,
)
from ..actions.reminders import remind_agency
from ..actions.settlement import apply_advance, credit_to_advance, post_refund, undo_settlement
from ..domain.remittance import Match, Share
from ..domain.settlement import BUCKETS, PaymentError
from ..import_payments.reading import PaymentRequest
from ..import_payments.tables import FIELDS as PAYMENT_FIELDS
from ..import_payments.tables import Layout as PaymentLayout
from ..selectors.owed import (
    Account,
    BookProblem,
    Owed,
    account,
    cash_problems,
    days_to_settle,
    overdue_total,
    owed,
    owed_csv,
    parts_of,
    receipts_csv,
    settlements,
)
from ..selectors.payments import (
    Waiting,
    entries,
    entry,
    entry_history,
    payer_accounts,
    payment_mappings,
    statement,
    statements,
    waiting_payments,
    waiting_summary,
)
from ..selectors.standing import Standing, standing, standings

__all__ = [
    "BUCKETS",
    "PAYMENT_FIELDS",
    "REFUND",
    "RETURN",
    "Account",
    "BookProblem",
    "Match",
    "Owed",
    "PaymentError",
    "PaymentLayout",
    "PaymentRequest",
    "Share",
    "Standing",
    "Waiting",
    "accept_bill",
    "accept_due_bills",
    "account",
    "apply_advance",
    "approve_refund",
    "assign_payment",
    "cash_problems",
    "credit_to_advance",
    "days_to_settle",
    "entries",
    "entry",
    "entry_history",
    "import_payments",
    "overdue_total",
    "owed",
    "owed_csv",
    "parts_of",
    "payer_accounts",
    "payment_mappings",
    "post_refund",
    "propose_refund",
    "propose_return",
    "receipts_csv",
    "reject_refund",
    "remind_agency",
    "set_payment_aside",
    "settlements",
    "standing",
    "standings",
    "statement",
    "statements",
    "undo_settlement",
    "waiting_payments",
    "waiting_summary",
]
