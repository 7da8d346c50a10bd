"""The yearly package: asked for with one click, made by a worker, kept as a document."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now
from commonweal.kernel.documents.public import store
from commonweal.kernel.jobs.public import enqueue_again
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, NotFound, uuid7

from ..domain.recovery import RecoveryError
from ..models import AnnualPackage
from ..papers.annual_package import annual_package
from ..selectors.recovery import recovery_years

MAKE = "charging.make_package"
KIND = "charging.annual_package"
OWNER = "charging.AnnualPackage"


def package_key(package_id: UUID) -> str:
    """The key of the one job that makes a package."""
    return f"package:{package_id}"


@action
def ask_package(*, actor: Actor, fiscal_year: int) -> AnnualPackage:
    """Have the package of a fiscal year made in the background (RECOVERY-601: no such year)."""
    require(actor, MAKE)
    row = _row(actor, fiscal_year)
    enqueue_again(actor=actor, kind=KIND, key=package_key(row.pk), payload={"package": str(row.pk)})
    record(actor=actor, verb="recovery.package_asked", target=row, payload={"year": fiscal_year})
    return row


def _row(actor: Actor, fiscal_year: int) -> AnnualPackage:
    if fiscal_year not in recovery_years(actor):
        raise RecoveryError(
            "RECOVERY-601",
            f"No month of the fiscal year {fiscal_year} is closed. Choose another year.",
            field="year",
        )
    return AnnualPackage.objects.create(
        id=uuid7(),
        agency_id=centre().agency_id,
        fiscal_year=fiscal_year,
        asked_by=actor.user_id,
        asked_at=now(),
    )


@action
def make_package(
    *,
    actor: Actor,
    package_id: UUID,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> AnnualPackage:
    """Make a package that was asked for, and keep it. Made already: it stays."""
    require(actor, MAKE)
    row = AnnualPackage.objects.select_for_update().filter(pk=package_id).first()
    if row is None:
        raise NotFound("RECOVERY-406", "There is no such package. Choose one from the list.")
    if not row.made_at:
        made = annual_package(actor, row.fiscal_year, tell)
        store(
            actor=actor,
            agency_id=row.agency_id,
            owner=(OWNER, row.pk),
            kind="package",
            filename=made.filename,
            media_type="application/zip",
            data=made.data,
        )
        row.made_at, row.root, row.filename, row.problem = now(), made.root, made.filename, {}
        row.save(update_fields=["made_at", "root", "filename", "problem"])
    record(
        actor=actor,
        verb="recovery.package_made",
        target=row,
        payload={"year": row.fiscal_year, "root": row.root},
    )
    return row


@action
def make_package_here(*, actor: Actor, fiscal_year: int) -> AnnualPackage:
    """Ask for a package and make it at once, for the command line."""
    require(actor, MAKE)
    row = _row(actor, fiscal_year)
    record(actor=actor, verb="recovery.package_asked", target=row, payload={"year": fiscal_year})
    return make_package(actor=actor, package_id=row.pk)


@action
def note_package_refused(*, actor: Actor, package_id: UUID, error: CommonwealError) -> None:
    """Keep why a package could not be made, for whoever asked."""
    require(actor, MAKE)
    row = AnnualPackage.objects.select_for_update().get(pk=package_id)
    row.problem = {"code": error.code, "message": error.message}
    row.save(update_fields=["problem"])
    record(actor=actor, verb="recovery.package_refused", target=row, payload={"code": error.code})
