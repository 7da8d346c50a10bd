"""`commonweal mail`: messages in, by file, by mailbox, from a mail server."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .kit import CommandError, Verbs, add_group, add_verb, readable, say

EXAMPLES = """\
  commonweal mail take message.eml
  commonweal mail poll
  commonweal mail serve --listen 127.0.0.1:2424 --processes 2
"""

MOST = 64
"""Processes that share one place to listen at."""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "mail", help="e-mail that comes to desks", examples=EXAMPLES)
    into = add_verb(
        own, "take", help="take in a message, or a mailbox file (mbox); - is standard input",
        examples="  commonweal mail take message.eml --desk help@centre.example", run=take_file,
    )  # fmt: skip
    into.add_argument("file")
    into.add_argument("--desk", default="", metavar="ADDRESS", help="the desk that it came to")
    fetch = add_verb(
        own, "poll", help="fetch what is new from the mailbox of the settings",
        examples="  commonweal mail poll --every 60", run=poll_mailbox,
    )  # fmt: skip
    fetch.add_argument("--every", type=int, default=0, metavar="SECONDS", help="go on doing so")
    serve = add_verb(
        own, "serve", help="take messages from a mail server by LMTP, until Ctrl-C",
        about="Keep it where only your mail server reaches it.",
        examples="  commonweal mail serve --listen 127.0.0.1:2424", run=serve_mail,
    )  # fmt: skip
    serve.add_argument("--listen", default="127.0.0.1:2424", metavar="HOST:PORT")
    serve.add_argument("--smtp", action="store_true", help="speak SMTP, not LMTP")
    serve.add_argument(
        "--processes", type=int, default=1, metavar="N",
        help="how many take messages beside one another (at most one for each core)",
    )  # fmt: skip


def take_file(args: argparse.Namespace) -> int:
    """Each message of a file."""
    from commonweal.interfaces.mail.files import messages
    from commonweal.interfaces.mail.intake import take
    from commonweal.kernel.casework.public import Origin

    if args.file == "-":
        data = sys.stdin.buffer.read()
    else:
        data = readable(Path(args.file)).read_bytes()
    held = False
    for message in messages(data):
        receipt = take(message, Origin("file", recipient=args.desk))
        print(" ".join(each for each in (receipt.state, receipt.number, receipt.reason) if each))
        held = held or receipt.state == "quarantined"
    return 1 if held else 0


def poll_mailbox(args: argparse.Namespace) -> int:
    """What is new in the mailbox, once or again and again."""
    from django.conf import settings

    from commonweal.interfaces.mail.poll import MailError, account, password, poll

    box, secret = account(settings.MAIL_IMAP), password(settings.MAIL_IMAP_PASSWORD_FILE)
    pause = threading.Event()
    while True:
        try:
            found: Counter[str] = poll(box, secret)
            print(", ".join(f"{count} {state}" for state, count in sorted(found.items()))
                  or "Nothing new.", flush=True)  # fmt: skip
        except MailError as error:
            if not args.every:
                raise
            say(str(error))
        if not args.every:
            return 0
        pause.wait(args.every)


def serve_mail(args: argparse.Namespace) -> int:
    """Until Ctrl-C."""
    from commonweal.interfaces.mail.server import MailServer
    from commonweal.ops.serve import require_free

    host, colon, port = args.listen.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not colon or not port.isdigit() or not 0 < int(port) < 65536:
        raise CommandError("CLI-146", f"“{args.listen}” is no place to listen at. Write HOST:PORT.")
    if not 0 < args.processes <= MOST:
        raise CommandError("CLI-147", f"--processes {args.processes}: use 1 to {MOST}.")
    require_free(int(port), host)
    spoken = "SMTP" if args.smtp else "LMTP"
    said = f"Mail is taken at {args.listen} by {spoken}. Ctrl-C stops it."
    if args.processes > 1:
        with socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ) as listener:
            _share(listener, args, said)
        return 0
    server = MailServer(host, int(port), lmtp=not args.smtp)
    server.start()
    _until_stopped(said, server.stop)
    return 0


def _until_stopped(said: str, stop: Callable[[], object]) -> None:
    say(said)
    try:
        threading.Event().wait()
    finally:
        stop()


def _share(listener: socket.socket, args: argparse.Namespace, said: str) -> None:
    """Several processes at one socket, each replaced when it dies."""
    from commonweal.ops.serve import keep_alive

    stop, door = threading.Event(), partial(take_mail, listener, not args.smtp)
    keepers = [threading.Thread(target=keep_alive, args=(door, stop))
               for _each in range(args.processes)]  # fmt: skip
    for keeper in keepers:
        keeper.start()

    def end() -> None:
        stop.set()
        for keeper in keepers:
            keeper.join()

    _until_stopped(said, end)


def take_mail(listener: socket.socket, lmtp: bool, parent: int) -> None:
    """One of the processes; it ends with the one that started it."""
    import django

    django.setup()
    from commonweal.interfaces.mail.server import serve_at
    from commonweal.ops.serve import end_with

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: the parent decides
    threading.Thread(target=end_with, args=(parent, partial(os._exit, 0)), daemon=True).start()
    serve_at(listener, lmtp=lmtp)
