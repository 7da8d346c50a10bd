"""A large ledger file from the page: imported by a worker, cancelled, refused, once more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.interfaces.web.centre.tests.test_money_forms import STRANGE, token_in, upload
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.jobs.public import Job, Worker
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.actions import cost_files

PATH = "/centre/costs/imports/new/"
KNOWN = "Period,Cost centre,Category,Account,Reference,Amount\n"
FIELDS = {"column-period": "Period", "column-unit": "Cost centre", "column-category": "Category",
          "column-account": "Account", "column-reference": "Reference", "column-amount": "Amount",
          "basis": "actual", "filename": "costs.csv"}  # fmt: skip


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test needs no four megabytes."""
    monkeypatch.setattr(cost_files, "INLINE_BYTES", 50)


def ledger(amount: str = "5.00", rows: int = 20) -> str:
    """Lines of November."""
    return KNOWN + "".join(
        f"2026-11,helpdesk,Pay,6000,big-{number},{amount}\n" for number in range(rows)
    )


def sent(browser: Client, text: str) -> str:
    """Upload and confirm a file; the address that follows."""
    first = browser.post(PATH, {"file": upload(text), "do": "read", "basis": "actual"})
    page = text_of(first)
    assert "its first rows can be read" in page
    assert "imported in the background" in page
    form = {"token": token_in(first), "do": "import", **FIELDS}
    return str(browser.post(PATH, form, follow=True).redirect_chain[-1][0])


def test_a_large_file_is_imported_by_a_worker(
    own_world: World, browser_of: Callable[[World, str], Client]
) -> None:
    browser = browser_of(own_world, "officer")
    place = sent(browser, ledger())
    waiting = text_of(browser.get(place))
    assert "costs.csv waits for a worker" in waiting
    assert 'hx-trigger="every 3s"' in waiting
    listed = text_of(browser.get("/centre/costs/imports/"))
    assert "Large files that are not imported yet" in listed
    Worker().run(once=True)
    over = browser.get(place, headers={"HX-Request": "true"})
    assert (over.status_code, over.headers["HX-Refresh"]) == (200, "true")
    done = text_of(browser.get(place, follow=True))
    assert "Reconciled" in done
    with act_as(SYSTEM):
        made = charging.CostImport.objects.get(filename="costs.csv")
        assert made.recorded_by == own_world.users["officer"].pk
    assert "not imported yet" not in text_of(browser.get("/centre/costs/imports/"))


def test_questions_are_asked_before_a_worker_begins(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    browser = signed_in("officer")
    asked = browser.post(PATH, {"file": upload(STRANGE), "do": "read", "basis": "actual"})
    assert "Which column is the amount?" in text_of(asked)
    form = {"token": token_in(asked), "filename": "costs.csv", "basis": "actual", "do": "read",
            "column-amount": "How much", "column-date": "When", "column-unit": "Who",
            "date_format": "DD/MM/YYYY", "decimal": ".", "accept_as": "Strange"}  # fmt: skip
    assert "its first rows can be read" in text_of(browser.post(PATH, form))
    taken = text_of(browser.post(PATH, {**form, "do": "import"}, follow=True))
    assert "costs.csv waits for a worker" in taken


def test_it_is_cancelled_and_imported_once_more(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    browser = signed_in("officer")
    place = sent(browser, ledger())
    with act_as(SYSTEM):
        Job.objects.update(state="running", progress_done=8, progress_total=20)
    page = text_of(browser.get(f"{place}?again=1"))
    assert "costs.csv is being imported" in page
    assert "8 of 20 rows." in page
    assert '<meta http-equiv="refresh" content="5">' in page
    stopping = text_of(browser.post(place, {"do": "cancel"}, follow=True))
    assert "Nothing of it is kept." in stopping
    assert 'value="cancel"' not in stopping
    with act_as(SYSTEM):
        Job.objects.update(state="cancelled")
    assert "The import of costs.csv was cancelled" in text_of(browser.get(place))
    assert "Import it once more" not in text_of(signed_in("director").get(place))
    assert "JOBS-104" in text_of(browser.post(place, {"do": "cancel"}), 422)
    again = text_of(browser.post(place, {"do": "resume"}, follow=True))
    assert "costs.csv waits for a worker" in again
    assert "FORM-101" in text_of(browser.post(place, {"do": "dance"}), 422)
    work = text_of(browser.get("/centre/audit/work/"))
    assert "Import ledger costs" in work
    assert f'href="{place}">The file' in work


def test_a_refused_file_names_its_rows(
    own_world: World, browser_of: Callable[[World, str], Client]
) -> None:
    browser = browser_of(own_world, "officer")
    place = sent(browser, ledger("ten"))
    Worker().run(once=True)
    page = text_of(browser.get(place))
    assert "costs.csv was not imported" in page
    assert "Nothing was stored (COSTS-113)" in page
    assert "Rows that cannot be used" in page
    kept = place.rstrip("/").rpartition("/")[2]
    again = browser.get(f"{PATH}?file={kept}")
    assert "Read the file with these columns" in text_of(again)
    read = browser.post(PATH, {"token": token_in(again), "do": "read", **FIELDS})
    assert "its first rows can be read" in text_of(read)
    with act_as(SYSTEM):
        Job.objects.update(last_error="OSError")
    assert "Look at free space" in text_of(browser.get(place))
