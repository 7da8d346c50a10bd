"""The scene: a phone, no JavaScript, an agency's finance officer and October's bill."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from commonweal.interfaces.web.agency.tests.world import SEPTEMBER
from commonweal.practices.charging import public as charging

from .conftest import Site

pytestmark = [pytest.mark.browser]


def follow(page: Any, name: str) -> str:
    """Tap a link of the page's main part by the name that a person hears or reads."""
    page.locator("main").get_by_role("link", name=name).first.click()
    return text_of(page)


def text_of(page: Any) -> str:
    """What the main part says."""
    return " ".join(page.locator("main").inner_text().split())


def money(site: Site, minor: int) -> str:
    return charging.Words("USD").money(minor)


def test_the_first_page_answers_and_three_taps_lead_to_cases_rate_and_decision(
    site: Site, phone: Any
) -> None:
    bill, before = site.world.bill(), site.world.bill(period=SEPTEMBER)
    rise = bill.total_minor - before.total_minor
    site.sign_in(phone, "parks")
    first = text_of(phone)
    total, more = money(site, bill.total_minor), money(site, rise)
    assert first.startswith(f"Your October bill is {total}, {more} more than September.")
    assert "Most of the rise is 312 more help-desk cases." in first

    why = follow(phone, "why? Most of the rise is 312 more help-desk cases.")
    assert "312 more help-desk cases than in September 2026 (1,204 then)" in why
    assert "1,516 help-desk cases × $" in why
    assert "Director, " in why

    cases = follow(phone, "See where the difference comes from")
    assert "Field offices" in cases
    assert "302" in cases
    assert "120 usage records" in cases

    phone.go_back()
    decision = follow(phone, "See the decision")
    assert "Who decided it" in decision
    assert "How it is worked out" in decision
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375


def test_the_bill_is_checked_on_a_plain_computer_and_a_changed_digit_is_named(
    site: Site, phone: Any, tmp_path: Path
) -> None:
    site.sign_in(phone, "parks")
    said = follow(phone, "Open the October 2026 bill")
    assert "Check this bill yourself" in said
    pack = downloaded(phone, "-proof.zip", tmp_path)
    downloaded(phone, "check_bill.py", tmp_path)
    command = phone.locator("pre").last.inner_text().split("\n")[-1].split()
    assert command[:3] == ["python3", "check_bill.py", pack.name]

    honest = checked(tmp_path, command[2:])
    assert honest.returncode == 0, honest.stderr
    assert "it fits" in honest.stdout

    altered, record = with_one_digit_changed(pack)
    found = checked(tmp_path, [altered.name, *command[3:]])
    assert found.returncode == 1
    assert "usage.csv" in found.stdout + found.stderr
    anyway = checked(tmp_path, [altered.name, "--ignore-hashes"])
    assert anyway.returncode == 1
    assert record in anyway.stdout + anyway.stderr


def downloaded(page: Any, name: str, folder: Path) -> Path:
    """A file, by tapping its link."""
    with page.expect_download() as waiting:
        page.locator("#check ~ div").get_by_role("link", name=name).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def checked(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """The verifier under a Python without any package, in a folder with nothing of ours."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "check_bill.py", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""},
    )  # fmt: skip


def with_one_digit_changed(pack: Path) -> tuple[Path, str]:
    """A copy of the pack in which one usage record's quantity has one other digit; its id."""
    with zipfile.ZipFile(pack) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    rows = list(csv.DictReader(io.StringIO(files["usage.csv"], newline="")))
    row = rows[7]
    first = row["quantity"][0]
    row["quantity"] = str(int(first) % 9 + 1) + row["quantity"][1:]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files["usage.csv"] = out.getvalue()
    altered = pack.with_name("altered.zip")
    with zipfile.ZipFile(altered, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return altered, row["id"]


def test_the_directors_first_page_answers_five_questions(site: Site, phone: Any) -> None:
    bills = [site.world.bill(code) for code in site.world.agencies]
    before = [site.world.bill(code, SEPTEMBER) for code in site.world.agencies]
    total = sum(bill.total_minor for bill in bills)
    rise = money(site, total - sum(bill.total_minor for bill in before))
    site.sign_in(phone, "director")
    said = text_of(phone)
    assert said.startswith(
        f"October 2026: {money(site, total)} charged to 2 agencies, {rise} more than September."
    )
    assert "IT help desk did not recover its cost." in said
    for question in (
        "What is late", "Charged in October 2026, by agency", "Recovered in October 2026",
        "Disputed and asked", "To be decided by you",
    ):  # fmt: skip
        assert question in said, question
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    why = follow(phone, "why? Water Board")
    water = money(site, site.world.bill("WATER").total_minor)
    assert why.startswith(f"The October bill of Water Board is {water}, ")
