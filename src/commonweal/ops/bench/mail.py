"""The speed of reading mail: parsed, folded, made safe; beside the standard library's parser alone,
which leaves texts undecoded and HTML as it came."""

from __future__ import annotations

import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

from commonweal.interfaces.mail.parse import Reading, parse
from commonweal.kernel.calendar.public import now

_ROW = "<tr><td style='color:red'>Item {n}</td><td>{n} pieces</td></tr>"


def _letter(number: int) -> bytes:
    """A reply as people send them: text, HTML with a table, a quotation, a picture of 30 kB."""
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = f"Person {number} <person{number}@agency.example>"
    made["To"] = "help@desk.example"
    made["Subject"] = f"Re: The printer of floor {number % 40}"
    made["Message-ID"] = f"<bench{number}@agency.example>"
    made["References"] = "<a@desk.example> <b@desk.example>"
    quoted = "".join(f"> line {n} of what was said before\n" for n in range(30))
    said = f"It still blinks, no. {number}.\n\n"
    made.set_content(
        f"{said}On Mon, 5 Oct 2026 at 09:00, Help <help@desk.example> wrote:\n{quoted}"
    )
    rows = "".join(_ROW.format(n=n) for n in range(60))
    made.add_alternative(
        f"<html><body onload='x()'><p>{said}</p><table>{rows}</table>"
        "<img src='https://elsewhere.example/p.png'></body></html>",
        subtype="html",
    )
    made.add_attachment(bytes(range(256)) * 120, maintype="image", subtype="png", filename="p.png")
    return made.as_bytes()


def _seconds(work: Callable[[bytes], object], mails: list[bytes]) -> float:
    began = time.perf_counter()
    for each in mails:
        work(each)
    return time.perf_counter() - began


def bench_mail(count: int) -> list[dict[str, str]]:
    """Rows of the bench: messages a second, and the ratio to the standard library's parser."""
    mails = [_letter(number) for number in range(count)]
    reading, moment = Reading(own=["help@desk.example"], keys=["bench"]), now()
    whole = _seconds(lambda data: parse(data, moment, reading), mails)
    bare = _seconds(lambda data: message_from_bytes(data, policy=policy.compat32), mails)
    size = sum(len(each) for each in mails) / count / 1000
    return [
        {
            "what": f"{count:,} messages of {size:.0f} kB, read, folded, made safe",
            "result": f"{count / whole:,.0f}",
            "unit": "messages/s",
            "target": "≥ 50",
            "baseline": f"{whole / bare:.1f}× the standard library's parser alone",
        }
    ]
