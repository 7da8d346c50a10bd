"""A mail server that hands messages in over LMTP, in a process of its own; without Django."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Sequence


def deliver(port: int, recipient: str, mails: Sequence[bytes]) -> tuple[list[float], list[str]]:
    """Seconds until each was acknowledged, and what was said to those that were not."""
    waits, wrong = [], []
    with smtplib.LMTP("127.0.0.1", port) as client:
        for number, data in enumerate(mails):
            began = time.perf_counter()
            try:
                client.sendmail(f"sender{number}@agency.example", [recipient], data)
            except smtplib.SMTPException as error:
                wrong.append(str(error)[:200])
            waits.append(time.perf_counter() - began)
    return waits, wrong
