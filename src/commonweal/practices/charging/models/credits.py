"""Credits and how they are spread over lines and bills."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant


@tenant(append_only=True)
class Credit(TenantModel):
    """What an agency gets back on bills to come; `decision_id` is the decision of two people.

    `months`: the billing months of its equal instalments. `total_minor`: the sum of its portions,
    positive in the agency's favour.
    """

    kind = models.CharField(max_length=13)  # dispute service_level year_end disposal
    reason = models.CharField(max_length=500)
    decision_id = models.UUIDField()
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    months = models.JSONField()
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-recorded_at", "-id"], name="credit_newest"),
            models.Index(fields=["agency", "-recorded_at", "-id"], name="credit_agency"),
            models.Index(fields=["decision_id"], name="credit_decision"),
        ]


@tenant(append_only=True)
class CreditPortion(TenantModel):
    """A credit's part for one bill line, whose service, item, rate and funding it inherits."""

    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="portions")
    line = models.ForeignKey("charging.BillLine", on_delete=models.PROTECT, related_name="credited")
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credit", "line"], name="credit_portion_once"),
            models.CheckConstraint(
                condition=~models.Q(amount_minor=0), name="credit_portion_not_zero"
            ),
        ]
