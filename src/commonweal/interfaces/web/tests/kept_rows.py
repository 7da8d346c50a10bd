"""The first row of each table that the pages of keeping cases show."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.models import (
    Case,
    CaseImport,
    CaseUsage,
    ClockAudit,
    ClockDrift,
    ClockFreeze,
    Erasure,
    LegalHold,
    MailIntake,
)
from commonweal.kernel.measures.models import MeasureFact
from commonweal.kernel.party.models import CentreProfile

if TYPE_CHECKING:
    from django.db import models

    from commonweal.interfaces.web.agency.tests.world import World


def kept_rows(world: World) -> list[models.Model]:
    """A hold, an erasure, an import, refused usage, a proof with its drift, a month, a measure, a
    mail."""
    parks, when = world.agencies["PARKS"], now()
    home = CentreProfile.objects.using("owner").values_list("agency_id", flat=True)[0]
    case = Case.objects.using("owner").filter(agency_id=parks).order_by("id")[0]
    proof = ClockAudit(began_at=when, ended_at=when, cases=1, clocks=1, drifted=1)
    counts = {"resolution solve 2026-01-01": {"met": 1, "missed": 0}}
    return [
        LegalHold(agency_id=parks, case_id=case.pk, reason="A court asked for it"),
        Erasure(agency_id=parks, case_id=case.pk, cause="request", rule="Asked", counts={}),
        CaseImport(agency_id=home, source="old", kind="cases", mapping={}, sha256="0" * 64),
        CaseUsage(agency_id=parks, case_id=case.pk, charge_item="it.case", channel="web",
                  closed_at=when, state="refused", code="USAGE-109", sentence="No order."),
        proof,
        ClockDrift(agency_id=parks, audit_id=proof.pk, case_id=case.pk, definition="solve",
                   cycle=1, field="elapsed_us", held="1", computed="2"),
        ClockFreeze(agency_id=parks, month=when.date().replace(day=1), counts=counts,
                    digest="0" * 64),
        MeasureFact(agency_id=parks, source="casework", source_id="one", metric="resolution",
                    service_id=case.case_type.service_id, numerator=1, denominator=1, starts=when,
                    ends=when + timedelta(seconds=1), month=when.date().replace(day=1),
                    digest="0" * 64),
        MailIntake(agency_id=home, mailbox="test", message_key="0" * 64, raw_sha256="0" * 64,
                   state="quarantined", reason="MAIL-208"),
    ]  # fmt: skip
