"""Agreements with agencies, their orders, lines, funding sources and signed estimates."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ...calendar.public import now
from ...schema.public import TenantModel, tenant
from .services import span_check

PROFILES = [("plain", "Plain"), ("7600", "Forms 7600A and 7600B")]
SIDES = [("centre", "Centre"), ("agency", "Agency")]
OPEN = ["draft", "proposed"]
BINDING = ["active", "superseded", "ended"]
CLOSED = ["withdrawn", "refused"]


def _two_parties(prefix: str) -> list[models.BaseConstraint]:
    """Binding only when both parties signed, each by somebody other than its own proposer."""
    signed = Q(signed_by_agency__isnull=False, signed_by_centre__isnull=False)
    own_proposal = Q(proposed_side="centre", signed_by_centre=F("proposed_by")) | Q(
        proposed_side="agency", signed_by_agency=F("proposed_by")
    )
    return [
        models.CheckConstraint(
            condition=~Q(state__in=BINDING) | signed, name=f"catalogue_{prefix}_both_signed"
        ),
        models.CheckConstraint(condition=~own_proposal, name=f"catalogue_{prefix}_four_eyes"),
        models.CheckConstraint(
            condition=Q(signed_by_agency__isnull=True)
            | Q(signed_by_centre__isnull=True)
            | ~Q(signed_by_agency=F("signed_by_centre")),
            name=f"catalogue_{prefix}_two_people",
        ),
    ]


def waiting_index(prefix: str) -> models.Index:
    """Finds what waits for a signature, oldest first."""
    return models.Index(
        fields=["id"], condition=Q(state="proposed"), name=f"catalogue_{prefix}_waits"
    )


class Signed(TenantModel):
    """Something that binds two parties: who proposed it, for which side, and who signed.

    `closed_by` withdrew it (their own side's proposal), refused it (the other side's), or ended it;
    `closing_reason` says why.
    """

    proposed_by = models.UUIDField(null=True)
    proposed_person = models.UUIDField(null=True)
    proposed_side = models.CharField(max_length=8, choices=SIDES)
    signed_by_agency = models.UUIDField(null=True)
    signed_by_agency_at = models.DateTimeField(null=True)
    signed_by_centre = models.UUIDField(null=True)
    signed_by_centre_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    closed_side = models.CharField(max_length=8, choices=SIDES, blank=True)
    closed_at = models.DateTimeField(null=True)
    closing_reason = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        abstract = True


@tenant()
class Agreement(Signed):
    """General terms between the centre and one agency; orders stand on it.

    `requesting_aid`, `servicing_aid` and `location_code` are for profile 7600 (form 7600A).
    `ended_on`: the first day on which it no longer holds, if it ended before `ends`. `renews`: the
    agreement that it follows.
    """

    STATES: ClassVar[list[str]] = [
        "draft",
        "proposed",
        "active",
        "ended",
        "withdrawn",
        "refused",
    ]

    number = models.CharField(max_length=24)
    sequence = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    starts = models.DateField()
    ends = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    profile = models.CharField(max_length=8, choices=PROFILES, default="plain")
    terms = models.TextField()
    requesting_aid = models.CharField(max_length=3, blank=True)
    servicing_aid = models.CharField(max_length=3, blank=True)
    location_code = models.CharField(max_length=8, blank=True)
    renews = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="renewals")
    state = models.CharField(max_length=10, default="draft")

    class Meta:
        ordering = ["agency", "sequence"]
        indexes = [waiting_index("agreement")]
        constraints = [
            models.UniqueConstraint(fields=["agency", "number"], name="catalogue_agreement_number"),
            models.UniqueConstraint(
                fields=["agency", "sequence"], name="catalogue_agreement_sequence"
            ),
            models.UniqueConstraint(fields=["id", "agency"], name="catalogue_agreement_tenant"),
            models.CheckConstraint(
                condition=Q(state__in=[*OPEN, "active", "ended", *CLOSED]),
                name="catalogue_agreement_state",
            ),
            span_check("catalogue_agreement_span"),
            *_two_parties("agreement"),
        ]

    def __str__(self) -> str:
        return self.number


@tenant()
class Order(Signed):
    """What one agency may use from a day to a day, and what it is expected to cost.

    A binding order never changes: a modification is a new row with the same number, the next
    `modification`, and `supersedes`. `total_minor` is the sum of the lines' estimates, and
    `advance_total_minor` the sum of their advances, in minor units of `currency`. `ended_on`: the
    first day on which it no longer holds, if it was superseded or ended before `ends`.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="orders")
    number = models.CharField(max_length=24)
    sequence = models.PositiveIntegerField()
    modification = models.PositiveIntegerField(default=0)
    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="modifications"
    )
    reason = models.CharField(max_length=500, blank=True)
    starts = models.DateField()
    ends = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    advance_total_minor = models.BigIntegerField(default=0)
    advance_recognition = models.CharField(max_length=20, blank=True)
    payment_days = models.PositiveIntegerField(default=30)
    billing_frequency = models.CharField(max_length=10, default="monthly")
    location_code = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=10, default="draft")

    class Meta:
        ordering = ["agency", "number", "modification"]
        indexes = [
            waiting_index("order"),
            models.Index(
                fields=["agreement", "number", "modification"], name="catalogue_order_agreement"
            ),
            models.Index(
                fields=["state", "agency", "number", "modification"], name="catalogue_order_state"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "number", "modification"], name="catalogue_order_number"
            ),
            models.UniqueConstraint(fields=["id", "agency"], name="catalogue_order_tenant"),
            models.UniqueConstraint(
                fields=["agency", "supersedes"],
                condition=Q(state__in=OPEN),
                name="catalogue_order_one_change",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*OPEN, *BINDING, *CLOSED]),
                name="catalogue_order_state",
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gte=0, advance_total_minor__gte=0),
                name="catalogue_order_amounts",
            ),
            models.CheckConstraint(
                condition=Q(modification=0, supersedes__isnull=True)
                | Q(modification__gt=0, supersedes__isnull=False),
                name="catalogue_order_chain",
            ),
            span_check("catalogue_order_span"),
            *_two_parties("order"),
        ]

    def __str__(self) -> str:
        return f"{self.number}.{self.modification}"


@tenant(delete=True)
class OrderLine(TenantModel):
    """One charge item that the order covers, for one bureau or (None) for the whole agency.

    `active` lines cover usage on [starts, ends); they never overlap for the same agency, item and
    bureau (EXCLUDE in schema.sql). A line may go only while its order is a draft. `agreed_ends`:
    the end that was signed, for which the estimate stands; `ends` may be cut short later.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    charge_item = models.ForeignKey(
        "catalogue.ChargeItem", on_delete=models.PROTECT, related_name="+"
    )
    bureau = models.ForeignKey(
        "party.Bureau", on_delete=models.PROTECT, null=True, related_name="+"
    )
    description = models.CharField(max_length=300, blank=True)
    estimated_quantity = models.DecimalField(max_digits=18, decimal_places=6)
    estimated_amount_minor = models.BigIntegerField()
    advance_minor = models.BigIntegerField(default=0)
    starts = models.DateField()
    ends = models.DateField(null=True)
    agreed_ends = models.DateField(null=True)
    active = models.BooleanField(default=False)
    activated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["order", "number"]
        indexes = [models.Index(fields=["agency", "charge_item", "starts"])]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="catalogue_line_number"),
            models.UniqueConstraint(fields=["id", "agency"], name="catalogue_line_tenant"),
            models.CheckConstraint(
                condition=Q(
                    estimated_quantity__gte=0, estimated_amount_minor__gte=0, advance_minor__gte=0
                ),
                name="catalogue_line_amounts",
            ),
            span_check("catalogue_line_span"),
            models.CheckConstraint(
                condition=Q(agreed_ends__isnull=True) | Q(ends__lte=F("agreed_ends")),
                name="catalogue_line_agreed",
            ),
        ]


@tenant(delete=True)
class FundingSource(TenantModel):
    """Which money pays which share of a line; a line's shares add up to exactly one.

    The share is `share_numerator` / `share_denominator`. `account_string` is the agency's own.
    """

    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="funding")
    name = models.CharField(max_length=120)
    account_string = models.CharField(max_length=80, blank=True)
    share_numerator = models.BigIntegerField()
    share_denominator = models.BigIntegerField()
    grant = models.BooleanField(default=False)
    grant_ref = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["order_line", "id"]
        constraints = [
            models.UniqueConstraint(fields=["order_line", "name"], name="catalogue_funding_once"),
            models.CheckConstraint(
                condition=Q(share_numerator__gt=0, share_denominator__gte=F("share_numerator")),
                name="catalogue_funding_share",
            ),
            models.CheckConstraint(
                condition=Q(grant=False) | ~Q(grant_ref=""), name="catalogue_funding_grant"
            ),
        ]


@tenant(append_only=True)
class EstimateSignature(TenantModel):
    """The agency's answer to the estimated quantity of a line: its signature, later compared with
    use, or (`refusal`) why it does not sign that quantity. The last one counts."""

    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="signatures")
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    refusal = models.CharField(max_length=500, blank=True)
    signed_by = models.UUIDField()
    signed_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["order_line", "signed_at"]


@tenant()
class Ending(Signed):
    """That an order, or an agreement with all its orders, ends early: it takes both parties.

    `ends`: the first day without it. `reason`: why, as proposed.
    """

    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, null=True, related_name="endings"
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="endings")
    ends = models.DateField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="draft")

    class Meta:
        ordering = ["id"]
        indexes = [waiting_index("ending")]
        constraints = [
            models.CheckConstraint(
                condition=Q(agreement__isnull=True, order__isnull=False)
                | Q(agreement__isnull=False, order__isnull=True),
                name="catalogue_ending_of_one",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*OPEN, "active", *CLOSED]), name="catalogue_ending_state"
            ),
            models.UniqueConstraint(
                fields=["agency", "agreement"],
                condition=Q(state__in=OPEN, agreement__isnull=False),
                name="catalogue_ending_agreement",
            ),
            models.UniqueConstraint(
                fields=["agency", "order"],
                condition=Q(state__in=OPEN, order__isnull=False),
                name="catalogue_ending_order",
            ),
            *_two_parties("ending"),
        ]

    def __str__(self) -> str:
        return f"End of {self.order or self.agreement}"
