"""The job that fetches a mailbox: what it keeps of failures, how it waits, what doctor says."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from commonweal.interfaces.mail import fetching
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.models import Event
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework.public import Mailbox
from commonweal.kernel.jobs.manifests import handlers
from commonweal.ops.doctor import mailbox_finding

NOON = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def fetch(moment: datetime) -> Any:
    with at(moment):
        handlers()["mail.fetch"](actor=SYSTEM, job_id=uuid4(), payload={})
    with act_as(SYSTEM):
        row = Mailbox.objects.first()
    return row and mailbox_finding(
        (row.fetched_at, row.failing_since, row.code, row.next_at), moment
    )


@pytest.fixture
def tried(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A mailbox that answers as it is told to; the list of what happened when it was tried."""
    settings.MAIL_IMAP = "imaps://desk@mail.example/INBOX"
    settings.MAIL_IMAP_PASSWORD_FILE = tmp_path / "imap_password"
    seen: list[str] = []

    def poll(box: Any, secret: str) -> Counter[str]:
        seen.append(secret)
        return Counter(taken=2)

    monkeypatch.setattr(fetching, "poll", poll)
    return seen


def secret(settings: Any) -> None:
    settings.MAIL_IMAP_PASSWORD_FILE.write_text("open")
    os.chmod(settings.MAIL_IMAP_PASSWORD_FILE, 0o600)


def test_without_a_mailbox_nothing_is_done(db: None, settings: Any) -> None:
    settings.MAIL_IMAP = ""
    assert fetch(NOON) is None


def test_failures_wait_longer_each_time_and_end(db: None, settings: Any, tried: list[str]) -> None:
    first = fetch(NOON)
    assert (first.level, first.said) == ("fail", "fails since 2026-10-05 12:00 UTC (MAIL-302)")
    assert "12:01 UTC" in first.remedy
    secret(settings)
    fetch(NOON + timedelta(seconds=30))
    assert tried == []
    settings.MAIL_IMAP_PASSWORD_FILE.unlink()
    fetch(NOON + MINUTE)
    assert "12:03 UTC" in fetch(NOON + MINUTE).remedy
    secret(settings)
    assert fetch(NOON + 2 * MINUTE).level == "fail"
    assert fetch(NOON + 3 * MINUTE).level == "ok"
    assert tried == ["open"]
    with act_as(SYSTEM):
        verbs = list(Event.objects.filter(verb__startswith="casework.mailbox").values_list(
            "verb", flat=True).order_by("id"))  # fmt: skip
    assert verbs == ["casework.mailbox_fails", "casework.mailbox_works"]


def test_an_address_that_is_none_is_said_so(db: None, settings: Any, tried: list[str]) -> None:
    settings.MAIL_IMAP = "ftp://nowhere"
    assert "MAIL-301" in fetch(NOON).said


def test_a_worker_that_sleeps_is_missed() -> None:
    assert mailbox_finding((NOON, None, "", None), NOON + 20 * MINUTE).level == "warn"
    assert mailbox_finding(None, NOON).level == "warn"
    assert mailbox_finding((NOON, None, "", None), NOON + MINUTE).level == "ok"
