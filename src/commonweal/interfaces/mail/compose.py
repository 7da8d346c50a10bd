"""A message of a case as it leaves: threaded by signed ids, marked, with nothing injected. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

from .headers import plain
from .loops import OURS
from .threads import message_id, tagged

_ID = re.compile(r"<[^<>\s]{1,400}>\Z")
MOST = 20
WHOLE_IDS = SMTP.clone(max_line_length=900)
"""Long ids stay whole: shorter lines would have them encoded, and no program would know them."""


@dataclass(frozen=True)
class Outgoing:
    """What leaves. `nonce`: the message's own id, so that sending it twice is one message for
    whoever gets it. `earlier`: Message-IDs of the conversation, oldest first. `automatic`: no
    person wrote it. `desk`: the address that answers come to; `name`: as whom it speaks.
    """

    case_id: UUID
    nonce: UUID
    number: str
    subject: str
    text: str
    desk: str
    name: str
    to: str
    to_name: str = ""
    html: str = ""
    earlier: Sequence[str] = ()
    automatic: bool = False
    sender: str = ""


def compose(out: Outgoing, keys: Sequence[str], now: datetime) -> EmailMessage:
    """The message, ready to be handed to a mail server. A To or desk that is no address raises
    ValueError; line breaks in names and subjects become spaces."""
    sender = out.sender or out.desk
    made = EmailMessage(policy=WHOLE_IDS)
    made["From"] = Address(plain(out.name)[:100], addr_spec=sender)
    made["To"] = Address(plain(out.to_name)[:100], addr_spec=out.to)
    made["Reply-To"] = Address(plain(out.name)[:100], addr_spec=out.desk)
    made["Subject"] = tagged(plain(out.subject)[:200], plain(out.number))
    made["Date"] = now
    domain = out.desk.rpartition("@")[2]
    made["Message-ID"] = message_id(out.case_id, out.nonce, domain, keys)
    known = [each for each in out.earlier if _ID.match(each)][-MOST:]
    if known:
        made["In-Reply-To"] = known[-1]
        made["References"] = " ".join(known)
    made[OURS] = "1"
    if out.automatic:
        made["Auto-Submitted"] = "auto-replied"
        made["X-Auto-Response-Suppress"] = "All"
    made.set_content(out.text.replace("\x00", ""))
    if out.html:
        made.add_alternative(out.html, subtype="html")
    return made
