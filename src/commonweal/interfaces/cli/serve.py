"""`commonweal serve`: the web and its worker."""

from __future__ import annotations

import argparse
import os

from .kit import Verbs, add_verb, say

EXAMPLES = """\
  commonweal serve                      http://127.0.0.1:8000/, until Ctrl-C
  commonweal serve --port 8100 --host 0.0.0.0
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, "serve", help="serve the web and the API, with one worker beside them",
        about="Refuses to serve as a role that could pass the wall between agencies.",
        examples=EXAMPLES, run=run,
    )  # fmt: skip
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.set_defaults(prepare=prepare)


def prepare(args: argparse.Namespace) -> None:
    """Links in messages lead to where we serve, unless COMMONWEAL_URL says what people type."""
    if "COMMONWEAL_URL" not in os.environ:
        here = "127.0.0.1" if args.host in ("0.0.0.0", "::") else args.host
        os.environ["COMMONWEAL_URL"] = f"http://{here}:{args.port}"
        if here != args.host:
            say(f"Links in messages lead to {here}. Set COMMONWEAL_URL to what people type.")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from commonweal.ops.serve import serve

    say(f"http://{args.host}:{args.port}/   Ctrl-C stops the server; the data stays.")
    return serve(args.port, args.host)
