"""What party announces."""

from ..schema.public import Manifest
from .actors import actor_of_account

MANIFEST = Manifest(
    name="party",
    standing=actor_of_account,
    permissions={
        "party.view_people": "See people, roles and memberships of one's agency or of all",
        "party.manage_agencies": "Create and change agencies, bureaus and suppliers",
        "party.manage_people": "Create people, give and end any role",
        "party.manage_own_people": "Give and end roles inside one's own agency",
        "party.put_public_face": "Say how citizens reach one's own agency, and its privacy notice",
        "party.delegate": "Lend one's own role to somebody for a time",
        "party.set_centre": "Change the centre's name, zone, currency and contact",
    },
    roles={
        "administrator": [
            "party.view_people",
            "party.manage_agencies",
            "party.manage_people",
            "party.delegate",
            "party.set_centre",
        ],
        "director": ["party.view_people", "party.delegate"],
        "finance_officer": ["party.view_people", "party.delegate"],
        "service_owner": ["party.view_people", "party.delegate"],
        "auditor": ["party.view_people"],
        "agency_liaison": [
            "party.view_people",
            "party.manage_own_people",
            "party.put_public_face",
            "party.delegate",
        ],
        "agency_finance": ["party.view_people", "party.put_public_face", "party.delegate"],
        "agency_approver": ["party.view_people", "party.delegate"],
    },
)
