"""What access announces."""

from ..schema.domain import Manifest

MANIFEST = Manifest(
    name="access",
    refers=("access.Role",),
    permissions={
        "access.view_people": "See people, roles and memberships",
        "access.manage_people": "Create and close accounts, give and end roles",
        "access.manage_roles": "Change what a role may do",
        "access.elevate": "Take more permissions for a short, logged time",
        "audit.view": "Read the audit trail",
    },
    roles={
        "administrator": [
            "access.view_people",
            "access.manage_people",
            "access.manage_roles",
            "access.elevate",
            "audit.view",
        ],
        "director": ["access.view_people", "audit.view"],
        "auditor": ["access.view_people", "audit.view"],
        "finance_officer": ["access.view_people", "audit.view"],
        "agency_finance": ["audit.view"],
    },
)
