"""Reads of baselines, price indices and an agency's own costs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import Decision
from commonweal.kernel.catalogue.public import Service, service_by_code
from commonweal.kernel.documents.public import Document, documents_of
from commonweal.kernel.schema.public import NotFound

from ..domain import COST_KINDS, CostLine, Frozen
from ..models import Baseline, IndexValue, OwnCost, PriceIndex
from ..rules import BASELINE, VIEW, require_view


def indices(actor: Actor) -> list[PriceIndex]:
    """The price indices with all their values, superseded ones too. Public: published figures."""
    return list(PriceIndex.objects.prefetch_related("values").order_by("code"))


def index_by_code(actor: Actor, code: str) -> PriceIndex:
    """One price index (WORTH-404). Public."""
    found = PriceIndex.objects.filter(code=code).first()
    if found is None:
        raise NotFound("WORTH-404", f"There is no price index “{code}”. Choose one of the list.")
    return found


def index_values() -> dict[tuple[UUID, int], Fraction]:
    """The values that count now, by index and fiscal year."""
    rows = IndexValue.objects.filter(superseded_at__isnull=True)
    return {(row.index_id, row.year): Fraction(row.value) for row in rows}


def baseline(actor: Actor, baseline_id: UUID) -> Baseline:
    """One baseline (WORTH-405)."""
    found = baseline_rows().filter(pk=baseline_id).first()
    if found is None or not actor.may(VIEW, found.agency_id):
        raise NotFound("WORTH-405", "There is no such baseline, or you may not see it.")
    return found


def baseline_of(actor: Actor, agency_id: UUID, service_code: str) -> Baseline | None:
    """An agency's baseline of a service, or None; the service must be there (CATALOGUE-404)."""
    require_view(actor, agency_id)
    service = service_by_code(actor, service_code)
    return baseline_rows().filter(agency_id=agency_id, service_id=service.pk).first()


def baseline_rows() -> QuerySet[Baseline]:
    """Baselines with what their pages name, in two queries."""
    return Baseline.objects.select_related(
        "service", "charge_item", "index", "agency"
    ).prefetch_related("lines")


def frozen(row: Baseline) -> Frozen:
    """A baseline as the rules read it."""
    lines = [CostLine(line.kind, line.amount_minor, line.varies) for line in row.lines.all()]
    volume = None if row.volume is None else Fraction(row.volume)
    return Frozen(lines, volume, row.price_year, row.late, row.forecast_minor)


def baseline_document(row: Baseline) -> dict[str, Any]:
    """Everything that is signed, as plain values; its digest is the baseline's hash."""
    lines = {line.kind: line for line in row.lines.all()}
    return {
        "agency": str(row.agency_id),
        "service": row.service.code,
        "charge_item": row.charge_item.code if row.charge_item else None,
        "volume": None if row.volume is None else f"{row.volume.normalize():f}",
        "service_level": row.service_level,
        "price_year": row.price_year,
        "index": row.index.code,
        "currency": row.currency,
        "forecast_minor": row.forecast_minor,
        "lines": [
            {
                "kind": kind,
                "text": lines[kind].text,
                "amount_minor": lines[kind].amount_minor,
                "varies": lines[kind].varies,
            }
            for kind in COST_KINDS
            if kind in lines
        ],
        "evidence": sorted(
            Document.objects.filter(
                owner_type=BASELINE, owner_id=row.pk, agency_id=row.agency_id
            ).values_list("sha256", flat=True)
        )
        if row.state == "draft"
        else list((row_effect(row) or {}).get("evidence", [])),
    }


def row_effect(row: Baseline) -> dict[str, Any] | None:
    """What was proposed with the baseline: its document as the decision keeps it."""
    if row.decision_id is None:
        return None
    found = Decision.objects.filter(pk=row.decision_id).values_list("effect", flat=True).first()
    return dict(found["document"]) if found else None


def evidence(actor: Actor, row: Any) -> list[Document]:
    """The papers of a baseline or a claim that the actor may see, newest first."""
    require_view(actor, row.agency_id)
    return documents_of(actor, (f"consolidation.{type(row).__name__}", row.pk))


def own_cost_rows(actor: Actor, agency_id: UUID, service: Service) -> list[OwnCost]:
    """What an agency entered for a service, superseded figures too, by month, kind and time."""
    require_view(actor, agency_id)
    rows = OwnCost.objects.filter(agency_id=agency_id, service_id=service.pk)
    return list(rows.order_by("period", "kind", "id"))
