"""Sample data for the gallery: every component and chart, with the extremes that break pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.words.public import money, month, percent, period

from .charts import Edge, Node, Point
from .page import Item, Link, Page, Problem, Stat, Step, col

LONGEST = "Department of Environmental Protection and Natural Resources"
EXTREME = -123_456_789
_BILLS = [
    (LONGEST, "2026-1042", 18_421_033, 640_210, "watch", "Due in 3 days"),
    ("Library Commission", "2026-1043", 310_455, -12_090, "good", "Paid"),
    ("State Police", "2026-1044", EXTREME, EXTREME, "bad", "Disputed"),
    ("Tourism Board", "2026-1045", None, None, "unknown", "Cannot be determined"),
]
_YEAR = [
    15_210,
    15_460,
    15_930,
    15_120,
    14_880,
    15_310,
    16_020,
    16_450,
    15_900,
    16_800,
    17_240,
    17_778,
    18_421,
]


def _months(values: list[int | None]) -> list[Point]:
    first = FiscalPeriod(2025, 10)
    return [
        Point(month(first.shift(i)), v, money(v * 1000) if v is not None else "")
        for i, v in enumerate(values)
    ]


def _charts() -> dict[str, Any]:
    bills = _months([*_YEAR])
    gap = _months([*_YEAR[:6], None, -4_300, *_YEAR[8:]])
    bills[-1] = Point(bills[-1].label, bills[-1].value, bills[-1].text, mark=True)
    met = [Fraction(n, 1000) for n in (981, 979, 984, 990, 972, 948, 965, 981, 988, 991)]
    service: list[Point] = [
        Point(month(FiscalPeriod(2026, i + 1)), v, percent(v)) for i, v in enumerate(met)
    ]
    service[3] = Point(service[3].label, None)
    services = [
        Point("Help desk", 6_842_010, money(6_842_010), href="#help-desk"),
        Point("Payroll", 4_936_400, money(4_936_400)),
        Point("Hosting", 4_102_623, money(4_102_623)),
        Point(LONGEST + ", special projects", 2_664_000, money(2_664_000), mark=True),
        Point("Credits", -124_000, money(-124_000)),
        Point("Network", None),
    ]
    changes = [
        Point("312 more help-desk cases", 507_000, money(507_000)),
        Point("New rate for hosting from 1 October", 161_210, money(161_210)),
        Point("41 fewer payslips", -28_000, money(-28_000)),
    ]
    return {
        "bills": bills,
        "gap": gap,
        "service": service,
        "target": Fraction(97, 100),
        "band": (Fraction(96, 100), Fraction(995, 1000)),
        "services": services,
        "start": Point("September bill", 17_780_823, money(17_780_823)),
        "changes": changes,
        "end": Point("October bill", 18_421_033, money(18_421_033)),
        "stages": ["Costs", "Pools", "Services", "Agencies"],
        "nodes": _nodes(),
        "edges": _edges(),
    }


def _nodes() -> list[Node]:
    rows = [
        ("sal", 0, "Salaries", 620), ("lic", 0, "Software licences", 240),
        ("dc", 0, "Data centre lease", 140), ("desk", 1, "Support staff", 480),
        ("plat", 1, "Platforms", 360), ("over", 1, "Administration", 160),
        ("hd", 2, "Help desk", 560), ("host", 2, "Hosting and network", 440),
        ("env", 3, LONGEST, 450), ("lib", 3, "Library Commission", 90), ("pol", 3, "Police", 460),
    ]  # fmt: skip
    return [Node(k, s, label, v, money(v * 100_000)) for k, s, label, v in rows]


def _edges() -> list[Edge]:
    rows = [
        ("sal", "desk", 430), ("sal", "over", 110), ("sal", "plat", 80), ("lic", "plat", 190),
        ("lic", "desk", 50), ("dc", "plat", 90), ("dc", "over", 50), ("desk", "hd", 480),
        ("plat", "host", 360), ("over", "hd", 80), ("over", "host", 80), ("hd", "env", 260),
        ("hd", "lib", 60), ("hd", "pol", 240), ("host", "env", 190), ("host", "lib", 30),
        ("host", "pol", 220),
    ]  # fmt: skip
    return [Edge(a, b, v, money(v * 100_000)) for a, b, v in rows]


def _tables() -> dict[str, Any]:
    columns = [
        col("agency", "Agency", sort_href="?sort=agency"),
        col("number", "Bill", nowrap=True),
        col("total", "Total (USD)", "amount", sort_href="?sort=-total", sorted="descending"),
        col("change", "Since September (USD)", "amount"),
        col("state", "State"),
        col("actions", ""),
    ]
    keys = ("agency", "number", "total", "change", "status", "words")
    rows = [dict(zip(keys, row, strict=True)) | {"state": "", "actions": ""} for row in _BILLS]
    usage = [
        {
            "item": "Payslip",
            "quantity": Decimal("1204.000000"),
            "rate": Decimal("4.1"),
            "amount": 493_640,
        },
        {
            "item": "Virtual machine, hour",
            "quantity": Decimal("88123.5"),
            "rate": Decimal("0.012500000"),
            "amount": 110_154,
        },
    ]
    return {
        "columns": columns,
        "rows": rows,
        "total": {"total": -104_725_301, "change": EXTREME + 628_120},
        "usage_columns": [
            col("item", "Charge item"), col("quantity", "Quantity", "quantity"),
            col("rate", "Rate (USD)", "rate"), col("amount", "Amount (USD)", "amount"),
        ],
        "usage": usage,
    }  # fmt: skip


def _lists() -> dict[str, Any]:
    return {
        "steps": [
            Step("Freeze usage", "done", "14:02", "61,204 usage records from 7 sources."),
            Step("Name missing sources", "done", "14:03"),
            Step("Rate usage", "doing", "14:05", "41,000 of 61,204 records; about 2 minutes left."),
            Step("Prove by the second path", "waiting"),
            Step("Draft bills", "stopped", "", "Stopped by you. Resume when you are ready."),
            Step("Send notices", "failed", "14:09",
                 "The mail server refused 2 of 14 notices. Send them again. (NOTICES-203)"),
        ],
        "summary": [
            Item("Agency", LONGEST, "#change", "Change"),
            Item("Order line", "OL-2026-0042-03"),
            Item("Funding source", "General fund 0100, 60 %; Federal grant 4411, 40 %", "#fund"),
        ],
        "inputs": [
            Item("Usage records", "1,204 payslips", "#records", "Show them"),
            Item("Rate", "$4.10 a payslip from 1 July 2026", "#rate", "How it was made"),
            Item("Decided by", "Rates board, 12 May 2026, resolution 2026-07"),
        ],
        "further": [Link("The 1,204 usage records", "#r"), Link("How the rate was made", "#m")],
        "errors": [
            Problem("Enter the period the costs belong to.", "period"),
            Problem("Row 12: quantity is empty. Enter a number, or remove the row.", "file",
                    "USAGE-104"),
        ],
        "tabs": [Link("Lines", "#l", True), Link("Usage records", "#u"), Link("Journal", "#j")],
        "crumbs": [Link("Bills", "#b"), Link("October 2026", "#o"), Link("2026-1042", "")],
        "chips": [Link("Agency: Library Commission", "#x"), Link("Disputed", "#y")],
        "downloads": [Link("Bill (PDF, 84 kB)", "#p"), Link("Lines (CSV, 12 kB)", "#c")],
    }  # fmt: skip


def gallery_context() -> dict[str, Any]:
    """Everything `look/gallery.jinja` shows; the figures are made up."""
    moment = datetime(2026, 11, 3, 19, 5, tzinfo=UTC)
    charts = _charts()
    stats = [
        Stat("Charged in October", money(214_880_190_00), "98.2% of the plan", "#charged", "good"),
        Stat("Late", "3 bills", "Oldest 41 days", "#late", "bad", why="#why-late"),
        Stat("Disputed", money(EXTREME), "1 bill", "#disputed", "watch"),
        Stat("Not recovered", "–", "Costs not yet in", "", "unknown"),
    ]
    page = Page(
        centre="State of Meridian Shared Services",
        on_behalf=LONGEST,
        period=period("2026-10"),
        nav=(
            Link("Overview", "#overview"),
            Link("Billing", "#close", True,
                 (Link("Close", "#close", True), Link("Bills", "#bills"))),
            Link("Costs and rates", "#costs", False,
                 (Link("Costs", "#costs"), Link("Rate desk", "#rates"))),
            Link("Agreements", "#agree"), Link("Usage intake", "#intake"),
            Link("People", "#people"), Link("Audit", "#audit"),
        ),
        person="Maria Okonkwo",
        account_href="#account",
        sign_out_href="#out",
        help_href="#help",
        contact="billing@meridian.example",
        contact_href="mailto:billing@meridian.example",
        language="en-us",
        languages=(("en-us", "English (US)"), ("es", "Español")),
        footer=(Link("Accessibility", "#a11y"), Link("Open data", "#data")),
        notice="Demonstration: every agency and person here is invented.",
    )  # fmt: skip
    return {
        "page": page,
        "charts": charts,
        "stats": stats,
        "longest": LONGEST,
        "extreme": EXTREME,
        "when": moment,
        "took": timedelta(minutes=3, seconds=20),
        **_tables(),
        **_lists(),
    }
