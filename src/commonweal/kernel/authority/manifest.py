"""What authority announces."""

from ..schema.public import Manifest
from .actions import put_limit, put_second_approver
from .actions.rights import NAME_SECOND, SET_LIMITS
from .domain import LIMIT, SECOND
from .registry import register_subject

register_subject(LIMIT, SET_LIMITS, put_limit, words="an amount limit")
register_subject(SECOND, NAME_SECOND, put_second_approver, words="a second approver")

_BOTH = [SET_LIMITS, NAME_SECOND]
MANIFEST = Manifest(
    name="authority",
    permissions={
        SET_LIMITS: "Propose and approve up to which amount a role may decide",
        NAME_SECOND: "Propose and approve an agency's second approver",
    },
    roles={
        "director": _BOTH,
        "administrator": _BOTH,
        "agency_liaison": [NAME_SECOND],
        "agency_finance": _BOTH,
        "agency_approver": _BOTH,
    },
)
