"""What the ledger announces."""

from ..schema.public import Manifest

_READ = ["ledger.view"]

MANIFEST = Manifest(
    name="ledger",
    permissions={
        "ledger.view": "Read journals, balances and exports of the books",
        "ledger.manage_chart": "Add accounts and funds to the books",
        "ledger.post": "Post journals and reversals",
        "ledger.close_period": "Open and close periods of the books",
        "ledger.reopen_period": "Reopen a closed period, with a reason",
    },
    roles={
        "finance_officer": [
            "ledger.view",
            "ledger.manage_chart",
            "ledger.post",
            "ledger.close_period",
        ],
        "director": ["ledger.view", "ledger.reopen_period"],
        "service_owner": _READ,
        "auditor": _READ,
        "agency_finance": _READ,
        "agency_approver": _READ,
    },
)
