"""`commonweal ratedesk`: build-ups, scenarios and the rules for rates, file in, table out."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from .kit import (
    CommandError,
    Verbs,
    acting,
    add_group,
    add_json,
    add_verb,
    as_id,
    pairs,
    readable,
    show_one,
    show_rows,
)

EXAMPLES = """\
  commonweal ratedesk scenario --year 2027 plan.json     what a scenario means to everybody
  commonweal ratedesk leaves LWD --year 2027 --from 2027-01 --variable payroll=40%
  commonweal ratedesk keep --name "Payroll recovers" --year 2027 plan.json
  commonweal ratedesk build-up payroll --year 2027 payroll.json
  commonweal ratedesk rules --notice-days 60 --freeze
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "ratedesk", help="plan rates: build-ups, scenarios, rules", examples=EXAMPLES
    )
    _scenarios(own)
    _build_ups(own)
    _rules(own)


def _scenarios(own: Verbs) -> None:
    tried = add_verb(
        own, "scenario", help="work a scenario out; nothing is kept",
        about="The file holds the assumptions as JSON: see docs/how-to/rate-desk.md.",
        examples="  commonweal ratedesk scenario --year 2027 plan.json", run=try_file,
    )  # fmt: skip
    tried.add_argument("file", type=Path)
    tried.add_argument("--year", type=int, required=True, metavar="YYYY")
    add_json(tried)
    moved = add_verb(
        own, "leaves", help="what it means to everybody that an agency leaves",
        examples="  commonweal ratedesk leaves LWD --year 2027 --from 2027-01", run=leaves,
    )  # fmt: skip
    moved.add_argument("agency", help="code of the agency")
    moved.add_argument("--year", type=int, required=True, metavar="YYYY")
    moved.add_argument("--from", dest="month", default="", metavar="YYYY-MM")
    moved.add_argument("--variable", action="append", default=[], metavar="SERVICE=SHARE",
                       help="the share of a service's cost that goes with volume")  # fmt: skip
    moved.add_argument("--keep-prices", action="store_true", help="do not raise the others' prices")
    add_json(moved)
    kept = add_verb(
        own, "keep", help="keep a scenario under a name",
        examples='  commonweal ratedesk keep --name "Plan B" --year 2027 plan.json', run=keep,
    )  # fmt: skip
    kept.add_argument("file", type=Path)
    kept.add_argument("--name", required=True)
    kept.add_argument("--year", type=int, required=True, metavar="YYYY")
    kept.add_argument("--reason", default="")
    listed = add_verb(
        own, "scenarios", help="the scenarios that are kept",
        examples="  commonweal ratedesk scenarios", run=list_scenarios,
    )  # fmt: skip
    add_json(listed)
    told = add_verb(
        own, "publish", help="show a scenario to every agency for comment",
        examples="  commonweal ratedesk publish ID --until 2027-03-31 --reason WHY", run=publish,
    )  # fmt: skip
    told.add_argument("scenario", help="id of the scenario")
    told.add_argument("--until", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    told.add_argument("--reason", required=True)
    proposed = add_verb(
        own, "propose", help="propose every price of a scenario, or of a build-up, that changes",
        examples="  commonweal ratedesk propose ID --starts 2027-07-01 --reason WHY", run=propose,
    )  # fmt: skip
    proposed.add_argument("what", help="id of the scenario or build-up")
    proposed.add_argument("--starts", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    proposed.add_argument("--reason", default="")
    proposed.add_argument("--build-up", action="store_true", help="the id is that of a build-up")
    proposed.add_argument("--mid-year", action="store_true", help="it changes the year in progress")
    proposed.add_argument("--authority", default="", help="the resolution behind it")
    proposed.add_argument("--short-notice", default="", metavar="REASON",
                          help="why agencies know it late")  # fmt: skip
    said = add_verb(
        own, "comment", help="say for an agency what it thinks of a proposal",
        examples='  commonweal ratedesk comment ID "We agree." --as ana@lwd.example', run=comment,
    )  # fmt: skip
    said.add_argument("effect", help="id of the proposal to the agency")
    said.add_argument("text")


def _build_ups(own: Verbs) -> None:
    built = add_verb(
        own, "build-up", help="keep a service's zero-base build-up, and show the rates",
        about="The file holds `lines` and `items` as JSON: see docs/how-to/rate-desk.md.",
        examples="  commonweal ratedesk build-up payroll --year 2027 payroll.json", run=build_up,
    )  # fmt: skip
    built.add_argument("service", help="code of the service")
    built.add_argument("file", type=Path)
    built.add_argument("--year", type=int, required=True, metavar="YYYY")
    built.add_argument("--note", default="")
    add_json(built)
    listed = add_verb(
        own, "build-ups", help="the versions of build-ups",
        examples="  commonweal ratedesk build-ups", run=list_build_ups,
    )  # fmt: skip
    add_json(listed)


def _rules(own: Verbs) -> None:
    rules = add_verb(
        own, "rules", help="show the rules for rates, or set them",
        examples="  commonweal ratedesk rules\n  commonweal ratedesk rules --notice-days 60",
        run=set_rules,
    )  # fmt: skip
    rules.add_argument("--notice-days", type=int)
    rules.add_argument("--freeze", action=argparse.BooleanOptionalAction)
    rules.add_argument("--authority", metavar="NAME", help="whose resolution a mid-year change is")
    rules.add_argument("--jump", type=int, metavar="PERCENT", help="a change that takes a reason")
    rules.add_argument("--deadline-days", type=int, help="days before the year for budget figures")
    add_json(rules)
    notice = add_verb(
        own, "notice", help="set an agreement's own notice of rates",
        examples="  commonweal ratedesk notice AGREEMENT --agency LWD --days 90", run=set_notice,
    )  # fmt: skip
    notice.add_argument("agreement", help="number or id of the agreement")
    notice.add_argument("--agency", required=True)
    notice.add_argument("--days", type=int, required=True)
    cap = add_verb(
        own, "cap", help="set a limit that law puts on rates or overhead",
        examples="  commonweal ratedesk cap VITA --kind overhead --limit 0.0826 "
        "--source 'Budget act' --starts 2027-07-01",
        run=put_cap,
    )  # fmt: skip
    cap.add_argument("code")
    cap.add_argument("--kind", choices=("rate", "overhead"), required=True)
    cap.add_argument("--limit", required=True)
    cap.add_argument("--source", required=True)
    cap.add_argument("--starts", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    cap.add_argument("--service", default="")
    cap.add_argument("--item", default="")
    cap.add_argument("--warn", action="store_true", help="warn only; without it, refuse")


def _document(path: Path) -> dict[str, Any]:
    """A JSON object from a file (CLI-121)."""
    try:
        found = json.loads(readable(path).read_text("utf-8"))
    except ValueError as wrong:
        raise CommandError("CLI-121", f"{path} is not JSON: {wrong}. Mend it.") from wrong
    if not isinstance(found, dict):
        raise CommandError("CLI-121", f"{path} holds no JSON object. Write {{…}}.")
    return found


EFFECTS = ("customer", "before", "after", "change")


def _show(args: argparse.Namespace, result: Any, currency: str) -> int:
    """The effects on everybody, then how the services stand."""
    from commonweal.practices.charging.public import money_text

    rows = [
        (effect.agency, *(money_text(value, currency) for value in
                          (effect.before, effect.after, effect.change)))
        for effect in result.effects
    ]  # fmt: skip
    show_rows(args, EFFECTS, rows, "Nobody uses anything in this year.")
    if args.json:
        return 0
    print()
    for row in result.services:
        said = (
            f"{row.service}: revenue {money_text(row.revenue, currency)}, "
            f"lost {money_text(row.lost, currency)}, gone {money_text(row.gone, currency)}"
        )
        if row.known:
            said += (
                f", cost {money_text(row.cost, currency)}, position "
                f"{money_text(row.position, currency)}, stranded "
                f"{money_text(row.stranded, currency)}"
            )
        print(said)
    for agency, item in result.dearest:
        print(f"{agency}, {item}: at the dearest of its prices, since no usage is recorded.")
    print(f"Revenue changes by {money_text(result.revenue_change, currency)} {currency}.")
    return 0


def try_file(args: argparse.Namespace) -> int:
    """Work a file's assumptions out."""
    from commonweal.practices.charging.public import try_scenario

    given = _document(args.file)
    with acting(args) as actor:
        found, result = try_scenario(actor, args.year, given)
    return _show(args, result, found.base.currency)


def leaves(args: argparse.Namespace) -> int:
    """An agency leaves: everybody's year before and after."""
    from commonweal.practices.charging.public import present, try_scenario

    move = {"agency": args.agency, "kind": "leaves"}
    if args.month:
        move["from"] = args.month
    with acting(args) as actor:
        items = present(actor, args.year).base.models
        prices = {} if args.keep_prices else dict.fromkeys(items, "recover")
        found, result = try_scenario(
            actor,
            args.year,
            {"moves": [move], "prices": prices, "variable": pairs(args.variable, "--variable")},
        )
    return _show(args, result, found.base.currency)


def keep(args: argparse.Namespace) -> int:
    """Keep a scenario."""
    from commonweal.practices.charging.public import put_scenario

    given = _document(args.file)
    with acting(args) as actor:
        row = put_scenario(
            actor=actor, name=args.name, fiscal_year=args.year, assumptions=given,
            reason=args.reason,
        )  # fmt: skip
    print(f"Kept: {row.pk}")
    return 0


def list_scenarios(args: argparse.Namespace) -> int:
    """The newest scenarios."""
    from commonweal.practices.charging.public import scenarios

    with acting(args) as actor:
        rows = [(row.pk, row.name, row.fiscal_year, row.state) for row in scenarios(actor)]
    header = ("id", "name", "fiscal year", "state")
    return show_rows(args, header, rows, "No scenario is kept yet.")


def publish(args: argparse.Namespace) -> int:
    """Publish for comment."""
    from commonweal.practices.charging.public import publish_scenario

    with acting(args) as actor:
        made = publish_scenario(
            actor=actor, scenario_id=as_id(args.scenario, "scenario"), comment_until=args.until,
            reason=args.reason,
        )  # fmt: skip
    print(f"{len(made)} agencies may comment until {args.until}.")
    return 0


def propose(args: argparse.Namespace) -> int:
    """Propose the prices of a scenario or of a build-up."""
    from commonweal.practices.charging.public import propose_build_up, propose_scenario

    timing = {
        "starts": args.starts,
        "reason": args.reason,
        "mid_year": args.mid_year,
        "authority_ref": args.authority,
        "short_notice": args.short_notice,
    }
    with acting(args) as actor:
        if args.build_up:
            found = propose_build_up(actor=actor, build_id=as_id(args.what, "build-up"), **timing)
        else:
            found = propose_scenario(
                actor=actor, scenario_id=as_id(args.what, "scenario"), **timing
            )
    for row in found:
        print(f"Proposed: {row.code}")
    print("A second person decides: /centre/rates/proposals/")
    return 0


def comment(args: argparse.Namespace) -> int:
    """Comment on a proposal."""
    from commonweal.practices.charging.public import comment_scenario

    with acting(args) as actor:
        comment_scenario(actor=actor, effect_id=as_id(args.effect, "proposal"), text=args.text)
    print("Said. The centre reads it beside the scenario.")
    return 0


def build_up(args: argparse.Namespace) -> int:
    """Keep a build-up and show its rates."""
    from commonweal.practices.charging.public import build_view, put_build_up

    given = _document(args.file)
    with acting(args) as actor:
        row = put_build_up(
            actor=actor, service=args.service, fiscal_year=args.year,
            lines=given.get("lines", []), items=given.get("items", []), note=args.note,
        )  # fmt: skip
        view = build_view(actor, row.pk)
    rows = [
        (rate.item.item, rate.item.share, rate.item.volume, rate.rate, rate.remainder)
        for rate in view.made.rates
    ]
    header = ("charge item", "share", "volume", "rate", "left by rounding")
    show_rows(args, header, rows, "")
    if not args.json:
        print(f"Version {row.version}: {row.pk}, {view.made.total} {row.currency} to recover.")
    return 0


def list_build_ups(args: argparse.Namespace) -> int:
    """The newest build-ups."""
    from commonweal.practices.charging.public import build_ups, money_text

    with acting(args) as actor:
        rows = [
            (row.pk, row.service.code, row.fiscal_year, row.version,
             money_text(row.total_minor, row.currency))
            for row in build_ups(actor)
        ]  # fmt: skip
    header = ("id", "service", "fiscal year", "version", "to recover")
    return show_rows(args, header, rows, "No build-up is kept yet.")


def set_rules(args: argparse.Namespace) -> int:
    """Show the rules, or set those that are given; the others stay."""
    from commonweal.practices.charging.public import rate_rules, set_rate_rules

    with acting(args) as actor:
        now = rate_rules(actor)
        facts = {
            "notice_days": now.notice_days,
            "freeze": now.freeze,
            "authority_needed": now.authority_needed,
            "authority_name": now.authority_name,
            "jump_percent": int(now.jump * 100),
            "deadline_days": now.deadline_days,
        }
        given: dict[str, Any] = {
            "notice_days": args.notice_days,
            "freeze": args.freeze,
            "authority_name": args.authority,
            "authority_needed": None if args.authority is None else bool(args.authority),
            "jump_percent": args.jump,
            "deadline_days": args.deadline_days,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        if changes:
            facts |= changes
            set_rate_rules(actor=actor, **facts)  # type: ignore[arg-type]
    return show_one(args, facts)


def set_notice(args: argparse.Namespace) -> int:
    """Set an agreement's notice."""
    from commonweal.kernel.catalogue.public import agreements
    from commonweal.kernel.party.public import agency
    from commonweal.practices.charging.public import set_agreement_notice

    with acting(args) as actor:
        own = agency(actor, args.agency)
        rows = agreements(actor, own.pk)
        row = next((r for r in rows if args.agreement in (r.number, str(r.pk))), None)
        set_agreement_notice(actor=actor, agreement_id=row.pk if row else own.pk, days=args.days)
    print(f"{args.agreement}: {args.days} days.")
    return 0


def put_cap(args: argparse.Namespace) -> int:
    """Set a limit."""
    from commonweal.practices.charging.public import put_rate_cap

    with acting(args) as actor:
        row = put_rate_cap(
            actor=actor, code=args.code, kind=args.kind, limit=args.limit, source=args.source,
            starts=args.starts, service=args.service, charge_item=args.item, refuse=not args.warn,
        )  # fmt: skip
    print(f"{row.code}: {row.kind} up to {row.limit.normalize():f}.")
    return 0
