"""What charging announces."""

from django.utils.translation import gettext_noop

from commonweal.kernel.authority.public import register_subject
from commonweal.kernel.schema.domain import Manifest

from . import notice_words
from .actions.approval import bills_approved, bills_not_approved
from .actions.cost_files import KIND as IMPORT
from .actions.rates import APPROVE, SUBJECT, put_in_force, set_aside
from .actions.refunds import (
    APPROVE_REFUNDS,
    REFUND,
    RETURN,
    nothing_happens,
    refund_approved,
    return_approved,
)
from .closing.approval import APPROVE as APPROVE_BILLS
from .closing.approval import SUBJECT as MONTH
from .domain.close import KIND as CLOSE
from .leaving import journal_files
from .tasks import accept_due, close_month, import_file

notice_words.register()
register_subject(SUBJECT, APPROVE, put_in_force, set_aside, words="a rate")
register_subject(
    MONTH, APPROVE_BILLS, bills_approved, bills_not_approved, words="the bills of a month"
)
register_subject(REFUND, APPROVE_REFUNDS, refund_approved, nothing_happens, words="a refund")
register_subject(
    RETURN, APPROVE_REFUNDS, return_approved, nothing_happens, words="a returned payment"
)

ACCEPT_DUE = "charging.accept_due"
_FINANCE = [
    "charging.view_costs",
    "charging.import_costs",
    "charging.run_close",
    "charging.propose_rates",
    "charging.view_all_bills",
    "charging.answer_queries",
    "charging.view_payments",
    "charging.import_payments",
    "charging.settle",
]
MANIFEST = Manifest(
    name="charging",
    shown={
        "charging.Bill": {"state": "issued"},
        "charging.BillLine": {"bill__state": "issued"},
        "charging.LineFunding": {"line__bill__state": "issued"},
        "charging.LineQuery": {"line__bill__state": "issued"},
        "charging.RateVersion": {"state": "approved"},
    },
    refers=("charging.RateVersion",),
    leaves=journal_files,
    jobs={CLOSE: close_month, IMPORT: import_file, ACCEPT_DUE: accept_due},
    schedules={ACCEPT_DUE: "daily 04:10"},
    work={
        CLOSE: gettext_noop("Close a month"),
        IMPORT: gettext_noop("Import ledger costs"),
        ACCEPT_DUE: gettext_noop("Accept bills by their orders' terms"),
    },
    permissions={
        "charging.view_costs": "See the centre's costs, pools and drivers",
        "charging.import_costs": "Import costs; change pools, rules and drivers",
        "charging.propose_rates": "Propose a rate",
        "charging.approve_rates": "Approve or reject a rate",
        "charging.run_close": "Close a month and issue its bills, once they are approved",
        "charging.approve_bills": "Approve that a month's bills are issued",
        "charging.view_payments": "See payments, and what every agency owes",
        "charging.import_payments": "Import bank statements",
        "charging.settle": "Assign payments, apply advances, remind, propose refunds",
        "charging.approve_refunds": "Approve that money is paid back",
        "charging.view_all_bills": "See every agency's bills",
        "charging.view_bills": "See the agency's own bills",
        "charging.accept_bills": "Accept the agency's bills, and pay them from its advance",
        "charging.query_lines": "Ask about or dispute a bill line",
        "charging.answer_queries": "Answer questions and disputes",
        "charging.map_accounts": "Map bill lines to the agency's own account strings",
        "charging.sign_forecast": "Sign the agency's forecast volumes",
    },
    roles={
        "director": [
            "charging.view_costs",
            "charging.approve_rates",
            "charging.approve_bills",
            "charging.approve_refunds",
            "charging.view_payments",
            "charging.view_all_bills",
            "charging.answer_queries",
        ],
        "finance_officer": _FINANCE,
        "service_owner": [
            "charging.view_costs",
            "charging.propose_rates",
            "charging.view_all_bills",
            "charging.answer_queries",
        ],
        "auditor": ["charging.view_costs", "charging.view_all_bills", "charging.view_payments"],
        "agency_finance": [
            "charging.view_bills",
            "charging.accept_bills",
            "charging.query_lines",
            "charging.map_accounts",
            "charging.sign_forecast",
        ],
        "agency_approver": [
            "charging.view_bills",
            "charging.accept_bills",
            "charging.sign_forecast",
        ],
        "agency_liaison": ["charging.view_bills", "charging.query_lines"],
    },
)
