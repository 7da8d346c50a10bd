"""Reports that other programs send (Open311 GeoReport v2), and the keys that let them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import now
from ...schema.public import NotFound, alone
from ..domain.errors import CaseError
from ..domain.numbers import key_hash
from ..models import Case, Interaction, Open311Key
from ..rules import MANAGE, citizen
from .attaching import attach
from .opening import NewCase, Opened, open_case
from .talking import Said, add_note, receive_message

SOURCE = "open311"
SAME = timedelta(hours=1)
"""The same report of the same program within so long is the report that came before."""
OFTEN = timedelta(minutes=5)


@action
def put_open311_key(*, actor: Actor, agency_id: UUID, name: str) -> tuple[Open311Key, str]:
    """Make a key for a program that reports to an agency; the secret is given once and never again
    (CASE-230 without a name)."""
    require(actor, MANAGE)
    if not name.strip():
        raise CaseError("CASE-230", "Say whose key it is, such as the program's name.",
                        field="name")  # fmt: skip
    secret = "cwo_" + secrets.token_urlsafe(30)
    row = Open311Key.objects.create(
        agency_id=agency_id,
        name=name.strip()[:80],
        prefix=secret[:12],
        secret_hash=key_hash(secret),
    )
    record(actor=actor, verb="casework.open311_key_put", target=row, agency_id=agency_id)
    return row, secret


@action
def end_open311_key(*, actor: Actor, key_id: UUID) -> Open311Key:
    """A key opens nothing more, at once; what it reported stays (CASE-415)."""
    require(actor, MANAGE)
    row = Open311Key.objects.select_for_update().filter(pk=key_id).first()
    if row is None:
        raise NotFound("CASE-415", "There is no such key. Look at the list.")
    row.ended_at = row.ended_at or now()
    row.save(update_fields=["ended_at"])
    record(actor=actor, verb="casework.open311_key_ended", target=row, agency_id=row.agency_id)
    return row


@dataclass(frozen=True)
class SentFile:
    """A file that came with a report."""

    name: str
    media_type: str
    data: bytes


def _used(key: Open311Key) -> None:
    long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now() - OFTEN)
    Open311Key.objects.filter(long_ago, pk=key.pk).update(last_used_at=now())


def _fingerprint(key: Open311Key, new: NewCase, link: str, files: Sequence[SentFile]) -> str:
    who = (new.requester.name, new.requester.email, new.requester.phone) if new.requester else ()
    parts = [
        str(key.pk), repr(who), new.category, new.text.strip(), link, new.place, str(new.latitude),
        str(new.longitude), repr(sorted(new.answers.items())),
        *(hashlib.sha256(each.data).hexdigest() for each in files),
    ]  # fmt: skip
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def _same(agency_id: UUID, fingerprint: str) -> Case | None:
    """The same report of a moment ago; whoever sends it twice at once waits here for the first."""
    alone(f"report {fingerprint}")
    return (
        Case.objects.select_related("case_type", "category", "agency")
        .filter(
            agency_id=agency_id,
            source=SOURCE,
            source_id__startswith=fingerprint,
            recorded_at__gt=now() - SAME,
        )
        .first()
    )


@action
def take_report(
    *,
    actor: Actor,
    key: Open311Key,
    new: NewCase,
    link: str = "",
    files: Sequence[SentFile] = (),
) -> Opened:
    """Open a case from a report of another program, with its pictures; the same report again within
    an hour is the same case. `link`: a stranger's address of a picture, kept for the agents as text
    and never fetched. Errors: those of opening and of files."""
    agency_id = key.agency_id
    _used(key)
    fingerprint = _fingerprint(key, new, link, files)
    known = _same(agency_id, fingerprint)
    if known is not None:
        record(actor=actor, verb="casework.report_repeated", target=known, agency_id=agency_id)
        return Opened(known, fresh=False)
    moment = f"{now():%Y%m%d%H%M%S%f}"
    new = replace(new, source=SOURCE, source_id=f"{fingerprint}:{moment}", channel="open311")
    opened = open_case(actor=actor, agency_id=agency_id, new=new)
    case = opened.case
    own = citizen(agency_id, [case.pk])
    for each in files:
        attach(
            actor=own,
            case_id=case.pk,
            filename=each.name,
            media_type=each.media_type,
            data=each.data,
            public=case.published,
        )
    if link:
        with act_as(SYSTEM):
            add_note(actor=SYSTEM, case_id=case.pk, text=f"media_url: {link}")
    return opened


@action
def take_update(
    *, actor: Actor, key: Open311Key, case_id: UUID, said: Said, update_id: str = ""
) -> Interaction:
    """A further message of another program to a case that it may see; the same `update_id` of the
    same key is the same message (CASE-126, 115)."""
    _used(key)
    mark = f"open311:{key.pk}:{update_id}"[:250] if update_id else ""
    if mark:
        known = Interaction.objects.filter(message_id=mark, agency_id=key.agency_id).first()
        if known is not None:
            record(
                actor=actor,
                verb="casework.update_repeated",
                target=known.case,
                agency_id=key.agency_id,
            )
            return known
    return receive_message(actor=actor, case_id=case_id, said=replace(said, message_id=mark))
