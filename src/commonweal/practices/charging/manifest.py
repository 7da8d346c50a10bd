"""What charging announces."""

from django.utils.translation import gettext_noop

from commonweal.kernel.authority.public import register_subject
from commonweal.kernel.schema.domain import Manifest

from . import notice_words
from .actions.approval import bills_approved, bills_not_approved
from .actions.cost_files import KIND as IMPORT
from .actions.exchange import SUBJECT as EXCHANGE
from .actions.exchange import drop_exchange, put_exchange
from .actions.rates import APPROVE, SUBJECT, put_in_force, set_aside
from .closing.approval import APPROVE as APPROVE_BILLS
from .closing.approval import SUBJECT as MONTH
from .domain.close import KIND as CLOSE
from .leaving import journal_files
from .tasks import close_month, import_file

notice_words.register()
register_subject(EXCHANGE, APPROVE, put_exchange, drop_exchange, words="an exchange rate")
register_subject(SUBJECT, APPROVE, put_in_force, set_aside, words="a rate")
register_subject(
    MONTH, APPROVE_BILLS, bills_approved, bills_not_approved, words="the bills of a month"
)

_FINANCE = [
    "charging.view_costs",
    "charging.import_costs",
    "charging.run_close",
    "charging.propose_rates",
    "charging.view_all_bills",
    "charging.answer_queries",
]
MANIFEST = Manifest(
    name="charging",
    shown={
        "charging.Bill": {"state": "issued"},
        "charging.BillLine": {"bill__state": "issued"},
        "charging.LineFunding": {"line__bill__state": "issued"},
        "charging.LineQuery": {"line__bill__state": "issued"},
        "charging.RateVersion": {"state": "approved"},
        "charging.ExchangeRate": {"state": "approved"},
    },
    refers=("charging.RateVersion", "charging.ExchangeRate"),
    leaves=journal_files,
    jobs={CLOSE: close_month, IMPORT: import_file},
    work={
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
        "charging.map_accounts": "Map bill lines to the agency's own account strings",
        "charging.sign_forecast": "Sign the agency's forecast volumes",
    },
    roles={
        "director": [
            "charging.view_costs",
            "charging.approve_rates",
            "charging.approve_bills",
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
