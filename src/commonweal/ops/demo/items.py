"""The demo's charge items: each with its published price, and how much of it an agency uses.

`first` is the price of the demo's first fiscal year, `later` of the following ones where the same
provider published another; the others hold. Volumes are per head and month.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from . import cards
from .cards import Price


@dataclass(frozen=True)
class Volume:
    """How many units a person of an agency uses in a month, and where that comes from."""

    monthly: Decimal
    source: str = cards.ASSUMED


@dataclass(frozen=True)
class ItemSeed:
    """A charge item: price, volume (`each` agency uses some whatever its size), in how many usage
    records, and the tiers of a month from a quantity on if it is graduated."""

    code: str
    name: str
    unit: str
    one: str
    many: str
    first: Price
    volume: Volume
    records: int = 1
    later: Price | None = None
    each: Decimal = Decimal(0)
    whole: bool = True
    tiers: tuple[tuple[str, Price], ...] = ()
    flat: bool = False
    about: str = ""

    @property
    def service(self) -> str:
        """The code of its service."""
        return self.code.partition(".")[0]

    @property
    def price(self) -> Decimal:
        """What one unit costs in the first fiscal year."""
        return self.first.amount

    @property
    def description(self) -> str:
        """What the catalogue says, with the card that the price comes from."""
        about = self.about or f"{self.name}, counted for each {self.one}."
        return f"{about} Price after {self.first.card.provider}."

    def price_in(self, number: int) -> Price:
        """The price of the demo's fiscal year of that number, from 0."""
        return self.later if number and self.later else self.first

    def note(self, number: int) -> str:
        """The source note of that price, with what its tiers rest on."""
        steps = [f" From {low} a month on: {price.said}" for low, price in self.tiers]
        return f"The published price: {self.price_in(number).said}{''.join(steps)}"


def per_head(monthly: str) -> Volume:
    """An assumed use of one person in a month."""
    return Volume(Decimal(monthly))


def nssc(count: int, words: str) -> Volume:
    """A yearly count of NASA's Shared Services Center for a post and month."""
    monthly = Decimal(count) / cards.NSSC_POSTS / 12
    return Volume(
        monthly.quantize(Decimal("0.0001")), cards.NSSC.format(count=f"{count:,} {words}")
    )


FLAT = per_head("0")

PAYROLL = (
    ItemSeed(
        "payroll.payslip", "Payslips", "C62", "payslip", "payslips",
        Price(cards.EPAYROLL, "average of an employee's pay", "77", "${} a year",
              over=24, because="÷ 24 payslips a year"),
        Volume(Decimal(2), cards.SEMI_MONTHLY), 4,
    ),
    ItemSeed(
        "payroll.deduction-electronic", "Payroll deductions, electronic", "C62", "deduction",
        "deductions", Price(cards.CA, "deduction, electronic", "0.51", "${} each"),
        per_head("1.4"), 2,
    ),
    ItemSeed(
        "payroll.deduction-paper", "Payroll deductions on paper", "C62", "paper deduction",
        "paper deductions", Price(cards.CA, "deduction, paper", "0.91", "${} each"),
        per_head("0.06"),
    ),
    ItemSeed(
        "payroll.off-cycle", "Off-cycle payments", "C62", "off-cycle payment",
        "off-cycle payments", Price(cards.INDIANA, "off-cycle payment", "55.00", "${} each"),
        per_head("0.012"), 2,
    ),
    ItemSeed(
        "payroll.garnishment", "Wage garnishments", "C62", "garnishment", "garnishments",
        Price(cards.RIVERSIDE, "earnings withholding order", "1.50", "${} each"),
        per_head("0.14"),
    ),
)  # fmt: skip

ACCOUNTING = (
    ItemSeed(
        "accounting.payment", "Supplier invoices paid", "C62", "supplier invoice",
        "supplier invoices", Price(cards.RIVERSIDE, "district warrant", "6.10", "${} each"),
        nssc(89_812, "invoices"), 4,
    ),
    ItemSeed(
        "accounting.journal-line", "Journal lines posted", "C62", "journal line", "journal lines",
        Price(cards.RIVERSIDE, "journal voucher line", "0.17", "${} a line"),
        nssc(2 * 179_333, "journal lines, two for each payment and receipt"), 2,
    ),
    ItemSeed(
        "accounting.express-payment", "Same-day payments", "C62", "same-day payment",
        "same-day payments", Price(cards.MISSOURI, "express check", "100.00", "${} a request"),
        per_head("0.003"),
    ),
    ItemSeed(
        "accounting.accountant-hour", "Accountants' hours", "HUR", "accountant's hour",
        "accountants' hours", Price(cards.SAN_BERNARDINO, "general accounting", "129.00",
        "${} an hour"), per_head("0.009"), 2, whole=False,
    ),
)  # fmt: skip

PROCUREMENT = (
    ItemSeed(
        "procurement.membership", "Purchasing membership", "MON", "month", "months",
        Price(cards.OREGON_MEMBERS, "member with a budget above $150 million", "5000", "${} a year",
              over=12, because="÷ 12 months"),
        FLAT, 0, flat=True,
    ),
    ItemSeed(
        "procurement.contract-spend", "Bought through central contracts", "C62",
        "thousand dollars bought", "thousand dollars bought",
        Price(cards.OREGON_AGREEMENTS, "lowest administrative fee", "0.5",
              "{} percent of what is bought",
              times=10, because="× 10 for a thousand dollars"),
        per_head("0.9"), 2, whole=False,
    ),
    ItemSeed(
        "procurement.project-oversight", "Large-project oversight", "MON",
        "half million of project for a month", "half millions of project for a month",
        Price(cards.ND19, "each $500,000 of project cost", "2500", "${} a year",
              over=12, because="÷ 12 months"),
        per_head("0.004"), 1,
        later=Price(cards.ND25, "each $500,000 of project cost", "3000", "${} a year",
                    over=12, because="÷ 12 months"),
    ),
    ItemSeed(
        "procurement.buyer-hour", "Buyers' hours", "HUR", "buyer's hour", "buyers' hours",
        Price(cards.UTAH_NETWORK22, "consulting, tier 2 B", "87.44", "${} an hour"),
        per_head("0.035"), 2, whole=False,
        later=Price(cards.UTAH_NETWORK24, "consulting, tier 2", "94.70", "${} an hour"),
        about="Hours of buyers and contract officers, in tenths. No card for buyers was found: "
        "the hour of a consultant stands in.",
    ),
)  # fmt: skip

CITIZEN = (
    ItemSeed(
        "citizen.call", "Enquiries answered by phone", "C62", "call", "calls",
        Price(cards.PENN_RECORDS, "look-up and telephone information", "2.97", "${} each"),
        per_head("0.55"), 4,
    ),
    ItemSeed(
        "citizen.record-request", "Records requests answered", "C62", "records request",
        "records requests",
        Price(cards.PENN_RECORDS, "retrieve, photocopy and refile", "3.48", "${} a file"),
        per_head("0.21"), 3,
    ),
    ItemSeed(
        "citizen.counter-visit", "Counter visits", "C62", "counter visit",
        "counter visits", Price(cards.SANTA_CRUZ, "LiveScan service", "30.00", "${} an applicant"),
        per_head("0.09"), 2,
        about="Visits to the counter, whose fingerprints are taken for a background check.",
    ),
    ItemSeed(
        "citizen.interpreter-minute", "Telephone interpreting", "MIN", "interpreter's minute",
        "interpreter's minutes",
        Price(cards.MISSOURI_COURTS, "Spanish, lowest contract", "0.55", "${} a minute"),
        per_head("0.9"), 2, whole=False,
    ),
    ItemSeed(
        "citizen.toll-free-minute", "Toll-free minutes", "MIN", "toll-free minute",
        "toll-free minutes",
        Price(cards.UTAH_TOLL_FREE, "toll-free service", "0.036", "${} a minute"),
        per_head("2.4"), 2, whole=False,
    ),
    ItemSeed(
        "citizen.mail-stop", "Mail stop", "MON", "month", "months",
        Price(cards.SANTA_CRUZ, "mail stop, tier 1", "96.00", "${} a month"),
        FLAT, 0, flat=True,
    ),
)  # fmt: skip

HELPDESK = (
    ItemSeed(
        "helpdesk.case", "Help-desk cases", "C62", "help-desk case", "help-desk cases",
        Price(cards.UTAH_NETWORK22, "consulting, tier 1 B", "72.02", "${} an hour",
              over=3, because="÷ 3: a case takes 20 minutes"),
        per_head("0.62"), 6,
        tiers=(
            ("1000", Price(cards.UTAH_NETWORK22, "consulting, tier 1 A", "61.89", "${} an hour",
                           over=3, because="÷ 3: a case takes 20 minutes")),
        ),
    ),
    ItemSeed(
        "helpdesk.desktop", "Desktop bundles", "MON", "desktop for a month",
        "desktops for a month", Price(cards.MN, "desktop bundle", "58.30", "${} a month"),
        per_head("0.44"),
    ),
    ItemSeed(
        "helpdesk.laptop", "Laptop bundles", "MON", "laptop for a month", "laptops for a month",
        Price(cards.MN, "laptop bundle", "78.70", "${} a month"), per_head("0.41"),
    ),
    ItemSeed(
        "helpdesk.mailbox", "Mailboxes", "MON", "mailbox for a month", "mailboxes for a month",
        Price(cards.LOUISIANA, "mailbox", "4.00", "${} a month"), per_head("1.03"),
    ),
    ItemSeed(
        "helpdesk.engineer-hour", "Engineers' hours on site", "HUR", "engineer's hour",
        "engineers' hours",
        Price(cards.IDAHO19, "technical support services", "100.00", "${} an hour"),
        per_head("0.011"), 2, whole=False,
    ),
)  # fmt: skip

HOSTING = (
    ItemSeed(
        "hosting.virtual-server", "Virtual servers", "MON", "virtual server for a month",
        "virtual servers for a month",
        Price(cards.OHIO_STATE, "basic virtual server", "110.00", "${} a month"),
        per_head("0.04"), 2, each=Decimal(1),
    ),
    ItemSeed(
        "hosting.storage", "Storage", "E34", "gigabyte for a day", "gigabytes for a day",
        Price(cards.IDAHO19, "open system storage", "0.13134", "${} a gigabyte and day"),
        per_head("38"), 4, whole=False,
        later=Price(cards.IDAHO_LATER, "open system storage", "0.10684", "${} a gigabyte and day"),
    ),
    ItemSeed(
        "hosting.backup", "Backup storage", "E34", "gigabyte-month of backup",
        "gigabyte-months of backup",
        Price(cards.UTAH_BACKUP, "backup and archive storage", "0.1296", "${} a gigabyte-month"),
        per_head("16"), 2, whole=False,
    ),
    ItemSeed(
        "hosting.rack-unit", "Rack space", "MON", "rack unit for a month",
        "rack units for a month",
        Price(cards.IDAHO19, "server housing, a rack unit", "12.85", "${} a month"),
        per_head("0.008"), each=Decimal(2),
    ),
    ItemSeed(
        "hosting.network-device", "Devices on the network", "MON", "device for a month",
        "devices for a month",
        Price(cards.UTAH_NETWORK22, "network services", "55.51", "${} a device and month"),
        per_head("0.93"),
        later=Price(cards.UTAH_NETWORK24, "network services", "55.63", "${} a device and month"),
    ),
    ItemSeed(
        "hosting.voice-line", "Voice lines", "MON", "voice line for a month",
        "voice lines for a month",
        Price(cards.UTAH_VOICE20, "voice, universal rate", "32.86", "${} a user and month"),
        per_head("0.71"),
        later=Price(cards.UTAH_VOICE22, "voice over IP", "30.05", "${} a line and month"),
    ),
    ItemSeed(
        "hosting.long-distance", "Long-distance minutes", "MIN", "long-distance minute",
        "long-distance minutes",
        Price(cards.UTAH_RATES23, "long distance", "0.0602", "${} a minute"),
        per_head("6.2"), 3, whole=False,
    ),
    ItemSeed(
        "hosting.developer-hour", "Developers' hours", "HUR", "developer's hour",
        "developers' hours",
        Price(cards.NEBRASKA15, "applications developer", "64.25", "${} an hour"),
        per_head("0.05"), 3, whole=False,
        later=Price(cards.NEBRASKA16, "applications developer", "66.00", "${} an hour"),
    ),
)  # fmt: skip

ITEMS = (*PAYROLL, *ACCOUNTING, *PROCUREMENT, *CITIZEN, *HELPDESK, *HOSTING)
