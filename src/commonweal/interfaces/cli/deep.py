"""`commonweal deep`: the full campaigns of kills and power losses, compared with a plain model."""

from __future__ import annotations

import argparse

from .kit import CommandError, Verbs, add_verb, say

EXAMPLES = """\
  ./run deep --seed 7 --minutes 10               a thousand kills, if ten minutes allow them
  ./run deep --seed 7 --minutes 2 --kills 200    fewer
  ./run deep --seed 7 --minutes 60 --only prices a million random prices, and nothing else
"""
CAMPAIGNS = ("prices", "clocks", "pages", "close", "power", "intake", "jobs")
ABOUT = """\
Rates up to a million random cases of every price model, and compares kernel, plain Python and
totals to the last digit, and as many random clocks by two paths. Then kills senders, the web, workers, the close and the database again
and again, drops what was not brought to disk, and compares everything with a plain model; opens
every page in a browser, in all widths and themes. Works in a folder of its own, which is deleted
afterwards; the result goes to docs/measurements. Exit status 1 if anything was lost,
doubled or differs."""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, "deep", help="kill and cut power by the hundred; compare", about=ABOUT,
        examples=EXAMPLES,
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    parser.add_argument("--minutes", type=float, default=10, metavar="M", help="default 10")
    parser.add_argument("--kills", type=int, default=1000, metavar="K", help="default 1000")
    parser.add_argument(
        "--only", action="append", default=[], metavar="CAMPAIGN", choices=CAMPAIGNS,
        help=f"one of {', '.join(CAMPAIGNS)}; may be repeated",
    )  # fmt: skip
    parser.set_defaults(run=run, needs_database=False)


def run(args: argparse.Namespace) -> int:
    """Run all campaigns, write the page, and say what was found."""
    if args.minutes <= 0 or args.kills <= 0:
        raise CommandError("CLI-111", "Give --minutes and --kills as numbers above zero.")
    from commonweal.ops.deep.campaigns import run_all, write_page

    results = run_all(
        args.data / "deep", seed=args.seed, minutes=args.minutes, kills=args.kills, only=args.only
    )
    path = write_page(results, seed=args.seed, minutes=args.minutes, kills=args.kills)
    findings = [f"{each.name}: {text}" for each in results for text in each.findings]
    for text in findings:
        say(f"  {text}")
    for each in results:
        for text in each.short:
            say(f"  {each.name}: {text}")
    total = sum(each.total_kills for each in results)
    verdict = f"{len(findings)} finding(s)" if findings else "nothing lost, nothing doubled"
    print(f"{total:,} kills: {verdict}. Written to {path}")
    return 1 if findings else 0
