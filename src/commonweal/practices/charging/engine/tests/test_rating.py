"""The kernel agrees with the oracle fact by fact, gives the same bytes, and refuses bad input."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..connection import SELF_TEST_ROWS, open_connection, self_test
from ..errors import EngineDefect, EngineError
from ..price import Fact, PriceModel, Tier, flat, graduated, per_unit, rate_facts
from ..rating import prove_totals, rate_to_parquet, rate_to_table, require_proof
from ..rating_sql import RatingPlan
from .samples import MODELS, QUANTITIES

D = Decimal
START = datetime(2026, 10, 1, tzinfo=UTC)
NAMES = ("agency_id", "charge_item", "rate_version", "order_line", "source", "fact_id")
TIERS = graduated(
    [
        Tier(D(0), D("10.5"), D("1.234567891")),
        Tier(D("10.5"), D(1000), D("0.987654321")),
        Tier(D(1000), None, D("0.000000007")),
    ]
)


@pytest.fixture
def connection() -> Iterator[Any]:
    with open_connection() as opened:
        yield opened


def usage(connection: Any, rows: list[tuple[Any, ...]], name: str = "usage") -> None:
    columns: dict[str, Any] = {
        column: pyarrow.array([row[place] for row in rows], pyarrow.string())
        for place, column in enumerate(NAMES)
    }
    columns["from_time"] = pyarrow.array([r[6] for r in rows], pyarrow.timestamp("us", tz="UTC"))
    columns["quantity"] = pyarrow.array([r[7] for r in rows], pyarrow.decimal128(24, 6))
    connection.register(name, pyarrow.table(columns))


def row(number: int, version: str, quantity: Decimal, **other: Any) -> tuple[Any, ...]:
    values: dict[str, Any] = {
        "agency_id": f"a{number % 3}",
        "charge_item": f"i-{version}",
        "rate_version": version,
        "order_line": None if number % 4 == 0 else f"l{number % 2}",
        "source": f"s{number % 2}",
        "fact_id": f"f{number:05d}",
        "from_time": START + timedelta(minutes=number % 7),
    } | other
    return (*values.values(), quantity)


def oracle(
    rows: list[tuple[Any, ...]], models: dict[str, PriceModel]
) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    groups: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for r in rows:
        groups[r[:3]].append(Fact(r[6], r[4], r[5], r[7]))
    return {
        (rated.fact.source, rated.fact.id): (rated.quantity_before, rated.amount)
        for key, facts in groups.items()
        for rated in rate_facts(facts, models[key[2]])
    }


def kernel(
    connection: Any, rows: list[tuple[Any, ...]], models: dict[str, PriceModel]
) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    usage(connection, rows)
    rate_to_table(connection, RatingPlan(), models, "rated")
    require_proof(prove_totals(connection, "usage", "rated", models))
    found = connection.execute("SELECT source, fact_id, quantity_before, amount FROM rated")
    return {r[:2]: r[2:] for r in found.fetchall()}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(MODELS, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), QUANTITIES), max_size=40),
)
def test_kernel_is_the_oracle(
    connection: Any, models: list[PriceModel], drawn: list[tuple[int, Decimal]]
) -> None:
    named = {f"v{n}": model for n, model in enumerate(models)}
    rows = [row(n, f"v{v % len(models)}", q) for n, (v, q) in enumerate(drawn)]
    expected = oracle(rows, named)
    if any(abs(amount) >= 10**18 for _, amount in expected.values()):
        with pytest.raises(EngineError, match="RATE-204"):
            kernel(connection, rows, named)
    else:
        assert kernel(connection, rows, named) == expected


def many(count: int, seed: int) -> list[tuple[Any, ...]]:
    draw = random.Random(seed)
    rows = [row(n, f"v{n % 3}", D(draw.randrange(0, 10**8)).scaleb(-6)) for n in range(count)]
    later = START + timedelta(days=1)
    rows += [
        row(n, f"v{n % 3}", D(-draw.randrange(0, 9)), from_time=later)
        for n in range(count, count + 50)
    ]
    draw.shuffle(rows)
    return rows


def test_larger_mix_with_reductions(connection: Any) -> None:
    models = {"v0": TIERS, "v1": per_unit(D("4.10"), D("2.50")), "v2": flat(D("99.99"))}
    rows = many(3000, 7)
    assert kernel(connection, rows, models) == oracle(rows, models)


def test_same_bytes_whatever_threads_memory_and_input_order(tmp_path: Path) -> None:
    models = {"v0": TIERS, "v1": per_unit(D("4.10")), "v2": flat(D("99.99"))}
    rows = many(200_000, 3)
    digests = set()
    for threads, memory in ((1, "1GB"), (2, "640MB"), (4, "200MB")):
        with open_connection(threads=threads, memory_limit=memory, spill=tmp_path) as opened:
            usage(opened, rows[::-1] if threads == 2 else rows)
            out = tmp_path / "rated.parquet"
            result = rate_to_parquet(opened, RatingPlan(), models, out)
            digests.add(result.sha256)
            assert (result.facts, result.groups) == (200_050, 3)
            order = "agency_id, charge_item, rate_version, from_time, source, fact_id"
            opened.execute(f"CREATE TABLE r AS SELECT {order} FROM read_parquet('{out}')")
            written = opened.execute(f"SELECT fact_id FROM (SELECT {order} FROM r)").fetchall()
            wanted = opened.execute(f"SELECT fact_id FROM r ORDER BY {order}").fetchall()
            assert written == wanted
            assert prove_totals(opened, "usage", out, models) == []
    assert len(digests) == 1
    assert [path.name for path in tmp_path.glob("rated*")] == ["rated.parquet"]


def test_extra_keys_make_their_own_groups(connection: Any) -> None:
    plan = RatingPlan(keys=("agency_id", "charge_item", "rate_version", "order_line"), carry=())
    rows = [row(1, "v", D(10), order_line=f"l{n}", fact_id=f"f{n}") for n in range(2)]
    usage(connection, rows)
    models = {"v": flat(D(5))}
    rate_to_table(connection, plan, models, "rated")
    assert connection.execute("SELECT sum(amount) FROM rated").fetchone() == (D(10),)
    assert prove_totals(connection, "usage", "rated", models, plan.keys) == []


def test_nothing_to_rate(connection: Any, tmp_path: Path) -> None:
    usage(connection, [])
    result = rate_to_parquet(connection, RatingPlan(), {}, tmp_path / "empty.parquet")
    assert (result.facts, result.groups) == (0, 0)
    assert prove_totals(connection, "usage", tmp_path / "empty.parquet", {}) == []


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        ([row(1, "w", D(1))], "RATE-203", "rate version w"),
        ([row(1, "v", D(1)), row(4, "v", D(-2))], "RATE-202", "f00004 of s0"),
        ([row(1, "v", D(1)), row(2, "v", None)], "RATE-205", "f00002 of s0"),
        ([row(1, "v", D(1)), row(2, "v", D(1), agency_id=None)], "RATE-205", "f00002 of s0"),
        ([row(1, "v", D(1)), row(2, "v", D(1), source=None)], "RATE-205", "f00002"),
        ([row(1, "v", D(10) ** 12)], "RATE-204", "12 digits"),
    ],
)
def test_refusals_leave_nothing(
    connection: Any, tmp_path: Path, rows: list[tuple[Any, ...]], code: str, words: str
) -> None:
    usage(connection, rows)
    with pytest.raises(EngineError) as error:
        rate_to_parquet(connection, RatingPlan(), {"v": per_unit(D(1))}, tmp_path / "out.parquet")
    assert error.value.code == code
    assert words in error.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told(connection: Any, tmp_path: Path) -> None:
    usage(connection, [row(1, "v", D(1))])
    with pytest.raises(EngineError) as error:
        rate_to_parquet(connection, RatingPlan(), {"v": TIERS}, tmp_path / "no" / "out.parquet")
    assert error.value.code == "RATE-301"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rated SET amount = amount + 0.000000001 WHERE fact_id = 'f00001'",
        "DELETE FROM rated WHERE fact_id = 'f00001'",
        "INSERT INTO rated SELECT * FROM rated WHERE fact_id = 'f00001'",
        "DELETE FROM rated WHERE agency_id = 'a1'",
        "UPDATE rated SET rate_version = 'w' WHERE fact_id = 'f00001'",
        "UPDATE rated SET amount = NULL WHERE agency_id = 'a1'",
    ],
)
def test_the_second_path_finds_one_nano_unit(connection: Any, change: str) -> None:
    models = {"v": TIERS}
    usage(connection, [row(n, "v", D(n)) for n in range(9)])
    rate_to_table(connection, RatingPlan(), models, "rated")
    connection.execute(change)
    differences = prove_totals(connection, "usage", "rated", models)
    assert differences
    with pytest.raises(EngineDefect, match="RATE-902"):
        require_proof(differences)


@pytest.mark.parametrize(
    "wrong",
    [
        {"usage": "usage; drop"},
        {"keys": ("agency_id",)},
        {"keys": ("rate_version", "rate_version")},
        {"carry": ("quantity",)},
        {"carry": ("engine_place",)},
        {"tiers": 0},
    ],
)
def test_bad_plans(wrong: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match="RATE-110"):
        RatingPlan(**wrong)


def test_the_self_test_covers_the_known_defect(connection: Any) -> None:
    assert SELF_TEST_ROWS > 1_041_747
    self_test(connection, "this one")


def test_a_failing_database_is_refused() -> None:
    class Broken:
        def execute(self, text: str) -> Broken:
            self.wrong = "wrong" in text
            return self

        def fetchone(self) -> tuple[Any, ...]:
            return (65_536,) if self.wrong else (D("0.000000001"), D("0E-9"), D(0), D(0))

    with pytest.raises(EngineDefect, match="RATE-901"):
        self_test(Broken(), "1.5.6")
