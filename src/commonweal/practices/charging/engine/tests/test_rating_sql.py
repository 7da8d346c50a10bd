"""The money SQL stays in the portable subset, and its change is noticed."""

from __future__ import annotations

import hashlib

import pytest
import sqlglot
from sqlglot import exp

from ..rating_sql import (
    RatingPlan,
    origins_sql,
    price_columns,
    rated_sql,
    self_test_sql,
    totals_sql,
)
from ..version import ENGINE_VERSION

PLAN = RatingPlan(tiers=4)
TEXTS = {
    "origins": origins_sql(PLAN),
    "rated": rated_sql(PLAN),
    "rated one tier": rated_sql(RatingPlan()),
    "totals": totals_sql("usage", PLAN.keys, "quantity"),
}
FUNCTIONS = {
    "Sum", "Count", "RowNumber", "DenseRank", "Coalesce", "Cast", "Floor", "Case", "If", "And",
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_only_exact_arithmetic(text: str) -> None:
    tree = sqlglot.parse_one(text, dialect="duckdb")
    banned = (exp.Div, exp.IntDiv, exp.Mod, exp.Avg, exp.Round)
    assert not list(tree.find_all(*banned))
    assert "/" not in text
    for literal in tree.find_all(exp.Literal):
        assert literal.is_int
    for kind in tree.find_all(exp.DataType):
        assert kind.this in {exp.DataType.Type.DECIMAL, exp.DataType.Type.INT}
    for function in tree.find_all(exp.Func):
        assert (
            type(function).__name__ in FUNCTIONS
            or function.name.lower() == "dense_rank"
            or (type(function).__name__ == "DenseRank")
        ), repr(function)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_other_engines_can_be_given_the_same_text(text: str) -> None:
    for dialect in ("spark", "postgres"):
        assert sqlglot.transpile(text, read="duckdb", write=dialect)[0]


def test_the_version_changes_with_the_text() -> None:
    """If this fails, the same input may give other bytes: raise ENGINE_VERSION, then this hash."""
    whole = "".join(TEXTS.values()) + self_test_sql(1) + repr(price_columns(4))
    digest = hashlib.sha256(whole.encode()).hexdigest()[:16]
    assert (ENGINE_VERSION, digest) == ("commonweal-engine-1", "8e1fcd85a91751cf")
