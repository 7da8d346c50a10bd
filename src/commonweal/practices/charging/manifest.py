"""What charging announces."""

from django.utils.translation import gettext_noop

from commonweal.kernel.authority.public import register_amounts, register_subject
from commonweal.kernel.schema.domain import Manifest

from . import notice_words
from .actions.approval import bills_approved, bills_not_approved
from .actions.cost_files import KIND as IMPORT
from .actions.credits import APPROVE as APPROVE_CREDITS
from .actions.credits import SUBJECT as CREDIT
from .actions.credits import credit_approved
from .actions.disputes import SUBJECT as DISPUTE
from .actions.disputes import credit_approved as dispute_credited
from .actions.disputes import credit_refused as dispute_not_credited
from .actions.rates import APPROVE, SUBJECT, put_in_force, set_aside
from .closing.approval import APPROVE as APPROVE_BILLS
from .closing.approval import SUBJECT as MONTH
from .domain.close import KIND as CLOSE
from .leaving import journal_files
from .tasks import close_month, import_file, run_dispute_clocks

notice_words.register()
register_subject(SUBJECT, APPROVE, put_in_force, set_aside, words="a rate")
register_subject(
    MONTH, APPROVE_BILLS, bills_approved, bills_not_approved, words="the bills of a month"
)
register_subject(CREDIT, APPROVE_CREDITS, credit_approved, words="a credit to an agency")
register_subject(
    DISPUTE, APPROVE_CREDITS, dispute_credited, dispute_not_credited, words="a disputed line"
)
register_amounts(DISPUTE, gettext_noop("credit a disputed line"), {"centre": APPROVE_CREDITS})
register_amounts(CREDIT, gettext_noop("give a credit"), {"centre": APPROVE_CREDITS})

CLOCKS = "charging.dispute_clocks"
_FINANCE = [
    "charging.view_costs",
    "charging.import_costs",
    "charging.run_close",
    "charging.propose_rates",
    "charging.view_all_bills",
    "charging.answer_queries",
    "charging.propose_credits",
    "charging.disputes_owner",
    "charging.disputes_finance",
    "charging.set_dispute_rules",
    "charging.set_tolerances",
]
MANIFEST = Manifest(
    name="charging",
    shown={
        "charging.AnomalyHold": {"bill__state": "issued"},
        "charging.Bill": {"state": "issued"},
        "charging.BillLine": {"bill__state": "issued"},
        "charging.LineFunding": {"line__bill__state": "issued"},
        "charging.CreditPortion": {"line__bill__state": "issued"},
        "charging.DisputeEntry": {"query__line__bill__state": "issued"},
        "charging.LineQuery": {"line__bill__state": "issued"},
        "charging.RateVersion": {"state": "approved"},
    },
    refers=("charging.RateVersion",),
    leaves=journal_files,
    jobs={CLOSE: close_month, IMPORT: import_file, CLOCKS: run_dispute_clocks},
    schedules={CLOCKS: "daily 05:10"},
    work={
        CLOCKS: gettext_noop("Take overdue disputes to the next level"),
        CLOSE: gettext_noop("Close a month"),
        IMPORT: gettext_noop("Import ledger costs"),
    },
    permissions={
        "charging.view_costs": "See the centre's costs, pools and drivers",
        "charging.import_costs": "Import costs; change pools, rules and drivers",
        "charging.propose_rates": "Propose a rate",
        "charging.approve_rates": "Approve or reject a rate",
        "charging.run_close": "Close a month and issue its bills, once they are approved",
        "charging.approve_bills": "Approve that a month's bills are issued",
        "charging.view_all_bills": "See every agency's bills",
        "charging.view_bills": "See the agency's own bills",
        "charging.query_lines": "Ask about or dispute a bill line",
        "charging.answer_queries": "Answer questions and disputes",
        "charging.propose_credits": "Propose a credit to an agency",
        "charging.approve_credits": "Approve or reject a credit to an agency",
        "charging.disputes_owner": "Decide disputes as the service's owner",
        "charging.disputes_finance": "Decide disputes as the finance officer",
        "charging.disputes_director": "Decide disputes as the director",
        "charging.disputes_board": "Record what the board decided on disputes",
        "charging.set_dispute_rules": "Set times for disputes and bills, and board meetings",
        "charging.set_tolerances": "Set from when a line is unusual and holds its bill",
        "charging.map_accounts": "Map bill lines to the agency's own account strings",
        "charging.sign_forecast": "Sign the agency's forecast volumes",
    },
    roles={
        "director": [
            "charging.view_costs",
            "charging.approve_rates",
            "charging.approve_bills",
            "charging.approve_credits",
            "charging.view_all_bills",
            "charging.answer_queries",
            "charging.disputes_owner",
            "charging.disputes_finance",
            "charging.disputes_director",
            "charging.disputes_board",
            "charging.set_dispute_rules",
            "charging.set_tolerances",
        ],
        "finance_officer": _FINANCE,
        "service_owner": [
            "charging.view_costs",
            "charging.propose_rates",
            "charging.view_all_bills",
            "charging.answer_queries",
            "charging.disputes_owner",
            "charging.set_tolerances",
        ],
        "auditor": ["charging.view_costs", "charging.view_all_bills"],
        "agency_finance": [
            "charging.view_bills",
            "charging.query_lines",
            "charging.map_accounts",
            "charging.sign_forecast",
        ],
        "agency_approver": ["charging.view_bills", "charging.sign_forecast"],
        "agency_liaison": ["charging.view_bills", "charging.query_lines"],
    },
)
