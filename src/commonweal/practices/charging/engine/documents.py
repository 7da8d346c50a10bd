"""The engines' file door: `commonweal engine allocate|rate FILE.json`. No database, no Django.

`run_allocate` and `run_rate` take a documented JSON document (schemas beside this file, prose in
docs/reference/engine.md) and return result and explanation as a document. They call the same code
that bills: the same kernel, and the same second path before anything is returned.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from commonweal.kernel.money.public import Money, MoneyError, exponent

from .allocation import Allocation, Pool, Target, Weighted, allocate
from .allocation_methods import METHODS
from .allocation_proof import prove_allocation, require_allocation_proof
from .errors import EngineDefect, EngineError, EngineInputError
from .explain import allocation_sentences
from .rate_documents import run_rate
from .reading import check_document, pointer, read_json
from .version import ENGINE_VERSION


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
            driver=driver_words(pool),
            parts=tuple(
                Weighted(
                    Decimal(part["weight"]), {k: Decimal(v) for k, v in part["values"].items()}
                )
                for part in pool.get("drivers", ())
            ),
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


def driver_words(pool: dict[str, Any]) -> str:
    """What a pool of a document is shared by: its driver, or its drivers with their weights."""
    several = pool.get("drivers", ())
    if not several:
        return str(pool.get("driver", {}).get("name", ""))
    return ", ".join(f"{part.get('name', '')} {part['weight']}".strip() for part in several)


def _pointed(error: EngineError, document: dict[str, Any]) -> EngineInputError:
    """An allocation error with the pointer into the document."""
    place = pointer(error.where.split("/")) if error.where else ""
    if "pool" in error.details:
        number = [pool["id"] for pool in document["pools"]].index(error.details["pool"])
        value = [error.details["target"]] if error.details["target"] else []
        inner = ["drivers"] if document["pools"][number].get("drivers") else [
            "driver", "values", *value,
        ]  # fmt: skip
        place = pointer(["pools", number, *inner])
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


Door = tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]
"""A further verb: what it does, in words, and the function that takes the document."""
NO_DOORS: Mapping[str, Door] = {}


def build_parser(doors: Mapping[str, Door] = NO_DOORS) -> argparse.ArgumentParser:
    """The command line of `commonweal engine`."""
    parser = argparse.ArgumentParser(
        prog="commonweal engine",
        description="Allocate costs, rate usage or read a clock from one JSON file, exactly; needs"
        " no database. Prints result and explanation as JSON. The code is the code that bills.",
        epilog="Formats, schemas and worked examples: docs/reference/engine.md, engine-clock.md."
        " Exit status: 0 done, 2 the input is refused (a JSON pointer says where),"
        " 3 the engine refuses to vouch for its own result.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for name, text in (
        ("allocate", "share cost pools out to services: direct, step-down, double, reciprocal"),
        ("rate", "price usage and charges by any price model, and explain every line"),
        *((name, text) for name, (text, _run) in doors.items()),
    ):
        verb = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
        verb.add_argument("file", metavar="FILE.json", help="the document; - for standard input")
        if name == "allocate":
            verb.add_argument("--method", choices=[*METHODS], help="instead of the document's own")
    return parser


def main(argv: Sequence[str] | None = None, doors: Mapping[str, Door] = NO_DOORS) -> int:
    """Run one verb on a file: 0, or 2 with a JSON pointer on standard error, or 3 on a defect."""
    try:
        arguments = build_parser(doors).parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        document = read_json(_bytes(arguments.file))
        if arguments.verb in doors:
            result = doors[arguments.verb][1](document)
        elif arguments.verb == "rate":
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
