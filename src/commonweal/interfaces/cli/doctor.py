"""`commonweal doctor`: is this machine fit, and is the database as safe as it must be?"""

from __future__ import annotations

import argparse

from .kit import Verbs, add_verb

EXAMPLES = "  commonweal doctor\n  commonweal doctor --data /srv/centre"


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, "doctor", help="look at this machine, the data folder and the database",
        about="Starts nothing and changes nothing. Exit status 1 if something must be mended.",
        examples=EXAMPLES,
    )  # fmt: skip
    parser.set_defaults(run=run, needs_database=False)


def run(args: argparse.Namespace) -> int:
    """Print the examination."""
    from commonweal.ops.doctor import main

    return main(["--data", str(args.data)])
