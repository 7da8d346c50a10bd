"""What measures announce."""

from ..schema.public import Manifest
from .actions import EMIT
from .selectors import VIEW

MANIFEST = Manifest(
    name="measures",
    permissions={
        EMIT: "Send facts about performance",
        VIEW: "See facts about performance",
    },
    roles={
        "director": [VIEW],
        "finance_officer": [VIEW],
        "service_owner": [EMIT, VIEW],
        "administrator": [VIEW],
        "auditor": [VIEW],
        "agency_finance": [VIEW],
        "agency_liaison": [VIEW],
        "agency_approver": [VIEW],
    },
)
