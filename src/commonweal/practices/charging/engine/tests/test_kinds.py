"""The kernel rates every kind of price like the oracle; what it cannot rate it names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from ..cases import dimension_names
from ..connection import open_connection
from ..errors import EngineError
from ..models import PriceModel, Tier
from ..price import (
    Fact,
    channel,
    flat,
    from_document,
    graduated,
    lump_sum,
    package,
    peak,
    per_unit,
    pooled,
    rate_facts,
    step,
    volume,
)
from ..rating import prove_totals, rate_to_parquet, rate_to_table, require_proof
from ..rating_sql import RatingPlan, dimension_columns
from ..trial import KINDS, START, Batch, random_batch, random_model, try_batch

D = Decimal


@pytest.fixture
def connection() -> Iterator[Any]:
    with open_connection() as opened:
        yield opened


@pytest.mark.parametrize("seed", range(3))
def test_random_cases_of_every_kind(connection: Any, seed: int) -> None:
    batch = random_batch(random.Random(seed), 800)
    assert {model.kind for model in batch.models.values()} == set(KINDS)
    assert try_batch(connection, batch) == []


@pytest.mark.parametrize("kind", KINDS)
def test_random_cases_of_one_kind(connection: Any, kind: str) -> None:
    """Each shape of the SQL by itself."""
    chance = random.Random(kind)
    batch = random_batch(chance, 100)
    batch.models = {version: random_model(chance, kind) for version in batch.models}
    batch.facts = {
        place: [(Fact(f.from_time, f.source, f.id, abs(f.quantity)), d) for f, d in facts]
        for place, facts in batch.facts.items()
    }
    assert try_batch(connection, batch) == []


def test_a_trial_finds_a_wrong_price(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One billionth too much in one price is found by the oracle and by the second path."""
    real = rate_to_table

    def wrong(base: Any, plan: RatingPlan, models: Any, table: str) -> Any:
        done = real(base, plan, models, table)
        base.execute(
            f"UPDATE {table} SET amount = amount + 0.000000001"
            f" WHERE fact_id = (SELECT min(fact_id) FROM {table})"
        )
        return done

    monkeypatch.setattr("commonweal.practices.charging.engine.trial.rate_to_table", wrong)
    found = try_batch(connection, random_batch(random.Random(1), 20))
    assert [words.split()[0] for words in found] == ["second", "fact"]


def usage(connection: Any, rows: list[tuple[str, str, str, str, Decimal]]) -> None:
    """(agency, version, channel, id, quantity)."""
    names = ("agency_id", "rate_version", "dimension_channel", "fact_id")
    columns: dict[str, Any] = {
        name: pyarrow.array([row[place] or None for row in rows], pyarrow.string())
        for place, name in enumerate(names)
    }
    columns["charge_item"] = pyarrow.array(["item"] * len(rows))
    columns["source"] = pyarrow.array(["source"] * len(rows))
    columns["from_time"] = pyarrow.array([START] * len(rows), pyarrow.timestamp("us", tz="UTC"))
    columns["quantity"] = pyarrow.array([row[4] for row in rows], pyarrow.decimal128(18, 6))
    connection.register("usage", pyarrow.table(columns))


PLAN = RatingPlan(carry=(), dimensions=("channel",))


def rated(connection: Any, models: dict[str, PriceModel], plan: RatingPlan = PLAN) -> list[Decimal]:
    rate_to_table(connection, plan, models, "rated")
    require_proof(
        prove_totals(
            connection, "usage", "rated", models,
            dimensions=plan.dimensions, openings=plan.openings,
        )
    )  # fmt: skip
    rows = connection.execute("SELECT amount FROM rated ORDER BY fact_id").fetchall()
    return [row[0] for row in rows]


def test_every_cell_adds_up_by_itself(connection: Any) -> None:
    tiers = graduated([Tier(D(0), D(10), D(2)), Tier(D(10), None, D(1))])
    model = channel({"web": tiers, "phone": per_unit(D(9))}, per_unit(D(100)))
    usage(
        connection,
        [
            ("a", "v", "web", "1", D(8)), ("a", "v", "phone", "2", D(1)),
            ("a", "v", "web", "3", D(4)), ("a", "v", "fax", "4", D(1)),
            ("a", "v", "", "5", D(1)),
        ],
    )  # fmt: skip
    assert rated(connection, {"v": model}) == [D(16), D(9), D(6), D(100), D(100)]


def test_a_value_without_a_price_is_named(connection: Any) -> None:
    usage(connection, [("a", "v", "web", "1", D(8)), ("a", "v", "fax", "2", D(1))])
    with pytest.raises(EngineError, match="RATE-208") as error:
        rated(connection, {"v": channel({"web": per_unit(D(1))})})
    assert "usage record 2 of source" in error.value.message
    assert error.value.details["fact"] == "2"


def test_pools_run_over_all_agencies(connection: Any, tmp_path: Path) -> None:
    tiers = graduated([Tier(D(0), D(1000), D(10)), Tier(D(1000), None, D(8))])
    models = {"v": pooled(tiers), "w": flat(D(5))}
    rows = [
        ("c", "v", "", "1", D(300)), ("a", "v", "", "2", D(700)), ("b", "v", "", "3", D(500)),
        ("b", "w", "", "4", D(1)), ("a", "v", "", "5", D(0)),
    ]  # fmt: skip
    usage(connection, rows)
    found = rated(connection, models)
    assert found == [
        D("2800.000000000"), D("6533.333333333"), D("4666.666666667"), D(5), D(0),
    ]  # fmt: skip
    digests = set()
    for order in (rows, rows[::-1]):
        usage(connection, order)
        out = tmp_path / "rated.parquet"
        digests.add(rate_to_parquet(connection, PLAN, models, out).sha256)
        assert prove_totals(connection, "usage", out, models, dimensions=("channel",)) == []
    assert len(digests) == 1


@pytest.mark.parametrize("size", [D("8999999999.999999"), D(9 * 10**9), D("900000000000.000001")])
def test_pools_of_billions(connection: Any, size: Decimal) -> None:
    """Around the largest total that one division carries, and near the largest of all."""
    chance = random.Random(str(size))
    tiers = [Tier(D(0), D(1000), D("9.87654321")), Tier(D(1000), None, D("1234567.000000007"))]
    facts = {}
    left = size
    for agency in "abcd":
        part = left if agency == "d" else left - D(chance.randrange(int(left))) - D("0.000001")
        left -= part
        facts[agency, "v"] = [(Fact(START, "s", f"{agency}1", part), {})]
    batch = Batch({"v": pooled(graduated(tiers))}, {})
    batch.facts = {k: [(f, {"channel": "", "grade": ""}) for f, _ in v] for k, v in facts.items()}
    assert try_batch(connection, batch) == []


def test_nobody_used_the_pool(connection: Any) -> None:
    usage(connection, [("a", "v", "", "1", D(0)), ("b", "v", "", "2", D(0))])
    assert rated(connection, {"v": pooled(per_unit(D(3)))}) == [D(0), D(0)]


def test_a_yearly_cap_goes_on_where_the_months_before_left_off(connection: Any) -> None:
    """$3,000 for every started $500,000, at most $60,000 a year; 9.8 million before this month."""
    model = step(D(500_000), D(3000), D(60_000), "year")
    usage(connection, [("a", "v", "", "1", D(150_000)), ("a", "v", "", "2", D(900_000))])
    connection.execute(
        "CREATE TABLE before AS SELECT 'a' AS agency_id, 'item' AS charge_item,"
        " 'v' AS rate_version, 9800000.0 AS quantity"
    )
    plan = RatingPlan(carry=(), openings="before")
    models = {"v": model}
    assert rated(connection, models, plan) == [D(0), D(0)]
    connection.execute("UPDATE before SET quantity = 9400000")
    assert rated(connection, models, plan) == [D(3000), D(0)]
    assert [
        fact.amount
        for fact in rate_facts(
            [Fact(START, "s", str(n), q) for n, q in enumerate((D(150_000), D(900_000)))],
            model,
            D(9_400_000),
        )
    ] == [D(3000), D(0)]
    high = {"v": peak(per_unit(D(1)))}
    connection.execute("UPDATE before SET quantity = 200000")
    assert rated(connection, high, plan) == [D(0), D(700_000)]


@pytest.mark.parametrize(
    ("model", "rows", "code", "words"),
    [
        (peak(per_unit(D(1))), [D(5), D(-1)], "RATE-210", "record 1 of source reads -1"),
        (pooled(per_unit(D(1))), [D(5), D(-9)], "RATE-202", "record 1 of source"),
        (package(D(10), D(1)), [D(5), D(-9)], "RATE-202", "record 1 of source"),
        (volume([Tier(D(0), None, D(1))]), [D(5), D(-9)], "RATE-202", "record 1 of source"),
        (lump_sum({"a": D(1)}), [D(5)], "RATE-212", "v is a lump_sum"),
        (step(D("0.000001"), D(1), D(5)), [D(10) ** 7], "RATE-204", "a count of blocks"),
    ],
)
def test_refusals(
    connection: Any, model: PriceModel, rows: list[Decimal], code: str, words: str
) -> None:
    usage(connection, [("a", "v", "", str(n), quantity) for n, quantity in enumerate(rows)])
    with pytest.raises(EngineError) as error:
        rated(connection, {"v": model, "other": peak(per_unit(D(1)))})
    assert error.value.code == code
    assert words in error.value.message


def test_reductions_beside_a_peak_are_no_readings(connection: Any) -> None:
    usage(
        connection,
        [("a", "v", "", "1", D(5)), ("a", "v", "", "2", D(-2)), ("a", "w", "", "3", D(4))],
    )
    models = {"v": per_unit(D(1)), "w": peak(per_unit(D(2)))}
    assert rated(connection, models) == [D(5), D(-2), D(8)]


@pytest.mark.parametrize(
    ("plan", "model"),
    [
        (RatingPlan(carry=()), channel({"web": per_unit(D(1))})),
        (RatingPlan(keys=("charge_item", "rate_version"), carry=()), pooled(per_unit(D(1)))),
    ],
)
def test_a_plan_that_lacks_a_column(connection: Any, plan: RatingPlan, model: PriceModel) -> None:
    usage(connection, [("a", "v", "web", "1", D(5))])
    with pytest.raises(EngineError, match="RATE-110"):
        rate_to_table(connection, plan, {"v": model}, "rated")


def test_dimensions_come_from_a_json_column(connection: Any) -> None:
    models = [channel({"web": per_unit(D(1))}), flat(D(1))]
    names = dimension_names(models)
    assert names == ("channel",)
    row = connection.execute(
        f'SELECT {dimension_columns(names)} FROM (SELECT \'{{"channel": "web"}}\' AS dimensions)'
    ).fetchone()
    assert row == ("web",)


def test_the_bytes_of_every_kind_do_not_depend_on_threads_and_order(tmp_path: Path) -> None:
    from ..trial import table_of

    batch: Batch = random_batch(random.Random(5), 400)
    digests = set()
    table = table_of(batch)
    for threads in (1, 2, 4):
        with open_connection(threads=threads, spill=tmp_path) as opened:
            turned = table.take(list(range(table.num_rows))[:: 1 if threads == 2 else -1])
            opened.register("usage", turned)
            plan = RatingPlan(dimensions=("channel", "grade"))
            out = tmp_path / "rated.parquet"
            digests.add(rate_to_parquet(opened, plan, batch.models, out).sha256)
    assert len(digests) == 1


def test_documents_of_every_kind_are_rated(connection: Any) -> None:
    batch = random_batch(random.Random(6), 104)
    batch.models = {key: from_document(model.document()) for key, model in batch.models.items()}
    assert try_batch(connection, batch) == []
