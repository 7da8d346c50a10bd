"""Whether an agency's page “Where did our money go?” is open to everybody."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant


@tenant(append_only=True)
class MoneyPage(TenantModel):
    """One turn of the switch: opened or closed, by whom, why. The last one counts."""

    published = models.BooleanField()
    reason = models.CharField(max_length=300)
    recorded_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agency", "recorded_at", "id"], name="money_page_last")]
