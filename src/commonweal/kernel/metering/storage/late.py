"""Late facts, each noted as it arrives with what its service's rule makes of it.

So that nothing late is ever without a standing: booked, held, accepted or declined. A record that
replaces one that is held is held with it. Repeatable: a fact is noted once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

_NOTE = """
INSERT INTO metering_laterecord (id, agency_id, source_id, external_id, charge_item_id,
  order_line_id, quantity, base, unit, starts, ends, dimensions, replaces, received_at, period,
  arrived_in, booked_in, state, reason)
SELECT x.id, x.agency_id, x.source_id, x.external_id, x.charge_item_id, x.order_line_id,
  x.quantity, x.base, x.unit, x.starts, x.ends, x.dimensions, x.replaces_external_id,
  x.received_at, x.period, x.booked_in,
  CASE WHEN x.held THEN '' ELSE x.booked_in END, CASE WHEN x.held THEN 'held' ELSE 'booked' END, ''
FROM (
  SELECT f.*, CASE WHEN t.state = 'declined' THEN t.base ELSE f.replaced_quantity END AS base,
    coalesce(t.state = 'held', false) OR coalesce(p.kind = 'hold', false)
      OR coalesce(p.kind = 'window' AND (f.received_at AT TIME ZONE %(zone)s)::date
        >= (to_date(f.period, 'YYYY-MM') + interval '1 month')::date + p.days, false) AS held
  FROM metering_usagefact f
  JOIN catalogue_chargeitem i ON i.id = f.charge_item_id
  LEFT JOIN metering_laterecord t
    ON t.source_id = f.source_id AND t.external_id = f.replaces_external_id
  LEFT JOIN LATERAL (
    SELECT kind, days FROM metering_latepolicy
    WHERE service_id = i.service_id AND state = 'approved'
      AND starts <= (f.received_at AT TIME ZONE %(zone)s)::date
    ORDER BY starts DESC LIMIT 1
  ) p ON true
  WHERE f.late AND f.booked_in = ANY(%(months)s)
    AND (%(batch)s::uuid IS NULL OR f.batch_id = %(batch)s)
) x
ON CONFLICT (source_id, external_id) DO NOTHING"""
_ZONE = "SELECT zone FROM party_centreprofile LIMIT 1"


def note_late(months: Collection[str], batch_id: UUID | None = None) -> None:
    """Note the late facts booked in some months; `batch_id`: those of one delivery alone."""
    with connection.cursor() as cursor:
        cursor.execute(_ZONE)
        found: Any = cursor.fetchone()
        values = {"zone": found[0] if found else "UTC", "months": list(months), "batch": batch_id}
        cursor.execute(_NOTE, values)
