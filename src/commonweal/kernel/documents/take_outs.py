"""Asking for an archive of everything that an agency has here, making it, and removing it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ..access.public import Actor, act_as, require
from ..audit.public import action, record
from ..calendar.public import now
from ..errors import Conflict, Forbidden, NotFound
from ..jobs.public import LIVE, Job, by_keys, enqueue
from ..party.public import centre
from ..schema.public import FIRST, Listing, Place, listing
from .archive import Tell, write_archive
from .leaving import actor_of, everything, staying
from .models import TakeOut

TAKE_OUT = "documents.take_out"
KIND = "documents.take_out"
DAYS = 7
"""How long an archive is kept."""


def archive_path(take_out: TakeOut) -> Path:
    """Where an archive lies: a path of ids only."""
    return Path(settings.DATA_DIR) / "take-outs" / f"{take_out.agency_id}" / f"{take_out.pk}.zip"


def kept_until(take_out: TakeOut) -> datetime:
    """When the archive is removed."""
    return (take_out.finished_at or take_out.asked_at) + timedelta(days=DAYS)


def _key(take_out: TakeOut) -> str:
    return f"take-out:{take_out.pk}"


def works(actor: Actor, rows: Iterable[TakeOut]) -> dict[UUID, Job]:
    """The background work of the archives that are not made yet; one query."""
    keys = {_key(row): row.pk for row in rows if row.finished_at is None}
    found = by_keys(actor, keys) if keys else {}
    return {keys[key]: job for key, job in found.items()}


def take_outs(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[TakeOut]:
    """A page of the archives that were asked for an agency, newest first."""
    require(actor, TAKE_OUT, agency_id)
    return listing(TakeOut.objects.filter(agency_id=agency_id), ["-id"], place)


def take_out(actor: Actor, take_out_id: UUID) -> TakeOut:
    """One archive (DOCUMENTS-411)."""
    found = TakeOut.objects.select_related("agency").filter(pk=take_out_id).first()
    if found is None or not actor.may(TAKE_OUT, found.agency_id):
        raise NotFound(
            "DOCUMENTS-411", "There is no such archive among those you may see. Ask for a new one."
        )
    return found


def open_take_out(actor: Actor, take_out_id: UUID) -> tuple[TakeOut, Path]:
    """An archive and its file (DOCUMENTS-412 before it is made or after it was removed)."""
    found = take_out(actor, take_out_id)
    path = archive_path(found)
    if found.finished_at is None or found.removed_at is not None or not path.is_file():
        raise NotFound(
            "DOCUMENTS-412",
            f"This archive is not there: it is being made, or was removed after {DAYS} days. Wait, "
            "or ask for a new one.",
        )
    return found, path


@action
def ask_take_out(*, actor: Actor, agency_id: UUID) -> TakeOut:
    """Ask for an archive of everything that an agency has here; a worker makes it.

    DOCUMENTS-413 while the one asked for before is still being made.
    """
    require(actor, TAKE_OUT, agency_id)
    before = TakeOut.objects.filter(agency_id=agency_id, finished_at=None).order_by("-id")[:10]
    if any(job.state in LIVE for job in works(actor, before).values()):
        raise Conflict(
            "DOCUMENTS-413",
            "An archive of this agency is being made already. Wait until it is done.",
        )
    made = TakeOut.objects.create(agency_id=agency_id, asked_by=actor.user_id)
    enqueue(
        actor=actor,
        kind=KIND,
        payload={"take_out": str(made.pk)},
        key=_key(made),
        agency_id=agency_id,
    )
    record(actor=actor, verb="documents.take_out_asked", target=made, agency_id=agency_id)
    return made


@action
def begin_here(*, actor: Actor, agency_id: UUID) -> TakeOut:
    """The same for a command that makes the archive itself, without a worker."""
    require(actor, TAKE_OUT, agency_id)
    made = TakeOut.objects.create(agency_id=agency_id, asked_by=actor.user_id)
    record(actor=actor, verb="documents.take_out_asked", target=made, agency_id=agency_id)
    return made


@action
def make_take_out(*, actor: Actor, take_out_id: UUID, tell: Tell) -> TakeOut:
    """Write the archive as the agency alone sees its data; what was made already stays."""
    found = take_out(actor, take_out_id)
    if found.finished_at is None:
        agency, moment = found.agency, now()
        about = {
            "agency": agency.name, "code": agency.code, "centre": centre().name,
            "moment": moment.isoformat(timespec="seconds"),
        }  # fmt: skip
        narrow = actor_of(actor, agency.pk)
        with act_as(narrow):
            sealed = write_archive(
                archive_path(found),
                everything(narrow, agency.pk),
                about=about,
                stays=staying(),
                tell=tell,
            )
        found.filename = f"{agency.code}-everything-{moment:%Y-%m-%d}.zip"
        found.finished_at, found.files = moment, sealed.files
        found.size, found.sha256 = sealed.size, sealed.sha256
        found.save()
    record(
        actor=actor,
        verb="documents.take_out_made",
        target=found,
        agency_id=found.agency_id,
        payload={"files": found.files, "bytes": found.size, "sha256": found.sha256},
    )
    return found


@action
def note_download(*, actor: Actor, take_out_id: UUID) -> TakeOut:
    """Note that somebody took an archive away."""
    found, _ = open_take_out(actor, take_out_id)
    record(
        actor=actor,
        verb="documents.take_out_downloaded",
        target=found,
        agency_id=found.agency_id,
        payload={"sha256": found.sha256},
    )
    return found


@action
def remove_old(*, actor: Actor) -> int:
    """Remove the archives that were kept long enough (how many), and what a kill left of others."""
    if not actor.centre:
        raise Forbidden("ACCESS-403", "Only the centre's own schedule removes archives.")
    gone = 0
    old = now() - timedelta(days=DAYS)
    for found in TakeOut.objects.filter(finished_at__lt=old, removed_at=None).order_by("id"):
        archive_path(found).unlink(missing_ok=True)
        found.removed_at = now()
        found.save(update_fields=["removed_at"])
        gone += 1
    _remove_parts()
    record(
        actor=actor, verb="documents.take_outs_removed", target=("documents.TakeOut", "all"),
        payload={"removed": gone},
    )  # fmt: skip
    return gone


def _remove_parts() -> None:
    """Remove half-written archives that nobody has written to for a day."""
    before = (now() - timedelta(days=1)).timestamp()
    for part in (Path(settings.DATA_DIR) / "take-outs").glob("*/*.zip.part"):
        with suppress(FileNotFoundError):  # its worker finished or removed it meanwhile
            if part.stat().st_mtime < before:
                part.unlink()
