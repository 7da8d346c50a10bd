"""What is append-only is so for the owner of the tables too."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connections, models

from commonweal.kernel.schema.rights import declared_models


def append_only() -> list[type[models.Model]]:
    """The tables whose rows stay, as their models declare."""
    found = []
    for model in declared_models():
        rights: Any = getattr(model, "rights", None)
        if rights is not None and rights.append_only and not rights.delete:
            found.append(model)
    return found


def test_the_tables_of_the_record_are_among_them() -> None:
    names = {model._meta.db_table for model in append_only()}
    assert names >= {
        "audit_event", "audit_link", "ledger_journal", "ledger_posting", "charging_costline",
        "charging_allocationrun", "charging_allocationedge", "documents_document",
    }  # fmt: skip


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}",
                                       "TRUNCATE {} CASCADE"])  # fmt: skip
def test_their_owner_cannot_change_them(committed_db: str, statement: str) -> None:
    for model in append_only():
        column = model._meta.concrete_fields[-1].column
        with (
            pytest.raises(DatabaseError, match=r"SCHEMA-201|LEDGER-201"),
            connections["owner"].cursor() as cursor,
        ):
            cursor.execute(statement.format(model._meta.db_table, column, column))
    connections["owner"].close()


@pytest.mark.parametrize("statement", [
    "UPDATE ledger_balance SET debit = 0", "DELETE FROM ledger_balance", "TRUNCATE ledger_balance",
    "INSERT INTO ledger_balance SELECT * FROM ledger_balance",
])  # fmt: skip
def test_balances_move_only_with_postings(committed_db: str, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="LEDGER-220"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(statement)
    connections["owner"].close()
