"""The money SQL stays in the portable subset, and its change is noticed."""

from __future__ import annotations

import hashlib
import re

import pytest
import sqlglot
from sqlglot import exp

from ..rating_sql import (
    RatingPlan,
    Shape,
    known_sql,
    largest_sql,
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
WIDE = RatingPlan(
    tiers=4,
    dimensions=("channel", "grade"),
    openings="openings",
    shape=Shape(cells=True, blocks=True, peaks=True, pools=True, openings=True),
)
SHAPED = {
    "known": known_sql(WIDE),
    "rated in every shape": rated_sql(WIDE),
    "rated by blocks": rated_sql(RatingPlan(shape=Shape(blocks=True))),
    "rated pool": rated_sql(RatingPlan(shape=Shape(pools=True))),
    "largest": largest_sql("usage", PLAN.keys),
}
FUNCTIONS = {
    "Sum", "Count", "RowNumber", "DenseRank", "Coalesce", "Cast", "Floor", "Case", "If", "And",
    "Max", "Greatest",
}  # fmt: skip
WHOLE = re.compile(
    r"engine_(pool_(rest|start|half|total|rate)|block|(before|after)_(whole|part))\Z"
)


@pytest.mark.parametrize("text", (TEXTS | SHAPED).values(), ids=(TEXTS | SHAPED).keys())
def test_only_exact_arithmetic(text: str) -> None:
    tree = sqlglot.parse_one(text, dialect="duckdb")
    banned = (exp.Div, exp.Mod, exp.Avg, exp.Round)
    assert not list(tree.find_all(*banned))
    assert "/" not in text.replace("//", "")
    for division in tree.find_all(exp.IntDiv):
        assert_whole(division)
    for literal in tree.find_all(exp.Literal):
        assert literal.is_int
    kinds = {exp.DataType.Type.DECIMAL, exp.DataType.Type.INT, exp.DataType.Type.BIGINT}
    for kind in tree.find_all(exp.DataType):
        assert kind.this in kinds
    for function in tree.find_all(exp.Func):
        assert (
            type(function).__name__ in FUNCTIONS
            or function.name.lower() == "dense_rank"
            or (type(function).__name__ == "DenseRank")
        ), repr(function)


def assert_whole(division: exp.IntDiv) -> None:
    """A floor is exact only among whole numbers: columns that hold them, and casts to them."""
    for column in division.find_all(exp.Column):
        assert WHOLE.match(column.name), column.name
        cast = column.find_ancestor(exp.Cast)
        if column.name.endswith(("_whole", "_part")):
            assert cast is not None
            assert cast.to.this == exp.DataType.Type.BIGINT
            assert cast.find_ancestor(exp.IntDiv) is not None


@pytest.mark.parametrize("text", (TEXTS | SHAPED).values(), ids=(TEXTS | SHAPED).keys())
def test_other_engines_can_be_given_the_same_text(text: str) -> None:
    for dialect in ("spark", "postgres"):
        assert sqlglot.transpile(text, read="duckdb", write=dialect)[0]


def test_the_version_changes_with_the_text() -> None:
    """If this fails, the same input may give other bytes: raise ENGINE_VERSION, then this hash."""
    whole = "".join(TEXTS.values()) + self_test_sql(1) + repr(price_columns(4))
    digest = hashlib.sha256(whole.encode()).hexdigest()[:16]
    assert (ENGINE_VERSION, digest) == ("commonweal-engine-1", "8e1fcd85a91751cf")
    digest = hashlib.sha256("".join(SHAPED.values()).encode()).hexdigest()[:16]
    assert (ENGINE_VERSION, digest) == ("commonweal-engine-1", "958d371fffb1ab9e")
