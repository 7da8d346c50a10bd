"""What authority announces."""

from ..schema.public import Manifest

MANIFEST = Manifest(
    name="authority",
    permissions={
        "authority.set_limits": "Set up to which amount a role may approve",
        "authority.name_second_approver": "Name an agency's second approver",
    },
    roles={
        "director": ["authority.set_limits", "authority.name_second_approver"],
        "administrator": ["authority.name_second_approver"],
        "agency_liaison": ["authority.name_second_approver"],
        "agency_finance": ["authority.name_second_approver"],
    },
)
