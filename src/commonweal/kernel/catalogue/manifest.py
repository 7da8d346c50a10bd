"""What the catalogue announces."""

from django.utils.translation import gettext_noop

from ..authority.public import register_amounts, register_subject
from ..schema.public import Manifest
from .actions import calendars
from .actions.conversions import APPROVE, SUBJECT, drop_conversion, put_conversion
from .rules import ORDER, SIGN

register_subject(SUBJECT, APPROVE, put_conversion, drop_conversion, words="a unit conversion")
register_subject(
    calendars.SUBJECT,
    calendars.APPROVE,
    calendars.put_calendar,
    calendars.drop_calendar,
    words="opening hours",
)
register_amounts(ORDER, gettext_noop("sign an order"), SIGN)

_READ = ["agreements.view"]

MANIFEST = Manifest(
    name="catalogue",
    shown={
        "catalogue.UnitConversion": {"state": "approved"},
        "catalogue.CalendarVersion": {"state": "accepted"},
    },
    refers=(
        "catalogue.Service",
        "catalogue.ChargeItem",
        "catalogue.Unit",
        "catalogue.UnitConversion",
        "catalogue.WorkingCalendar",
        "catalogue.CalendarVersion",
    ),
    permissions={
        "catalogue.manage": "Create and change services, charge items, bundles and service levels",
        "catalogue.propose_conversion": "Propose how another unit counts in an item's own",
        "catalogue.approve_conversion": "Approve or reject how another unit counts",
        "catalogue.propose_calendar": "Draft and propose opening hours and their holidays",
        "catalogue.approve_calendar": "Accept or reject proposed opening hours",
        "agreements.view": "See agreements, orders and their funding",
        "agreements.propose": "Draft, propose and withdraw agreements, orders and modifications",
        "agreements.sign_centre": "Sign agreements and orders for the centre, and end them",
        "agreements.sign_agency": "Sign agreements and orders for one's agency, and end them",
        "agreements.sign_estimate": "Sign the quantities that one's agency expects to use",
    },
    roles={
        "director": [
            *_READ,
            "catalogue.approve_conversion",
            "catalogue.approve_calendar",
            "agreements.sign_centre",
        ],
        "finance_officer": [
            *_READ,
            "catalogue.manage",
            "catalogue.propose_conversion",
            "agreements.propose",
            "agreements.sign_centre",
        ],
        "service_owner": [
            *_READ,
            "catalogue.manage",
            "catalogue.propose_conversion",
            "catalogue.propose_calendar",
            "agreements.propose",
        ],
        "auditor": _READ,
        "agency_finance": [
            *_READ,
            "agreements.propose",
            "agreements.sign_agency",
            "agreements.sign_estimate",
        ],
        "agency_liaison": [*_READ, "agreements.propose", "agreements.sign_estimate"],
        "agency_approver": [*_READ, "agreements.sign_agency", "agreements.sign_estimate"],
    },
)
