"""The door for a mail server: LMTP (or SMTP) on a local address.

A message is acknowledged only after its transaction is committed, so that a killed process loses
nothing that was acknowledged; what was not, the mail server keeps and hands in again.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from socket import socket
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.db import close_old_connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework.public import MailReceipt, Origin, desk_of

from .intake import take

log = logging.getLogger(__name__)
BUSY = "451 4.3.0 The message could not be kept now. Try again later."
NOBODY = "550 5.1.1 No desk has this address."
WORKERS = 4
MOST_RECIPIENTS = 50


def _known(address: str) -> bool:
    close_old_connections()
    with act_as(SYSTEM):
        return desk_of(address) is not None


def _take(data: bytes, origin: Origin) -> MailReceipt:
    close_old_connections()
    return take(data, origin)


class Handler:
    """What the server asks at each step. `lmtp`: an answer for each recipient."""

    def __init__(self, lmtp: bool) -> None:
        self.lmtp = lmtp
        self.pool = ThreadPoolExecutor(WORKERS, "mail")

    async def _run(self, work: Any, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *given)

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Only desks have mail here: nothing is passed on to anybody."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients at once."
        try:
            known = await self._run(_known, address)
        except Exception:
            log.exception("a recipient could not be looked up")
            return BUSY
        if not known:
            return NOBODY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        """Take the message in for each desk that it names, then acknowledge."""
        answers = []
        data = envelope.content or b""
        sender = (envelope.mail_from or "").strip("<>")
        for address in envelope.rcpt_tos:
            origin = Origin("smtp", recipient=address, envelope_from=sender)
            try:
                receipt = await self._run(_take, data, origin)
                answers.append(f"250 2.0.0 {receipt.state} {receipt.number}".rstrip())
            except Exception:
                log.exception("a message could not be kept")
                answers.append(BUSY)
        if self.lmtp:
            return "\r\n".join(answers)
        return next((each for each in answers if not each.startswith("250")), answers[0])


class MailServer(Controller):
    """The server in a thread of its own: `start()`, `stop()`."""

    def __init__(self, host: str, port: int, *, lmtp: bool = True) -> None:
        super().__init__(Handler(lmtp), hostname=host, port=port)

    def factory(self) -> SMTP:
        """One connection."""
        return spoken(self.handler)


def spoken(handler: Handler) -> SMTP:
    """One connection. Larger messages than are taken are refused by their size (552)."""
    kind = LMTP if handler.lmtp else SMTP
    return kind(
        handler,
        data_size_limit=settings.MAIL_SIZE,
        hostname="commonweal",
        ident="Commonweal",
        enable_SMTPUTF8=True,
        timeout=120,
    )


def serve_at(listener: socket, *, lmtp: bool) -> None:
    """Take in what comes to a listening socket until the process ends. Several processes may share
    the socket: whichever is free takes the next connection."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(partial(spoken, Handler(lmtp)), sock=listener)
        await server.serve_forever()

    asyncio.run(work())
