"""The help desk of casework's tests, with an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commonweal.interfaces.mail.intake import take
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.public import MailReceipt, Origin
from commonweal.kernel.casework.tests.conftest import Desk, desk

from .mails import DESK, KEYS

__all__ = ["desk"]


def with_address(found: Desk) -> None:
    """Give the help desk its address."""
    casework.put_queue(
        actor=found.owner, code="it", name="it queue", team="it", service="it.helpdesk",
        address=DESK, default_type="incident",
    )  # fmt: skip


@pytest.fixture
def keys(settings: Any, tmp_path: Path) -> None:
    """Keys and folders of the tests."""
    settings.MAIL_THREAD_KEYS = KEYS
    settings.DATA_DIR = tmp_path


@pytest.fixture
def post(keys: None, desk: Desk) -> Any:
    """Hands bytes in as a mail server does."""
    with_address(desk)

    def handed(data: bytes, **more: Any) -> MailReceipt:
        return take(data, Origin(**{"mailbox": "smtp", "recipient": DESK, **more}))

    return handed
