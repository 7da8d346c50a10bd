"""Reads of the yearly packages."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.documents.public import documents_of, open_document
from commonweal.kernel.jobs.public import Job, by_keys
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..models import AnnualPackage

MAKE = "charging.make_package"


def annual_packages(actor: Actor, place: Place = FIRST) -> Listing[AnnualPackage]:
    """A page of the yearly packages, newest first."""
    require(actor, MAKE)
    return listing(AnnualPackage.objects.all(), ["-id"], place)


def package_jobs(actor: Actor, rows: Iterable[AnnualPackage]) -> dict[UUID, Job]:
    """The background work of some packages, ended or not; one query."""
    keys = {f"package:{row.pk}": row.pk for row in rows}
    return {keys[key]: job for key, job in by_keys(actor, keys).items()}


def package_file(actor: Actor, package_id: UUID) -> tuple[str, bytes]:
    """A package's name and bytes, compared with their hash (RECOVERY-406)."""
    require(actor, MAKE)
    row = AnnualPackage.objects.filter(pk=package_id).first()
    found = documents_of(actor, ("charging.AnnualPackage", package_id)) if row else []
    if row is None or not found:
        raise NotFound("RECOVERY-406", "There is no such package. Choose one from the list.")
    return row.filename, open_document(actor, found[0].id)
