"""What charging announces."""

from django.utils.translation import gettext_noop

from commonweal.kernel.authority.public import register_amounts, register_subject
from commonweal.kernel.casework.public import register_hook, register_money, register_pricer
from commonweal.kernel.schema.domain import Manifest

from . import notice_words
from .actions import adjustments, assurance, recovery
from .actions.allocation_method import SUBJECT as METHOD
from .actions.allocation_method import method_approved, method_not_approved
from .actions.approval import bills_approved, bills_not_approved
from .actions.assets import SUBJECT as DISPOSAL
from .actions.assets import disposal_approved, disposal_not_approved
from .actions.capacity import SUBJECT as IDLE
from .actions.capacity import policy_approved, policy_not_approved
from .actions.cost_files import KIND as IMPORT
from .actions.credits import APPROVE as APPROVE_CREDITS
from .actions.credits import SUBJECT as CREDIT
from .actions.credits import credit_approved
from .actions.disputes import SUBJECT as DISPUTE
from .actions.disputes import credit_approved as dispute_credited
from .actions.disputes import credit_refused as dispute_not_credited
from .actions.exchange import SUBJECT as EXCHANGE
from .actions.exchange import drop_exchange, put_exchange
from .actions.packages import KIND as PACKAGE
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
from .closing.fee_money import FEE_MONEY, fee_moved, post_fee
from .dispute_cases import forget, heard
from .domain.close import KIND as CLOSE
from .leaving import journal_files
from .selectors.order_prices import order_prices
from .tasks import (
    accept_due,
    close_month,
    daily_reserves,
    import_file,
    look_at_budgets,
    run_dispute_clocks,
    yearly_package,
)

notice_words.register()
register_pricer(order_prices)
register_hook(heard)
register_hook(forget)
register_subject(EXCHANGE, APPROVE, put_exchange, drop_exchange, words="an exchange rate")
register_subject(SUBJECT, APPROVE, put_in_force, set_aside, words="a rate")
register_subject(
    MONTH, APPROVE_BILLS, bills_approved, bills_not_approved, words="the bills of a month"
)
register_subject(
    recovery.REDUCTION_SUBJECT,
    recovery.APPROVE,
    recovery.reduction_decided,
    recovery.reduction_decided,
    words="a reduced price",
)
register_subject(
    recovery.RULE_SUBJECT,
    recovery.APPROVE,
    recovery.rule_decided,
    recovery.rule_decided,
    words="a limit of recovery",
)
register_subject(
    recovery.ENTRY_SUBJECT,
    recovery.APPROVE,
    recovery.entry_decided,
    recovery.entry_decided,
    words="an entry of a service's account",
)
register_subject(
    adjustments.SUBJECT,
    recovery.APPROVE,
    adjustments.adjustment_decided,
    adjustments.adjustment_decided,
    words="a year-end adjustment",
)
register_subject(
    assurance.SUBJECT,
    assurance.APPROVE_ROOM,
    assurance.engagement_decided,
    assurance.engagement_decided,
    words="a data room",
)
register_subject(
    IDLE, APPROVE, policy_approved, policy_not_approved, words="who bears idle capacity"
)
register_subject(
    METHOD, APPROVE, method_approved, method_not_approved, words="how pools give to pools"
)
register_subject(
    DISPOSAL, APPROVE, disposal_approved, disposal_not_approved, words="the disposal of an asset"
)

RESERVES = "charging.test_reserves"
register_subject(CREDIT, APPROVE_CREDITS, credit_approved, words="a credit to an agency")
register_subject(
    DISPUTE, APPROVE_CREDITS, dispute_credited, dispute_not_credited, words="a disputed line"
)
register_amounts(DISPUTE, gettext_noop("credit a disputed line"), {"centre": APPROVE_CREDITS})
register_amounts(CREDIT, gettext_noop("give a credit"), {"centre": APPROVE_CREDITS})
register_subject(REFUND, APPROVE_REFUNDS, refund_approved, nothing_happens, words="a refund")
register_subject(
    RETURN, APPROVE_REFUNDS, return_approved, nothing_happens, words="a returned payment"
)

CLOCKS = "charging.dispute_clocks"
BUDGETS = "charging.look_at_budgets"
register_money(fee_moved)
ACCEPT_DUE = "charging.accept_due"
_FINANCE = [
    "charging.view_costs",
    "charging.import_costs",
    "charging.run_close",
    "charging.propose_rates",
    "charging.view_all_bills",
    "charging.answer_queries",
    "charging.propose_recovery",
    "charging.make_package",
    "charging.open_engagement",
    "charging.propose_credits",
    "charging.disputes_owner",
    "charging.disputes_finance",
    "charging.set_dispute_rules",
    "charging.view_payments",
    "charging.import_payments",
    "charging.settle",
    "charging.issue_budget_figures",
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
        "charging.RateEffect": {"rate_version__state": "approved"},
        "charging.RateVersion": {"state": "approved"},
        "charging.ExchangeRate": {"state": "approved"},
        "charging.PriceReduction": {"state": "approved"},
        "charging.AdjustmentPart": {"state": "approved"},
    },
    refers=("charging.RateVersion", "charging.ExchangeRate"),
    leaves=journal_files,
    jobs={
        CLOSE: close_month,
        IMPORT: import_file,
        RESERVES: daily_reserves,
        BUDGETS: look_at_budgets,
        FEE_MONEY: post_fee,
        PACKAGE: yearly_package,
        CLOCKS: run_dispute_clocks,
        ACCEPT_DUE: accept_due,
    },
    schedules={
        ACCEPT_DUE: "daily 04:20",
        BUDGETS: "daily 06:10",
        RESERVES: "daily 04:10",
        CLOCKS: "daily 05:10",
    },
    work={
        FEE_MONEY: gettext_noop("Post what was paid for a case, or given back"),
        CLOCKS: gettext_noop("Take overdue disputes to the next level"),
        CLOSE: gettext_noop("Close a month"),
        IMPORT: gettext_noop("Import ledger costs"),
        RESERVES: gettext_noop("Test the services' reserves"),
        PACKAGE: gettext_noop("Make the yearly package for auditors"),
        BUDGETS: gettext_noop("Tell agencies what is spent of their budgets"),
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
        "charging.propose_credits": "Propose a credit to an agency",
        "charging.approve_credits": "Approve or reject a credit to an agency",
        "charging.disputes_owner": "Decide disputes as the service's owner",
        "charging.disputes_finance": "Decide disputes as the finance officer",
        "charging.disputes_director": "Decide disputes as the director",
        "charging.disputes_board": "Record what the board decided on disputes",
        "charging.set_dispute_rules": "Set times for disputes and bills, and board meetings",
        "charging.set_tolerances": "Set from when a line is unusual and holds its bill",
        "charging.map_accounts": "Map bill lines to the agency's own account strings",
        "charging.propose_recovery": "Propose year-end adjustments, reduced prices and limits",
        "charging.approve_recovery": "Approve year-end adjustments, reduced prices and limits",
        "charging.make_package": "Make the yearly package for auditors",
        "charging.open_engagement": "Open the data room to an auditor",
        "charging.approve_engagement": "Approve that the data room is opened",
        "charging.read_room": "Read the data room, as far as it is open",
        "charging.sign_review": "Sign the quarterly review of who may do what",
        "charging.sign_forecast": "Sign the agency's forecast volumes",
        "charging.set_rate_rules": "Set notice periods, the freeze and limits of rates",
        "charging.issue_budget_figures": "Issue agencies' budget figures; set their deadlines",
        "charging.manage_budget": "Enter the agency's budgets, deadlines and alerts",
        "charging.publish_money": "Open the agency's page about its money to everybody",
    },
    roles={
        "director": [
            "charging.view_costs",
            "charging.approve_rates",
            "charging.set_rate_rules",
            "charging.approve_bills",
            "charging.approve_credits",
            "charging.approve_refunds",
            "charging.view_payments",
            "charging.view_all_bills",
            "charging.answer_queries",
            "charging.approve_recovery",
            "charging.make_package",
            "charging.approve_engagement",
            "charging.read_room",
            "charging.sign_review",
            "charging.disputes_owner",
            "charging.disputes_finance",
            "charging.disputes_director",
            "charging.disputes_board",
            "charging.set_dispute_rules",
            "charging.set_tolerances",
            "charging.publish_money",
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
        "auditor": [
            "charging.view_costs",
            "charging.view_all_bills",
            "charging.view_payments",
            "charging.make_package",
            "charging.read_room",
            "charging.view_payments",
        ],
        "external_auditor": ["charging.read_room"],
        "agency_finance": [
            "charging.view_bills",
            "charging.accept_bills",
            "charging.query_lines",
            "charging.map_accounts",
            "charging.sign_forecast",
            "charging.publish_money",
            "charging.manage_budget",
        ],
        "agency_approver": [
            "charging.view_bills",
            "charging.accept_bills",
            "charging.sign_forecast",
            "charging.manage_budget",
        ],
        "agency_liaison": ["charging.view_bills", "charging.query_lines"],
    },
)
