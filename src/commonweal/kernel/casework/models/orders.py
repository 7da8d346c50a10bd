"""What an agency ordered from the catalogue; the conversation about it is its case."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import TenantModel, tenant
from ..domain.ordering import STATES
from .cases import Case


@tenant()
class CaseOrder(TenantModel):
    """A number of units of a charge item, ordered by a case, with the price that was shown.

    `state`: asked (waits for an approval), ordered, in_service, ended (given up), refused,
    cancelled. `recurs`: once, or monthly from the month on in which it came into service, until
    the month in which it is given up. `promised_at`: what was promised, had it been approved at
    once. `counted`: the first day of the newest month whose usage was noted.
    """

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="order")
    charge_item = models.CharField(max_length=60)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    recurs = models.CharField(max_length=8)
    rate = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    first_minor = models.BigIntegerField()
    year_minor = models.BigIntegerField()
    promised_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default="asked")
    ordered_at = models.DateTimeField(default=now)
    in_service_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    counted = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "ordered_at", "id"], name="casework_order_newest"),
            models.Index(
                fields=["id"],
                condition=Q(state="in_service", recurs="monthly"),
                name="casework_order_counts",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="casework_order_quantity"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="casework_order_state"),
        ]
