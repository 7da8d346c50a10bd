"""An agency's budget: its deadline, the figure that the centre issued, its amounts, its alerts."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant


@tenant()
class BudgetDeadline(TenantModel):
    """The day by which an agency needs the figure of a fiscal year, set by it or the centre."""

    fiscal_year = models.IntegerField()
    day = models.DateField()
    set_by_centre = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "fiscal_year"], name="budget_deadline_once"),
        ]


@tenant(append_only=True)
class BudgetFigure(TenantModel):
    """What an agency should budget for a fiscal year, as it was issued on a day; it never changes.

    Amounts in minor units. `document`: the lines by item with quantities, prices and methods.
    `deadline`: the day it was needed by. `known`: whether every line has an interval.
    """

    fiscal_year = models.IntegerField()
    number = models.IntegerField()
    issued_on = models.DateField()
    deadline = models.DateField(null=True)
    currency = models.CharField(max_length=3)
    low_minor = models.BigIntegerField()
    expected_minor = models.BigIntegerField()
    high_minor = models.BigIntegerField()
    known = models.BooleanField(default=True)
    document = models.JSONField()
    content_hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    issued_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "fiscal_year", "number"], name="budget_figure_number"
            ),
        ]
        indexes = [
            models.Index(fields=["issued_at", "id"], name="budget_figure_newest"),
            models.Index(fields=["agency", "issued_at", "id"], name="budget_figure_agency"),
        ]


@tenant()
class BudgetAmount(TenantModel):
    """What an agency has budgeted for a fiscal year: for one service, or (None) altogether."""

    fiscal_year = models.IntegerField()
    service = models.ForeignKey(
        "catalogue.Service", null=True, on_delete=models.PROTECT, related_name="+"
    )
    amount_minor = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "fiscal_year", "service"],
                name="budget_amount_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["fiscal_year", "agency"], name="budget_amount_year")]


@tenant()
class BudgetThresholds(TenantModel):
    """At which percentages of its budgets an agency is told; 50, 80, 100, 110 without a row."""

    percentages = models.JSONField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency"], name="budget_thresholds_once"),
        ]


@tenant(append_only=True)
class BudgetAlert(TenantModel):
    """That an agency was told of a percentage of a budget; once for each."""

    fiscal_year = models.IntegerField()
    service = models.ForeignKey(
        "catalogue.Service", null=True, on_delete=models.PROTECT, related_name="+"
    )
    percentage = models.PositiveIntegerField()
    spent_minor = models.BigIntegerField()
    budget_minor = models.BigIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "fiscal_year", "service", "percentage"],
                name="budget_alert_once",
                nulls_distinct=False,
            ),
        ]
