"""The published rate cards that the demo's prices rest on, and the published counts behind volumes.

A price of a card with an address was read in that document (in public copies of November 2026).
Where the address is missing, the document itself was not read: the figure is taken from secondary
notes about that provider's published card. All were published by governments and public
universities for everybody to read; a price is a fact and carries no licence. The demo's centre is
invented; that it charges other bodies' prices is the demo's choice, not theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Card:
    """A published list of prices: who publishes it, what it is called, of when, and where."""

    provider: str
    document: str
    period: str
    address: str = ""

    @property
    def said(self) -> str:
        """`Minnesota IT Services, rate card, FY2018`."""
        return f"{self.provider}, {self.document}, {self.period}"


@dataclass(frozen=True)
class Price:
    """One line of a card: its words and published amount, and how the demo's unit follows from it.

    The price is published × times ÷ over, rounded to cents where it was scaled; `because` says why.
    """

    card: Card
    line: str
    published: str
    unit: str
    times: int = 1
    over: int = 1
    because: str = ""

    @property
    def amount(self) -> Decimal:
        """The price of one unit of the demo's charge item."""
        exact = Decimal(self.published) * self.times / self.over
        return exact.quantize(Decimal("0.01")) if self.times != self.over else exact

    @property
    def said(self) -> str:
        """The source note that readers see: card, line, published price, and the scaling."""
        amount = f"{Decimal(self.published):,}"
        note = f"{self.card.said}: {self.line}, {self.unit.format(amount)}"
        return f"{note}; {self.because}." if self.because else f"{note}."


MN = Card("Minnesota IT Services", "rate card", "FY2018")
CA = Card("California State Controller", "payroll deduction fees", "from 16 July 2024")
EPAYROLL = Card("US Office of Personnel Management", "e-Payroll baseline of 22 providers", "2003")
ND19 = Card(
    "North Dakota Information Technology", "budget guidelines", "2019-2021",
    "https://www.nd.gov/itd/support/billing/2019-2021-budget-guidelines",
)  # fmt: skip
ND25 = Card(
    "North Dakota Information Technology", "budget guidelines", "2025-2027",
    "https://www.ndit.nd.gov/support/billing/2025-2027-budget-guidelines",
)  # fmt: skip
UTAH_NETWORK22 = Card(
    "Utah Division of Technology Services", "product page Network Services", "FY2022",
    "https://dts.utah.gov/product/network-services",
)  # fmt: skip
UTAH_NETWORK24 = Card(
    "Utah Division of Technology Services", "product page Network Services", "FY2024",
    "https://dts.utah.gov/product/network-services",
)  # fmt: skip
UTAH_VOICE20 = Card(
    "Utah Division of Technology Services", "product page Voice Monthly Service", "FY2020",
    "https://dts.utah.gov/product/voice-monthly-service-basic-telephone-services-urate",
)  # fmt: skip
UTAH_VOICE22 = Card(
    "Utah Division of Technology Services", "product page Voice Monthly Service", "FY2022",
    "https://dts.utah.gov/product/voice-monthly-service-basic-telephone-services-urate",
)  # fmt: skip
UTAH_BACKUP = Card(
    "Utah Division of Technology Services", "product page Enterprise Backups", "FY2019",
    "https://dts.utah.gov/product/enterprise-backups",
)  # fmt: skip
UTAH_TOLL_FREE = Card(
    "Utah Division of Technology Services", "product page Toll-free Service", "FY2017",
    "https://dts.utah.gov/product/toll-free-service-per-minute-advanced-features",
)  # fmt: skip
UTAH_RATES23 = Card(
    "Utah Division of Technology Services", "FY23 rate updates, rate until then", "FY2022",
    "https://dts.utah.gov/news/fy23-dts-rate-updates",
)  # fmt: skip
IDAHO19 = Card(
    "Idaho State Controller", "Computer Service Center billing rates", "FY2019",
    "https://www.sco.idaho.gov/LivePages/csc-billing-rates-and-services.aspx",
)  # fmt: skip
IDAHO_LATER = Card(
    "Idaho State Controller", "Computer Service Center billing rates", "a later list",
    "https://www.sco.idaho.gov/LivePages/csc-billing-rates-and-services.aspx",
)  # fmt: skip
NEBRASKA15 = Card(
    "Nebraska Office of the CIO", "Application Development rates", "FY2015",
    "https://docplayer.net/amp/817494-Application-development.html",
)  # fmt: skip
NEBRASKA16 = Card(
    "Nebraska Office of the CIO", "Application Development rates", "FY2016",
    "https://docplayer.net/amp/817494-Application-development.html",
)  # fmt: skip
LOUISIANA = Card(
    "Louisiana Office of Technology Services", "consolidated email services", "undated",
    "https://doa.la.gov/doa/ots/services-we-provide/email",
)  # fmt: skip
OHIO_STATE = Card(
    "Ohio State University, Office of the CIO", "service catalogue", "Virtual Server Hosting",
    "http://cio.osu.edu/services/view/virtual-server-hosting",
)  # fmt: skip
RIVERSIDE = Card(
    "Riverside County, California", "code § 4.40.010, fees of the auditor-controller", "July 2018",
    "http://riversidecounty-ca.elaws.us/code/coor_title4_ch4.40_sec4.40.010",
)  # fmt: skip
SAN_BERNARDINO = Card(
    "San Bernardino County, California", "code § 16.0203A, fees of the auditor-controller",
    "undated",
    "https://codelibrary.amlegal.com/codes/sanbernardino/latest/sanberncty_ca/0-0-0-151375",
)  # fmt: skip
INDIANA = Card(
    "Indiana University", "payroll procedure 15.0, off-cycle processing fees", "August 2017",
    "https://controller.iu.edu/compliance/fiscal-officer/sops/psop/psop-15-0",
)  # fmt: skip
MISSOURI = Card(
    "University of Missouri", "policy 2:071, off-cycle payments and express checks", "June 2021",
    "https://bppm.missouri.edu/policy/fees-payroll-off-cycle-payments-accounting-express-checks/",
)  # fmt: skip
OREGON_MEMBERS = Card(
    "Oregon Department of Administrative Services", "cooperative procurement, fee schedule 1",
    "undated",
    "https://www.oregon.gov/das/Procurement/Pages/Orcppfee.aspx",
)  # fmt: skip
OREGON_AGREEMENTS = Card(
    "Oregon Department of Administrative Services", "procurement manual, price agreements",
    "undated",
    "https://www.oregon.gov/das/OPM/Pages/price-agreement.aspx",
)  # fmt: skip
MISSOURI_COURTS = Card(
    "Missouri Office of State Courts Administrator", "telephone interpreting contracts", "undated",
    "https://www.courts.mo.gov/page.jsp?id=56426",
)  # fmt: skip
PENN_RECORDS = Card(
    "University of Pennsylvania, Records Center", "rate schedule", "FY2007",
    "https://archives.upenn.edu/records-center/resources/rate-schedules/06-07-jul-dec/",
)  # fmt: skip
SANTA_CRUZ = Card(
    "University of California, Santa Cruz, Mail Services", "rates", "undated",
    "https://www.cms.ucsc.edu/rates/index.html",
)  # fmt: skip

NSSC = (
    "NASA Shared Services Center, service level agreement, appendix A: {count} a year for 17,592 "
    "full-time posts"
)
NSSC_POSTS = 17_592
SEMI_MONTHLY = "Virginia Department of Accounts, payroll bulletin 2015: salaries paid twice a month"
ASSUMED = "assumed: no published count was found for a whole state"

PAYROLL_BUREAU_YEAR = Decimal(2_682_503)
"""Dollars of the Virginia Payroll Service Bureau for FY2019 (budget bill SB 1100, item 258)."""
PAYROLL_BUREAU_POSTS = 28
"""The Bureau's staff; they pay about 25,000 employees (doa.virginia.gov)."""
SALARY_RISE = Decimal("1.035")
"""What a post costs more a year later: Utah's rise for state employees (DTS newsletter, March
2022)."""
