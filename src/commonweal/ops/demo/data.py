"""Who and what is in the demo centre. Everybody and every figure is invented; prices lean on
published rate cards, named beside each (`source`), rounded where the published unit differs.

Published: [MN] Minnesota IT Services rate card FY2018; [CA] California State Controller, payroll
deduction fees from 16 July 2024; [UT] Utah Division of Technology Services rates FY2022; [ID] Idaho
State Controller, Computer Service Center billing rates FY2019; [ND] North Dakota Information
Technology billing description (hours in six-minute units); [EP] US e-Payroll 2003, average $77 an
employee a year. Without a mark: in the range of comparable centres, no single source.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class ServiceSeed:
    """A service; `weight` is its share of shared costs' drivers in people."""

    code: str
    name: str
    fund: str
    description: str
    contact: str
    people: int


@dataclass(frozen=True)
class ItemSeed:
    """A charge item: published price, how many units a month an agency uses (`per_head` of its
    headcount, or `each` per agency), in how many usage records, its tiers if it is graduated."""

    code: str
    name: str
    unit: str
    one: str
    many: str
    price: Decimal
    per_head: Decimal
    records: int
    each: Decimal = Decimal(0)
    whole: bool = True
    tiers: tuple[tuple[str, str], ...] = ()
    flat: bool = False
    source: str = ""
    description: str = ""

    @property
    def service(self) -> str:
        """The code of its service."""
        return self.code.partition(".")[0]


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
        "Pays employees on time: payslips, deductions, off-cycle payments, year-end statements.",
        "payroll@meridian.example", 58),
    ServiceSeed("accounting", "Accounting", "ACCOUNTING",
        "Pays suppliers, posts receipts, settles travel, keeps each agency's books.",
        "accounting@meridian.example", 44),
    ServiceSeed("procurement", "Procurement", "PROCUREMENT",
        "Buys for agencies: catalogue orders, purchase actions, contracts.",
        "buying@meridian.example", 27),
    ServiceSeed("citizen", "Citizen service", "CITIZEN",
        "Answers the public for agencies by phone, web, letter and at the counter.",
        "citizens@meridian.example", 63),
    ServiceSeed("helpdesk", "IT help desk", "HELPDESK",
        "Solves computer problems, provides desktops, laptops and mailboxes.",
        "helpdesk@meridian.example", 71),
    ServiceSeed("hosting", "Hosting and network", "HOSTING",
        "Runs servers, storage, backup, network ports and telephone lines.",
        "hosting@meridian.example", 49),
)  # fmt: skip


def _item(
    code: str,
    name: str,
    unit: str,
    one: str,
    many: str,
    price: str,
    per_head: str,
    records: int,
    **more: object,
) -> ItemSeed:
    return ItemSeed(code, name, unit, one, many, Decimal(price), Decimal(per_head), records, **more)  # type: ignore[arg-type]


ITEMS = (
    _item(
        "payroll.payslip",
        "Payslips",
        "C62",
        "payslip",
        "payslips",
        "3.20",
        "2.17",
        4,
        source="[EP] $77 an employee a year over 24 payslips",
    ),
    _item(
        "payroll.deduction-electronic",
        "Payroll deductions, electronic",
        "C62",
        "deduction",
        "deductions",
        "0.51",
        "1.4",
        2,
        source="[CA]",
    ),
    _item(
        "payroll.deduction-paper",
        "Payroll deductions on paper",
        "C62",
        "paper deduction",
        "paper deductions",
        "0.91",
        "0.06",
        1,
        source="[CA]",
    ),
    _item(
        "payroll.off-cycle",
        "Off-cycle payments",
        "C62",
        "off-cycle payment",
        "off-cycle payments",
        "18.50",
        "0.012",
        2,
    ),
    _item(
        "payroll.base",
        "Payroll base service",
        "MON",
        "month",
        "months",
        "240.00",
        "0",
        0,
        flat=True,
    ),
    _item(
        "accounting.invoice-electronic",
        "Electronic invoices paid",
        "C62",
        "electronic invoice",
        "electronic invoices",
        "3.15",
        "0.42",
        4,
    ),
    _item(
        "accounting.invoice-paper",
        "Paper invoices paid",
        "C62",
        "paper invoice",
        "paper invoices",
        "7.90",
        "0.11",
        2,
    ),
    _item("accounting.receipt", "Receipts posted", "C62", "receipt", "receipts", "2.20", "0.19", 2),
    _item(
        "accounting.travel-voucher",
        "Travel vouchers settled",
        "C62",
        "travel voucher",
        "travel vouchers",
        "11.40",
        "0.07",
        2,
    ),
    _item(
        "accounting.base",
        "Accounting base service",
        "MON",
        "month",
        "months",
        "480.00",
        "0",
        0,
        flat=True,
    ),
    _item(
        "procurement.purchase-action",
        "Purchase actions",
        "C62",
        "purchase action",
        "purchase actions",
        "64.00",
        "0.016",
        2,
    ),
    _item(
        "procurement.contract",
        "Contracts awarded",
        "C62",
        "contract",
        "contracts",
        "1180.00",
        "0.0004",
        1,
    ),
    _item(
        "procurement.catalogue-order",
        "Catalogue orders",
        "C62",
        "catalogue order",
        "catalogue orders",
        "3.60",
        "0.12",
        2,
    ),
    _item(
        "procurement.buyer-hour",
        "Buyers' hours",
        "HUR",
        "buyer's hour",
        "buyers' hours",
        "92.40",
        "0.01",
        2,
        whole=False,
        source="hours in six-minute units as [ND]",
    ),
    _item("citizen.call", "Calls answered", "C62", "call", "calls", "6.85", "0.55", 4),
    _item(
        "citizen.web-request",
        "Web requests",
        "C62",
        "web request",
        "web requests",
        "1.45",
        "0.48",
        3,
    ),
    _item(
        "citizen.counter-visit",
        "Counter visits",
        "C62",
        "counter visit",
        "counter visits",
        "14.20",
        "0.09",
        2,
    ),
    _item("citizen.letter", "Letters answered", "C62", "letter", "letters", "8.75", "0.05", 1),
    _item(
        "helpdesk.case",
        "Help-desk cases",
        "C62",
        "help-desk case",
        "help-desk cases",
        "23.80",
        "0.62",
        6,
        tiers=(("0", "23.80"), ("1000", "21.50"), ("4000", "19.00")),
    ),
    _item(
        "helpdesk.desktop",
        "Desktop bundles",
        "MON",
        "desktop for a month",
        "desktops for a month",
        "58.30",
        "0.44",
        1,
        source="[MN]",
    ),
    _item(
        "helpdesk.laptop",
        "Laptop bundles",
        "MON",
        "laptop for a month",
        "laptops for a month",
        "78.70",
        "0.41",
        1,
        source="[MN]",
    ),
    _item(
        "helpdesk.mailbox",
        "Mailboxes",
        "MON",
        "mailbox for a month",
        "mailboxes for a month",
        "6.40",
        "1.03",
        1,
    ),
    _item(
        "helpdesk.engineer-hour",
        "Engineers' hours on site",
        "HUR",
        "engineer's hour",
        "engineers' hours",
        "100.00",
        "0.011",
        2,
        whole=False,
        source="[ID] support services",
    ),
    _item(
        "hosting.vcpu-hour",
        "Virtual processor hours",
        "HUR",
        "vCPU-hour",
        "vCPU-hours",
        "0.0312",
        "96",
        8,
        whole=False,
    ),
    _item(
        "hosting.storage",
        "Storage",
        "E34",
        "gigabyte-month",
        "gigabyte-months",
        "0.085",
        "38",
        4,
        whole=False,
        tiers=(("0", "0.085"), ("50000", "0.062"), ("250000", "0.045")),
    ),
    _item(
        "hosting.backup",
        "Backup storage",
        "E34",
        "gigabyte-month of backup",
        "gigabyte-months of backup",
        "0.031",
        "52",
        2,
        whole=False,
    ),
    _item(
        "hosting.rack-unit",
        "Rack space",
        "MON",
        "rack unit for a month",
        "rack units for a month",
        "12.85",
        "0.008",
        1,
        each=Decimal(2),
        source="[ID] per U",
    ),
    _item(
        "hosting.port",
        "Network ports",
        "MON",
        "network port for a month",
        "network ports for a month",
        "7.35",
        "0.93",
        1,
    ),
    _item(
        "hosting.voice-line",
        "Voice lines",
        "MON",
        "voice line for a month",
        "voice lines for a month",
        "12.90",
        "0.71",
        1,
    ),
    _item(
        "hosting.long-distance",
        "Long-distance minutes",
        "MIN",
        "long-distance minute",
        "long-distance minutes",
        "0.0602",
        "6.2",
        3,
        whole=False,
        source="[UT]",
    ),
)

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
    ("facilities", "Buildings and energy", "floor", 1),
    ("security", "Information security", "people", 2),
    ("management", "Management and finance", "people", 3),
)
"""Shared cost pools in step-down order: code, name, driver."""

PEOPLE = (
    ("director", "Dana Whitfield", "director@meridian.example", "director", None),
    ("finance officer", "Frank Osei", "finance@meridian.example", "finance_officer", None),
    ("service owner", "Sofia Lindqvist", "owner@meridian.example", "service_owner", None),
    ("administrator", "Adam Novak", "admin@meridian.example", "administrator", None),
    ("auditor", "Aiko Tanaka", "auditor@meridian.example", "auditor", None),
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
