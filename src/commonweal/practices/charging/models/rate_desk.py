"""The rate desk: build-ups, scenarios, rules, and what rates mean to each agency.

Build-ups, scenarios and rules belong to the centre's own party row; what an agency is told of them
is a row of its own.
"""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant


@tenant(append_only=True)
class RateBuild(TenantModel):
    """A service's zero-base build-up for a fiscal year; another figure is another version.

    `lines` and `items` are the documents of domain/build_up.py; `total_minor` rounds their sum.
    """

    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT, related_name="+")
    fiscal_year = models.IntegerField()
    version = models.IntegerField()
    lines = models.JSONField()
    items = models.JSONField()
    note = models.CharField(max_length=300, blank=True)
    total_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "service", "fiscal_year", "version"], name="rate_build_version"
            ),
        ]
        indexes = [models.Index(fields=["recorded_at", "id"], name="rate_build_newest")]


@tenant()
class Scenario(TenantModel):
    """A named scenario: the present as it was then (`base`), and what is assumed about it.

    Both are documents of domain/scenario_documents.py, so that it works out alike for ever.
    """

    name = models.CharField(max_length=120)
    fiscal_year = models.IntegerField()
    reason = models.CharField(max_length=500, blank=True)
    base = models.JSONField()
    assumptions = models.JSONField()
    state = models.CharField(max_length=10, default="draft")  # or published proposed
    comment_until = models.DateField(null=True)
    published_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "name"], name="scenario_name"),
        ]
        indexes = [models.Index(fields=["recorded_at", "id"], name="scenario_newest")]


@tenant(append_only=True)
class ScenarioEffect(TenantModel):
    """What a published scenario would mean to one agency: proposed, not decided.

    `items`: the agency's own items with their amounts before and after. `edition` counts the
    publications of the scenario.
    """

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="effects")
    edition = models.IntegerField(default=1)
    name = models.CharField(max_length=120)
    fiscal_year = models.IntegerField()
    reason = models.CharField(max_length=500, blank=True)
    before_minor = models.BigIntegerField()
    after_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    items = models.JSONField()
    comment_until = models.DateField(null=True)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "scenario", "edition"], name="scenario_effect_once"
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "published_at", "id"], name="scenario_effect_newest")
        ]


@tenant(append_only=True)
class ScenarioComment(TenantModel):
    """What an agency says about a scenario."""

    effect = models.ForeignKey(ScenarioEffect, on_delete=models.PROTECT, related_name="comments")
    text = models.CharField(max_length=2000)
    said_by = models.UUIDField()
    said_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["effect", "said_at", "id"], name="scenario_comment")]


@tenant(append_only=True)
class RateRule(TenantModel):
    """The centre's rules for rates from a moment on; the newest row counts."""

    notice_days = models.PositiveIntegerField(default=0)
    freeze = models.BooleanField(default=False)
    authority_needed = models.BooleanField(default=False)
    authority_name = models.CharField(max_length=120, blank=True)
    jump_percent = models.PositiveIntegerField(default=25)
    deadline_days = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["agency", "recorded_at", "id"], name="rate_rule_newest")]


@tenant(append_only=True)
class AgreementNotice(TenantModel):
    """The notice of rates that an agreement gives an agency, in days; the newest row counts."""

    agreement = models.ForeignKey("catalogue.Agreement", on_delete=models.PROTECT, related_name="+")
    days = models.PositiveIntegerField()
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agreement", "recorded_at", "id"], name="agreement_notice_newest")
        ]


@tenant()
class RateCap(TenantModel):
    """A statutory limit: of rates (`kind` rate, major units) or of overhead (a share of 1).

    Of one item, one service, or (both None) all. `source`: the law or resolution that sets it.
    """

    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=8)  # rate | overhead
    service = models.ForeignKey(
        "catalogue.Service", null=True, on_delete=models.PROTECT, related_name="+"
    )
    charge_item = models.ForeignKey(
        "catalogue.ChargeItem", null=True, on_delete=models.PROTECT, related_name="+"
    )
    limit = models.DecimalField(max_digits=18, decimal_places=9)
    refuse = models.BooleanField(default=True)
    source = models.CharField(max_length=200)
    starts = models.DateField()
    ends = models.DateField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "code"], name="rate_cap_code")]


@tenant(append_only=True)
class RateEffect(TenantModel):
    """What a proposed rate means to one agency's year, as it was when it was proposed."""

    rate_version = models.ForeignKey(
        "charging.RateVersion", on_delete=models.PROTECT, related_name="effects"
    )
    fiscal_year = models.IntegerField()
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    before_minor = models.BigIntegerField()
    after_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rate_version", "agency"], name="rate_effect_once"),
        ]
