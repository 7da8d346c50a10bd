"""Who is in the demo centre: invented, all of them. What they are charged stands in items.py."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class ServiceSeed:
    """A service: its posts, and what it buys in a year for each person that it serves, in dollars.

    Payroll has the posts of the Virginia bureau for its size (28 for 25,000 employees); the others
    are the demo's own. Nothing here is worked out from a price: see money.py.
    """

    code: str
    name: str
    fund: str
    description: str
    contact: str
    posts: int
    bought: int


@dataclass(frozen=True)
class AgencySeed:
    """An agency: code, name, headcount, and the part of its money that comes from a grant."""

    code: str
    name: str
    size: int
    grant_percent: int = 0


CENTRE = {
    "name": "State of Meridian Shared Services",
    "short_name": "Meridian Shared Services",
    "currency": "USD",
    "zone": "America/Chicago",
    "fiscal_year_start_month": 7,
    "contact_name": "Billing desk",
    "contact_email": "billing@meridian.example",
    "contact_phone": "555-0100",
    "locale": "en-us",
    "is_demo": True,
}

SERVICES = (
    ServiceSeed("payroll", "Payroll", "PAYROLL",
        "Pays employees on time: payslips, deductions, garnishments, off-cycle payments.",
        "payroll@meridian.example", 22, 0),
    ServiceSeed("accounting", "Accounting", "ACCOUNTING",
        "Pays suppliers, posts journals, keeps each agency's books.",
        "accounting@meridian.example", 10, 4),
    ServiceSeed("procurement", "Procurement", "PROCUREMENT",
        "Buys for agencies: central contracts, buyers, oversight of large projects.",
        "buying@meridian.example", 20, 5),
    ServiceSeed("citizen", "Citizen service", "CITIZEN",
        "Answers the public for agencies by phone, by letter and at the counter.",
        "citizens@meridian.example", 13, 5),
    ServiceSeed("helpdesk", "IT help desk", "HELPDESK",
        "Solves computer problems, provides desktops, laptops and mailboxes.",
        "helpdesk@meridian.example", 75, 612),
    ServiceSeed("hosting", "Hosting and network", "HOSTING",
        "Runs servers, storage, backup, the network and telephone lines, and develops programs.",
        "hosting@meridian.example", 62, 660),
)  # fmt: skip


BUNDLE = ("helpdesk.laptop", "Laptop with mailbox", {"helpdesk.mailbox": Decimal(1)})

AGENCIES = (
    AgencySeed("HHS", "Department of Health and Human Services", 5980, 40),
    AgencySeed("DOC", "Department of Corrections", 4210),
    AgencySeed("DOT", "Department of Transportation", 2655, 25),
    AgencySeed("DPS", "Department of Public Safety", 1740, 10),
    AgencySeed("DNR", "Department of Natural Resources", 935, 20),
    AgencySeed("REV", "Department of Revenue", 1240),
    AgencySeed("EDU", "Department of Education", 1120, 30),
    AgencySeed("LWD", "Department of Labor and Workforce Development", 960, 60),
    AgencySeed("AGR", "Department of Agriculture", 640, 15),
    AgencySeed("VET", "Veterans Affairs Commission", 410, 50),
    AgencySeed("TRE", "Office of the State Treasurer", 86),
    AgencySeed("LIB", "State Library and Archives", 44, 10),
    AgencySeed("ART", "Council for the Arts, Humanities and Historic Preservation", 12, 35),
)

SOURCES = (
    ("payroll-engine", "Payroll engine", ("payroll",)),
    ("finance-system", "Finance system", ("accounting", "procurement")),
    ("contact-centre", "Contact centre", ("citizen",)),
    ("service-desk", "Service desk", ("helpdesk",)),
    ("data-centre", "Data centre meters", ("hosting",)),
)

SHARED_POOLS = (
    ("facilities", "Buildings and energy", "floor", 1, 0, 45),
    ("security", "Information security", "machines", 2, 9, 20),
    ("management", "Management and finance", "people", 3, 11, 0),
)
"""Shared cost pools in step-down order: code, name, driver, step, posts, bought for each person."""

PEOPLE = (
    ("director", "Dana Whitfield", "director@meridian.example", "director", None),
    ("finance officer", "Frank Osei", "finance@meridian.example", "finance_officer", None),
    ("service owner", "Sofia Lindqvist", "owner@meridian.example", "service_owner", None),
    ("administrator", "Adam Novak", "admin@meridian.example", "administrator", None),
    ("auditor", "Aiko Tanaka", "auditor@meridian.example", "auditor", None),
    ("help desk agent", "Hana Petrov", "agent@meridian.example", "agent", None),
    ("citizen desk clerk", "Carl Boateng", "clerk@meridian.example", "clerk", None),
    ("agency employee", "Tom Becker", "employee@lwd.example", "agency_employee", "LWD"),
    ("agency finance officer", "Maria Alvarez", "finance@lwd.example", "agency_finance", "LWD"),
    ("agency approver", "Ravi Menon", "approver@lwd.example", "agency_approver", "LWD"),
    ("agency liaison", "Grace Kim", "liaison@lwd.example", "agency_liaison", "LWD"),
    (
        "other agency's finance officer",
        "Owen Price",
        "finance@tre.example",
        "agency_finance",
        "TRE",
    ),
)
"""Label, name, e-mail, role, agency (None: the centre)."""
COLLEAGUES = (
    ("second agent", "Iris Dahl", "agent2@meridian.example", "agent", None),
    ("second clerk", "Nils Aubert", "clerk2@meridian.example", "clerk", None),
)
"""Who works at the desks too, without a login that is shown: found as “agent-2” and “clerk-2”."""
