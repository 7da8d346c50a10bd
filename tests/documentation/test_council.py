"""The how-to on a council's real spending: what its commands say and what they leave behind."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.documentation.pages import ROOT, Page
from tests.documentation.shell import Shell

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging.models import AllocationRun, Bill, BillLine, RateVersion
from commonweal.practices.charging.selectors.costs import imports, reconciliation
from commonweal.practices.charging.selectors.rates import service_positions

PAGE = Page(ROOT / "docs" / "how-to" / "bill-from-council-spending.md")


@pytest.mark.shared_data
@pytest.mark.slow
def test_every_command_of_the_page_does_what_it_says(follow: Callable[[Page], Shell]) -> None:
    told = follow(PAGE).told
    first = next(at for at, said in enumerate(told) if "Not used: “Client”" in said)
    told = told[first:]
    assert "dates          written DD/MM/YYYY" in told[0]
    assert "Not used: “Client”, “Supplier Name”" in told[0]
    assert "3,259 rows read: 3,259 usable, 0 not." in told[1]
    assert "£11,344,005.35, an independent sum" in told[1]
    assert "holds no dates. Which month is this file?" in told[2]
    assert "2014-06    3,836 rows" in told[3]
    pools, allocated, invoice, supplier, autumn = told[5:10]
    bills = told[-1]
    assert re.search(r"unassigned +98 rows +£189,502.71", pools)
    assert "Not allocated, for want of a driver: capital" in allocated
    assert "÷ 2,859 payments = £" in invoice
    assert "÷ 955 suppliers in use = £" in supplier
    assert "3,855 rows read: 3,855 usable" in autumn
    assert bills.count("issued") == 6
    with act_as(SYSTEM):
        _check_books()


def _check_books() -> None:
    """What the page leaves behind: nothing lost on the way from the ledger to the bills."""
    assert [row.rows_rejected for row in imports(SYSTEM)] == [0, 0, 0]
    quarter = AllocationRun.objects.get(label="Quarter 2")
    assert reconciliation(SYSTEM, quarter.pk).agrees
    month = AllocationRun.objects.get(label="2017-10")
    assert reconciliation(SYSTEM, month.pk).agrees
    rates = {row.charge_item.code: row for row in RateVersion.objects.all()}
    assert {row.state for row in rates.values()} == {"approved"}
    assert {row.decided_by_label for row in rates.values()} == {"Director"}
    assert all(row.derivation["run"] == str(quarter.pk) for row in rates.values())
    lines = list(BillLine.objects.all())
    assert len(lines) == 12
    assert all(line.quantity == line.facts for line in lines)
    assert all(bill.state == "issued" for bill in Bill.objects.all())
    positions = service_positions(SYSTEM, periods=["2017-10"])
    assert sum(row.revenue for row in positions) == sum(
        bill.total_minor for bill in Bill.objects.all()
    )
    assert all(row.expense > 0 for row in positions)
