"""Fetches a desk's mail from a mailbox (IMAP). Nothing is marked, moved or removed unless set.

Each message is known by mailbox, UIDVALIDITY and UID, and by its id and words besides: fetching a
mailbox again, also after the server numbered it anew, takes nothing in twice.
"""

from __future__ import annotations

import re
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework.public import MailReceipt, Origin, last_uid
from commonweal.kernel.errors import CommonwealError

from .intake import refuse_unread, take

SECONDS = 60
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_ID = re.compile(rb"<[^<>\s]{1,400}>")


class MailError(CommonwealError):
    """The mailbox cannot be used as it is set up."""


@dataclass(frozen=True)
class Account:
    """`imaps://user@host:993/INBOX`; `imap+starttls://`, or `imap://` within one machine."""

    scheme: str
    user: str
    host: str
    port: int
    folder: str

    @property
    def name(self) -> str:
        """What the rows of the intake call it."""
        return f"{self.user}@{self.host}/{self.folder}"


def account(url: str) -> Account:
    """The account of a setting (MAIL-301)."""
    parts = urlsplit(url)
    ports = {"imaps": 993, "imap+starttls": 143, "imap": 143}
    near = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    good = parts.scheme in ports and parts.hostname and parts.username and not parts.password
    if not good or (parts.scheme == "imap" and not near):
        raise MailError(
            "MAIL-301",
            "COMMONWEAL_MAIL_IMAP is no mailbox. Write it like imaps://desk@mail.example/INBOX;"
            " the password lies in the file secrets/imap_password of the data folder.",
        )
    return Account(
        parts.scheme,
        unquote(parts.username or ""),
        parts.hostname or "",
        parts.port or ports[parts.scheme],
        unquote(parts.path.lstrip("/")) or "INBOX",
    )


def password(path: Path) -> str:
    """The password from its file, which nobody else may read (MAIL-302)."""
    if not path.is_file() or stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise MailError(
            "MAIL-302",
            f"The mailbox's password is read from {path.name} in the folder of secrets. Write it"
            " there, and let nobody else read it (chmod 600).",
        )
    return path.read_text().strip()


def connected(box: Account, secret: str) -> BaseMailBox:
    """The mailbox, signed in, with its folder chosen (MAIL-303)."""
    kinds: dict[str, Callable[..., BaseMailBox]] = {
        "imaps": MailBox, "imap+starttls": MailBoxStartTls, "imap": MailBoxUnencrypted,
    }  # fmt: skip
    try:
        mailbox = kinds[box.scheme](box.host, box.port, timeout=SECONDS)
        mailbox.login(box.user, secret, initial_folder=box.folder)
        return mailbox
    except Exception as error:
        raise MailError(
            "MAIL-303",
            f"The mailbox {box.name} does not let us in ({type(error).__name__}). Check its"
            " address and password.",
        ) from None


def poll(box: Account, secret: str, most: int = 1000) -> Counter[str]:
    """Fetch what is new, up to so many messages; how many by what became of them."""
    found: Counter[str] = Counter()
    with connected(box, secret) as mailbox:
        validity = int(mailbox.folder.status(box.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        with act_as(SYSTEM):
            last = last_uid(box.name, validity)
        for uid in _new(mailbox, last)[:most]:
            receipt = _fetch(mailbox, Origin(box.name, validity, uid))
            found[receipt.state] += 1
            if settings.MAIL_IMAP_MOVE:
                mailbox.move(str(uid), settings.MAIL_IMAP_MOVE)
    return found


def _new(mailbox: BaseMailBox, last: int) -> list[int]:
    numbers = (int(each) for each in mailbox.uids(f"UID {last + 1}:*"))
    return sorted(each for each in numbers if each > last)  # N:* always names the last message


def _fetch(mailbox: BaseMailBox, origin: Origin) -> MailReceipt:
    uid = str(origin.uid)
    asked = "(RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
    said = b"".join(_pieces(mailbox.client.uid("fetch", uid, asked)[1]))
    size, known = _SIZE.search(said), _ID.search(said)
    if size and int(size.group(1)) > settings.MAIL_SIZE:
        name = known.group().decode("ascii", "replace") if known else uid
        return refuse_unread(int(size.group(1)), name, origin)
    answer = mailbox.client.uid("fetch", uid, "(BODY.PEEK[])")[1]
    data = next((each[1] for each in answer if isinstance(each, tuple)), b"")
    return take(data, origin)


def _pieces(answer: list[object]) -> Iterator[bytes]:
    for each in answer:
        if isinstance(each, bytes):
            yield each
        elif isinstance(each, tuple):
            yield from (piece for piece in each if isinstance(piece, bytes))
