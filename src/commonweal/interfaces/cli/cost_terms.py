"""`commonweal costs drivers|mark|towers|words|tag|capacity|idle|assets|…`: more of the model."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from .kit import CommandError, acting, as_id, pairs, readable, table


def register(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the verbs to those of `costs`."""
    _terms(verbs, verb)
    _capacity(verbs, verb)
    _assets(verbs, verb)


def _terms(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    drivers = verb(verbs, "drivers", "let a pool go out by several drivers from a month on", drive)
    drivers.add_argument("pool")
    drivers.add_argument("parts", nargs="+", metavar="DRIVER=WEIGHT", help="such as headcount=60%%")
    drivers.add_argument("--from", dest="starts", required=True, metavar="YYYY-MM-DD")
    drivers.add_argument("--until", default="", metavar="YYYY-MM-DD", help="first day without")
    drivers.add_argument("--reason", default="")
    mark = verb(verbs, "mark", "mark ledger lines as unallowable for grants, or personal", put_mark)
    mark.add_argument("mark", choices=("unallowable", "personal"))
    for name in ("unit", "category", "account-prefix", "kind", "rule"):
        mark.add_argument(f"--{name}", default="")
    mark.add_argument("--reason", required=True)
    verb(verbs, "methods", "compare the methods of allocation on the last month", show_methods)
    method = verb(verbs, "method", "propose how pools give to pools from a month on", put_method)
    method.add_argument("method", choices=("direct", "step_down", "double_step_down", "reciprocal"))
    method.add_argument("--from", dest="starts", required=True, metavar="YYYY-MM-DD")
    method.add_argument("--reason", required=True)
    towers = verb(verbs, "towers", "show costs by tower and cost pool", show_towers)
    towers.add_argument("--from", dest="first", required=True, metavar="YYYY-MM")
    towers.add_argument("--to", dest="last", required=True, metavar="YYYY-MM")
    words = verb(verbs, "words", "show, or replace, the words for cost pools or towers", put_words)
    words.add_argument("kind", choices=("pool", "tower"))
    words.add_argument(
        "--file", type=Path, help="JSON object of code to name; {} the federal words"
    )
    tag = verb(verbs, "tag", "tag a pool or a service with a cost pool and a tower", put_tag)
    tag.add_argument("--pool", default="")
    tag.add_argument("--service", default="")
    tag.add_argument("--cost-pool", default="")
    tag.add_argument("--tower", default="")


def _capacity(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    add = verb(verbs, "capacity", "record a practical capacity in a month", put_capacity)
    add.add_argument("--pool", default="")
    add.add_argument("--item", default="", help="a charge item's code")
    add.add_argument("--quantity", required=True)
    add.add_argument("--unit", required=True)
    add.add_argument("--owner", required=True, help="the office that answers for what lies idle")
    add.add_argument("--evidence", required=True)
    add.add_argument("--from", dest="starts", required=True, metavar="YYYY-MM-DD")
    use = verb(verbs, "use", "record what a month used of a pool's capacity", record_use)
    use.add_argument("capacity", metavar="ID")
    use.add_argument("period", metavar="YYYY-MM")
    use.add_argument("used")
    use.add_argument("--evidence", default="")
    reserve = verb(verbs, "reserve", "record what an agency reserved of a capacity", put_reserved)
    reserve.add_argument("capacity", metavar="ID")
    reserve.add_argument("agency")
    reserve.add_argument("quantity")
    idle = verb(verbs, "idle", "propose who bears what a capacity leaves idle", propose_idle)
    idle.add_argument("capacity", metavar="ID")
    idle.add_argument("policy", choices=("absorbed", "reserved", "spread"))
    idle.add_argument("--reason", required=True)
    verb(verbs, "capacities", "list capacities with who bears what lies idle", show_capacities)


def _assets(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    add = verb(verbs, "asset", "register an asset, and who paid for it", put_asset)
    add.add_argument("code")
    add.add_argument("--name", required=True)
    add.add_argument("--pool", required=True)
    add.add_argument("--cost", required=True)
    add.add_argument("--from", dest="starts", required=True, metavar="YYYY-MM-DD")
    add.add_argument("--months", type=int, required=True, help="useful life")
    add.add_argument("--paid-by", action="append", default=[], metavar="WHO=AMOUNT",
                     help="an agency's code or grant:REFERENCE; repeatable")  # fmt: skip
    add.add_argument("--evidence", default="")
    verb(verbs, "assets", "list the register of assets", show_assets)
    month = verb(verbs, "depreciate", "take a month's depreciation into the costs", depreciate)
    month.add_argument("period", metavar="YYYY-MM")
    end = verb(verbs, "dispose", "propose that an asset is disposed of", dispose)
    end.add_argument("code")
    end.add_argument("--on", dest="day", required=True, metavar="YYYY-MM-DD")
    end.add_argument("--proceeds", required=True)
    end.add_argument("--reason", required=True)
    end.add_argument("--bills", type=int, default=1, help="credit contributors on so many bills")
    ends = verb(verbs, "disposals", "list an asset's disposals and who got the proceeds", ended)
    ends.add_argument("code")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise CommandError("CLI-112", f"“{text}” is not a day. Write it YYYY-MM-DD.") from wrong


def _minor(text: str) -> int:
    from commonweal.kernel.money.public import Money
    from commonweal.kernel.party.public import centre

    return Money.exactly(text, centre().currency).minor


def drive(args: argparse.Namespace) -> int:
    """Several drivers by dates."""
    from commonweal.practices.charging.public import put_driver_set

    with acting(args) as actor:
        made = put_driver_set(
            actor=actor, pool=args.pool, starts=_day(args.starts),
            ends=_day(args.until) if args.until else None,
            parts=pairs(args.parts, "headcount=60%"), reason=args.reason,
        )  # fmt: skip
    print(f"From {made.starts} “{args.pool}” goes out by {', '.join(args.parts)}.")
    return 0


def put_method(args: argparse.Namespace) -> int:
    """A method of allocation."""
    from commonweal.practices.charging.public import propose_allocation_method

    with acting(args) as actor:
        propose_allocation_method(
            actor=actor, method=args.method, starts=_day(args.starts), reason=args.reason
        )
    print("Proposed. It counts once a second person approves it, on the page of its method.")
    return 0


def show_methods(args: argparse.Namespace) -> int:
    """The last month under every method."""
    from commonweal.practices.charging.public import method_effect, money_text

    with acting(args) as actor:
        found = method_effect(actor)
    if found is None:
        print("Nothing is allocated yet. Import a month's costs and allocate them.")
        return 0
    rows = [
        (row.code, *("-" if m is None else money_text(m, found.currency) for m in row.amounts))
        for row in found.rows
    ]
    table(("service", *found.methods), rows, "There is no service.")
    for method, why in found.refused.items():
        print(f"{method}: {why}")
    return 0


def put_mark(args: argparse.Namespace) -> int:
    """A mark."""
    from commonweal.practices.charging.public import put_line_mark

    with acting(args) as actor:
        made = put_line_mark(
            actor=actor, mark=args.mark, reason=args.reason, rule=args.rule, unit=args.unit,
            category=args.category, account_prefix=args.account_prefix, kind=args.kind,
        )  # fmt: skip
    print(f"Marked as {made.mark}: {made.reason}. ({made.pk})")
    return 0


def show_towers(args: argparse.Namespace) -> int:
    """Costs by tower."""
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import costs_by_tower, money_text

    with acting(args) as actor:
        found, currency = costs_by_tower(actor, args.first, args.last), centre().currency
    rows = [
        (tower or "no tower yet", pool or "no cost pool yet", money_text(amount, currency))
        for tower, row in found.cells.items()
        for pool, amount in row.items()
    ]
    table(("tower", "cost pool", currency), rows, "These months have no costs.")
    print(f"Total {money_text(found.total, currency)} {currency}")
    return 0


def put_words(args: argparse.Namespace) -> int:
    """The vocabulary."""
    from commonweal.practices.charging.public import cost_vocabulary, put_vocabulary

    with acting(args) as actor:
        if args.file:
            given = json.loads(readable(args.file).read_bytes())
            terms = [(str(code), str(name)) for code, name in given.items()]
            put_vocabulary(actor=actor, kind=args.kind, terms=terms)
        found = cost_vocabulary(actor)[args.kind]
    table(("code", "name"), found, "No words.")
    return 0


def put_tag(args: argparse.Namespace) -> int:
    """A tag."""
    from commonweal.practices.charging.public import tag_cost

    with acting(args) as actor:
        tag_cost(
            actor=actor, pool=args.pool, service=args.service, cost_pool=args.cost_pool,
            tower=args.tower,
        )  # fmt: skip
    print(f"{args.pool or args.service}: {args.cost_pool or '–'}, {args.tower or '–'}.")
    return 0


def put_capacity(args: argparse.Namespace) -> int:
    """A capacity."""
    from commonweal.practices.charging.public import put_capacity as put

    with acting(args) as actor:
        made = put(
            actor=actor, pool=args.pool, charge_item=args.item, quantity=args.quantity,
            unit=args.unit, owner=args.owner, evidence=args.evidence, starts=_day(args.starts),
        )  # fmt: skip
    print(f"Capacity {made.pk}: {made.quantity} {made.unit} a month from {made.starts}.")
    return 0


def record_use(args: argparse.Namespace) -> int:
    """A month's use."""
    from commonweal.practices.charging.public import record_use as put

    with acting(args) as actor:
        put(
            actor=actor, capacity_id=as_id(args.capacity, "capacity"), period=args.period,
            used=args.used, evidence=args.evidence,
        )  # fmt: skip
    print(f"{args.period} used {args.used}.")
    return 0


def put_reserved(args: argparse.Namespace) -> int:
    """A reservation."""
    from commonweal.kernel.party.public import agency
    from commonweal.practices.charging.public import reserve_capacity

    with acting(args) as actor:
        reserve_capacity(
            actor=actor, capacity_id=as_id(args.capacity, "capacity"),
            agency_id=agency(actor, args.agency).pk, quantity=args.quantity,
        )  # fmt: skip
    print(f"{args.agency} reserved {args.quantity}.")
    return 0


def propose_idle(args: argparse.Namespace) -> int:
    """A policy."""
    from commonweal.practices.charging.public import propose_idle_policy

    with acting(args) as actor:
        propose_idle_policy(
            actor=actor, capacity_id=as_id(args.capacity, "capacity"), policy=args.policy,
            reason=args.reason,
        )  # fmt: skip
    print("Proposed. It counts once a second person approves it, on the capacity's page.")
    return 0


def show_capacities(args: argparse.Namespace) -> int:
    """Capacities."""
    from commonweal.practices.charging.public import capacities

    with acting(args) as actor:
        rows = [
            (row.pk, row.pool.code if row.pool else getattr(row.charge_item, "code", ""),
             row.quantity, row.unit, row.starts,
             next((p.policy for p in row.policies.all() if p.state == "approved"), "not decided"))
            for row in capacities(actor)
        ]  # fmt: skip
    table(("id", "of", "a month", "unit", "from", "idle"), rows, "No capacity is recorded.")
    return 0


def put_asset(args: argparse.Namespace) -> int:
    """An asset."""
    from commonweal.practices.charging.public import put_asset as put

    with acting(args) as actor:
        made = put(
            actor=actor, code=args.code, name=args.name, pool=args.pool,
            cost_minor=_minor(args.cost), in_service=_day(args.starts), life_months=args.months,
            contributors={
                who: _minor(amount) for who, amount in pairs(args.paid_by, "--paid-by").items()
            },
            evidence=args.evidence,
        )  # fmt: skip
    print(f"Registered {made.code}: {args.cost} over {made.life_months} months.")
    return 0


def show_assets(args: argparse.Namespace) -> int:
    """The register."""
    from commonweal.practices.charging.public import assets, money_text

    with acting(args) as actor:
        rows = [
            (view.asset.code, view.asset.name, view.asset.pool.code,
             money_text(view.asset.cost_minor, view.asset.currency),
             money_text(view.left_minor, view.asset.currency), view.asset.disposed_on)
            for view in assets(actor)
        ]  # fmt: skip
    table(("code", "name", "pool", "cost", "left", "disposed of"), rows, "No asset is registered.")
    return 0


def depreciate(args: argparse.Namespace) -> int:
    """A month."""
    from commonweal.practices.charging.public import depreciate as take

    with acting(args) as actor:
        made = take(actor=actor, period=args.period)
    print(f"{len(made)} assets were depreciated for {args.period}.")
    return 0


def dispose(args: argparse.Namespace) -> int:
    """A disposal."""
    from commonweal.practices.charging.public import propose_disposal

    with acting(args) as actor:
        propose_disposal(
            actor=actor, code=args.code, day=_day(args.day), proceeds_minor=_minor(args.proceeds),
            reason=args.reason, bills=args.bills,
        )  # fmt: skip
    print("Proposed. It happens once a second person approves it, on the asset's page.")
    return 0


def ended(args: argparse.Namespace) -> int:
    """Disposals with the way of each part of the proceeds."""
    from commonweal.practices.charging.public import (
        asset_by_code,
        disposals,
        money_text,
        proceeds_of,
    )

    with acting(args) as actor:
        asset = asset_by_code(actor, args.code)
        rows: list[tuple[Any, ...]] = []
        for row in disposals(actor, asset):
            first = (row.day, row.state, money_text(row.proceeds_minor, asset.currency))
            shares = proceeds_of(actor, row)
            rows += [
                (*first, share.code or (f"grant:{share.grant}" if share.grant else "centre"),
                 money_text(share.minor, asset.currency), share.way,
                 share.reference or "",
                 ", ".join(share.bills))
                for share in shares
            ] or [(*first, "", "", "", "", "")]  # fmt: skip
    table(("day", "state", "proceeds", "of", "part", "way", "id", "bills"), rows,
          "Nothing was proposed about its end.")  # fmt: skip
    return 0
