"""The engines' file door: `commonweal engine allocate|rate FILE.json`. No database, no Django.

`run_allocate` and `run_rate` take a documented JSON document (schemas beside this file, prose in
docs/reference/engine.md) and return result and explanation as a document. They call the same code
that bills: the same kernel, and the same second path before anything is returned.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow

from commonweal.kernel.money.public import Money, MoneyError, Rounding, exponent

from .allocation import Allocation, Pool, Target, allocate
from .allocation_methods import METHODS
from .allocation_proof import prove_allocation, require_allocation_proof
from .connection import open_connection
from .errors import EngineDefect, EngineError, EngineInputError
from .explain import allocation_sentences, rounding_sentence
from .explain_prices import price_sentences
from .price import PriceModel, exact_sum, from_document, plain
from .rating import prove_totals, rate_to_table, require_proof
from .rating_sql import RatingPlan
from .reading import check_document, pointer, read_json
from .version import ENGINE_VERSION

_COLUMNS = ("agency", "charge_item", "rate_version", "order_line", "source", "id")
_NAMES = ("agency_id", "charge_item", "rate_version", "order_line", "source", "fact_id")


def _currency(document: dict[str, Any]) -> str:
    code = str(document["currency"])
    try:
        exponent(code)
    except MoneyError as error:
        raise EngineInputError("/currency", error.code, error.message) from None
    return code


def _minor(text: str, currency: str, place: str) -> int:
    try:
        return Money.exactly(text, currency).minor
    except MoneyError as error:
        raise EngineInputError(place, error.code, error.message) from None


def run_allocate(document: dict[str, Any]) -> dict[str, Any]:
    """Allocate the costs of a `commonweal.engine.allocate.v1` document; proved by a second path."""
    check_document(document, "allocate")
    currency = _currency(document)
    pools = [
        Pool(
            id=pool["id"],
            amount=_minor(pool["amount"], currency, pointer(["pools", number, "amount"])),
            values={k: Decimal(v) for k, v in pool.get("driver", {}).get("values", {}).items()},
            name=pool.get("name", pool["id"]),
            driver=pool.get("driver", {}).get("name", ""),
        )
        for number, pool in enumerate(document["pools"])
    ]
    targets = [
        Target(
            id=target["id"],
            amount=_minor(target.get("amount", "0"), currency, pointer(["targets", n, "amount"])),
            name=target.get("name", target["id"]),
        )
        for n, target in enumerate(document["targets"])
    ]
    order = document.get("order", [])
    try:
        result = allocate(pools, targets, document["method"], order)
    except EngineError as error:
        raise _pointed(error, document) from None
    require_allocation_proof(prove_allocation(pools, targets, order, result))
    return _allocation_document(result, pools, targets, currency)


def _pointed(error: EngineError, document: dict[str, Any]) -> EngineInputError:
    """An allocation error with the pointer into the document."""
    place = pointer(error.where.split("/")) if error.where else ""
    if "pool" in error.details:
        number = [pool["id"] for pool in document["pools"]].index(error.details["pool"])
        value = [error.details["target"]] if error.details["target"] else []
        place = pointer(["pools", number, "driver", "values", *value])
    return EngineInputError(place, error.code, error.message)


def _ratio(share: Fraction) -> dict[str, str]:
    return {"numerator": _digits(share.numerator), "denominator": _digits(share.denominator)}


def _digits(whole: int) -> str:
    """A whole number's digits, however many (Python's `str` refuses beyond 4,300)."""
    return f"{Decimal(whole):f}"


def _allocation_document(
    result: Allocation, pools: Sequence[Pool], targets: Sequence[Target], currency: str
) -> dict[str, Any]:
    def text(minor: int) -> str:
        return Money(minor, currency).text

    by_id = {pool.id: pool for pool in pools}
    things: list[Pool | Target] = [*pools, *targets]
    names = {thing.id: thing.name for thing in things}
    cost = sum(thing.amount for thing in things)
    return {
        "format": "commonweal.engine.allocate-result.v1",
        "engine": ENGINE_VERSION,
        "currency": currency,
        "method": result.method,
        "total": text(cost),
        "unallocated": text(result.unallocated),
        "totals": [
            {"target": target, "name": names.get(target, target), "amount": text(minor)}
            for target, minor in result.totals.items()
        ],
        "edges": [
            {
                "pool": edge.pool,
                "target": edge.target,
                "numerator": str(edge.numerator),
                "denominator": str(edge.denominator),
                **({"pass": str(edge.step)} if result.method == "double_step_down" else {}),
            }
            for edge in result.edges
        ],
        "shares": [
            {"pool": s.pool, "target": s.target, **_ratio(s.share), "amount": text(s.amount)}
            for s in result.shares
        ],
        "closed": [
            {"pool": pool, "minor": _ratio(exact)} for pool, exact in sorted(result.closed.items())
        ],
        "pools_without_driver": list(result.stuck),
        "values_without_effect": [{"pool": p, "target": t} for p, t in result.excluded],
        **({"share_bound": _ratio(result.bound)} if result.bound else {}),
        "proof": {"paths": 2, "differences": 0},
        "explanation": allocation_sentences(by_id, names, result, currency),
    }


def run_rate(document: dict[str, Any]) -> dict[str, Any]:
    """Rate the usage of a `commonweal.engine.rate.v1` document; proved by a second path."""
    check_document(document, "rate")
    currency = _currency(document)
    models = _models(document)
    rows = _usage_rows(document, models)
    plan = RatingPlan()
    with open_connection() as connection:
        connection.register("usage", rows)
        try:
            rate_to_table(connection, plan, models, "rated")
        except EngineDefect:
            raise
        except EngineError as error:
            raise _pointed_usage(error, document) from None
        require_proof(prove_totals(connection, "usage", "rated", models))
        facts = connection.execute(
            "SELECT agency_id, charge_item, rate_version, source, fact_id, quantity,"
            " quantity_before, amount FROM rated"
            " ORDER BY agency_id, charge_item, rate_version, from_time, source, fact_id"
        ).fetchall()
    return _rate_document(document, currency, models, facts)


def _models(document: dict[str, Any]) -> dict[str, PriceModel]:
    models: dict[str, PriceModel] = {}
    for number, version in enumerate(document["rate_versions"]):
        here: list[object] = ["rate_versions", number]
        if version["id"] in models:
            raise EngineInputError(
                pointer([*here, "id"]),
                "RATE-108",
                f"The rate version “{version['id']}” is given twice. Keep one.",
            )
        try:
            models[version["id"]] = from_document(version["model"])
        except EngineError as error:
            place = pointer([*here, "model", *error.where.split("/")])
            raise EngineInputError(place, error.code, error.message) from None
    return models


def _usage_rows(document: dict[str, Any], models: dict[str, PriceModel]) -> pyarrow.Table:
    """The usage facts as an Arrow table, in the kernel's columns."""
    seen: set[tuple[str, str]] = set()
    moments = []
    for number, fact in enumerate(document["usage"]):
        here: list[object] = ["usage", number]
        if fact["rate_version"] not in models:
            raise EngineInputError(
                pointer([*here, "rate_version"]),
                "RATE-203",
                f"There is no rate version “{fact['rate_version']}”. Add it to rate_versions.",
            )
        key = (fact["source"], fact["id"])
        if key in seen:
            raise EngineInputError(
                pointer([*here, "id"]),
                "RATE-206",
                f"Usage record {fact['id']} of {fact['source']} is given twice. Keep one.",
            )
        seen.add(key)
        moments.append(_moment(fact["from"], pointer([*here, "from"])))
    facts = document["usage"]
    columns = {
        name: pyarrow.array([fact.get(key) for fact in facts], pyarrow.string())
        for name, key in zip(_NAMES, _COLUMNS, strict=True)
    }
    columns["from_time"] = pyarrow.array(moments, pyarrow.timestamp("us", tz="UTC"))
    columns["quantity"] = pyarrow.array(
        [Decimal(fact["quantity"]) for fact in facts], pyarrow.decimal128(18, 6)
    )
    return pyarrow.table(columns)


def _moment(text: str, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise EngineInputError(
        place,
        "RATE-207",
        f"“{text}” is not a moment with an offset. Write it like 2026-10-01T00:00:00Z.",
    )


def _pointed_usage(error: EngineError, document: dict[str, Any]) -> EngineInputError:
    """A rating error with the pointer to its usage fact, where it has one."""
    key = (error.details.get("source"), error.details.get("fact"))
    for number, fact in enumerate(document["usage"]):
        if (fact["source"], fact["id"]) == key:
            place = pointer(["usage", number, "quantity"])
            return EngineInputError(place, error.code, error.message)
    return EngineInputError("/usage", error.code, error.message)


def _rate_document(
    document: dict[str, Any],
    currency: str,
    models: dict[str, PriceModel],
    facts: Sequence[tuple[Any, ...]],
) -> dict[str, Any]:
    policy = document.get("rounding", Rounding.HALF_UP.value)
    units = {v["id"]: v.get("unit", "units") for v in document["rate_versions"]}
    groups: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for fact in facts:
        groups.setdefault(fact[:3], []).append(fact)
    lines = []
    minor = 0
    for (agency, item, version), members in groups.items():
        quantity = members[-1][6] + members[-1][5]
        exact = exact_sum(member[7] for member in members)
        posted = _posted(exact, currency, policy)
        minor += posted.minor
        lines.append(
            {
                "agency": agency,
                "charge_item": item,
                "rate_version": version,
                "quantity": plain(quantity),
                "facts": len(members),
                "exact": f"{exact:f}",
                "amount": posted.text,
                "rounding": f"{exact_sum([posted.decimal, -exact]):f}",
                "explanation": [
                    *price_sentences(models[version], quantity, units[version], currency),
                    *rounding_sentence(exact, posted, policy),
                ],
            }
        )
    return {
        "format": "commonweal.engine.rate-result.v1",
        "engine": ENGINE_VERSION,
        "currency": currency,
        "rounding": policy,
        "total": Money(minor, currency).text,
        "lines": lines,
        "facts": [
            {
                "source": fact[3],
                "id": fact[4],
                "quantity": plain(fact[5]),
                "quantity_before": plain(fact[6]),
                "amount": f"{fact[7]:f}",
            }
            for fact in facts
        ],
        "proof": {"paths": 2, "groups": len(lines), "differences": 0},
    }


def _posted(exact: Decimal, currency: str, policy: str) -> Money:
    try:
        return Money.from_decimal(exact, currency, policy)
    except MoneyError as error:
        raise EngineInputError("/usage", error.code, error.message) from None


def build_parser() -> argparse.ArgumentParser:
    """The command line of `commonweal engine`."""
    parser = argparse.ArgumentParser(
        prog="commonweal engine",
        description="Allocate costs or rate usage from one JSON file, exactly; needs no database."
        " Prints result and explanation as JSON. The code is the code that bills.",
        epilog="Formats, schemas and worked examples: docs/reference/engine.md."
        " Exit status: 0 done, 2 the input is refused (a JSON pointer says where),"
        " 3 the engine refuses to vouch for its own result.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for name, text in (
        ("allocate", "share cost pools out to services: direct, step-down, double, reciprocal"),
        ("rate", "price usage facts: flat, per unit or graduated tiers"),
    ):
        verb = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
        verb.add_argument("file", metavar="FILE.json", help="the document; - for standard input")
        if name == "allocate":
            verb.add_argument("--method", choices=[*METHODS], help="instead of the document's own")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb on a file: 0, or 2 with a JSON pointer on standard error, or 3 on a defect."""
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        document = read_json(_bytes(arguments.file))
        if arguments.verb == "rate":
            result = run_rate(document)
        else:
            if arguments.method and isinstance(document, dict):
                document["method"] = arguments.method
            result = run_allocate(document)
    except EngineInputError as error:
        print(f"{arguments.file}#{error.pointer}: {error.message} ({error.code})", file=sys.stderr)
        return 2
    except EngineDefect as error:
        print(f"commonweal engine: {error}", file=sys.stderr)
        return 3
    text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()
    return 0


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise EngineInputError(
            "", "ENGINE-100", f"The file cannot be read: {error.strerror}. Check its name."
        ) from None
