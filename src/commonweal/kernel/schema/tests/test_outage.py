"""An outage is told apart from a defect."""

from __future__ import annotations

import errno

import psycopg
import pytest
from django.db import OperationalError

from ..outage import NoRoom, Unavailable, outage_of


def test_a_server_that_does_not_answer() -> None:
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2")
    found = outage_of(refused.value)
    assert isinstance(found, Unavailable)
    assert (found.status, found.code) == (503, "HOUSE-503")


def test_a_connection_that_was_cut() -> None:
    cut = OperationalError("server closed the connection unexpectedly")
    assert isinstance(outage_of(cut), Unavailable)


def test_a_full_disk_wherever_it_is_in_the_chain() -> None:
    outer = RuntimeError("could not write")
    outer.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert isinstance(outage_of(outer), NoRoom)
    assert isinstance(outage_of(psycopg.errors.DiskFull("full")), NoRoom)


def test_everything_else_is_ours() -> None:
    assert outage_of(None) is None
    assert outage_of(ValueError("x")) is None
    assert outage_of(psycopg.errors.DeadlockDetected("x")) is None
