"""The centre, its agencies and their bureaus, suppliers, people, memberships and delegations."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ..calendar.public import now
from ..schema.public import IdModel, TenantModel, shared, tenant

KINDS = [("agency", "Agency"), ("centre", "Centre")]


@tenant(column="id")
class Agency(IdModel):
    """A customer of the centre, or (kind `centre`) the centre itself; an agency sees its own."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=8, choices=KINDS, default="agency")
    size = models.PositiveIntegerField(default=0, help_text="Headcount, full-time equivalents")
    contact_email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind="centre"), name="party_one_centre"
            )
        ]

    def __str__(self) -> str:
        return self.name


@tenant()
class InvoiceDetails(TenantModel):
    """What an electronic invoice must say of a party (EN 16931): names, address, identifiers.

    `endpoint_*`: where it receives invoices, with the scheme of the EAS list; `registration_*`: its
    number in a public register, with the scheme of the ICD list. Payment account, VAT category and
    its reason are the centre's only.
    """

    legal_name = models.CharField(max_length=160, blank=True)
    endpoint_scheme = models.CharField(max_length=4, blank=True)
    endpoint_id = models.CharField(max_length=80, blank=True)
    registration_scheme = models.CharField(max_length=4, blank=True)
    registration_id = models.CharField(max_length=80, blank=True)
    street = models.CharField(max_length=160, blank=True)
    city = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    subdivision = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)
    buyer_reference = models.CharField(max_length=80, blank=True)
    payment_account = models.CharField(max_length=40, blank=True)
    vat_category = models.CharField(max_length=1, blank=True)  # O (not subject) E (exempt)
    vat_reason = models.CharField(max_length=200, blank=True)
    vat_id = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency"], name="party_invoice_details_once")
        ]


@tenant()
class PublicFace(TenantModel):
    """How citizens reach an agency, and its privacy notice: one row, read at the public door.

    What is empty is said of the agency's own row (name, address), or not at all. `notice_href`: the
    notice on the agency's own site.
    """

    name = models.CharField(max_length=160, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    hours = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=300, blank=True)
    notice = models.TextField(max_length=6000, blank=True)
    notice_href = models.CharField(max_length=500, blank=True)
    privacy_contact = models.CharField(max_length=200, blank=True)
    privacy_email = models.EmailField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency"], name="party_public_face_once")]


@tenant()
class Bureau(TenantModel):
    """A part of an agency: a scope of a role, not a tenant (design §8)."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=160)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["agency", "code"], name="party_bureau_code")]

    def __str__(self) -> str:
        return self.name


@shared()
class Supplier(IdModel):
    """A company that the centre buys from."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@tenant(column="home_agency_id", own_user="user_id")
class Person(IdModel):
    """A human being: personal data, erasable (design law 12). Other tables hold the id only."""

    user = models.OneToOneField(
        "access.User", on_delete=models.PROTECT, null=True, related_name="person"
    )
    home_agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, related_name="people"
    )
    name = models.CharField(max_length=160)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["home_agency", "name", "id"]),
            models.Index(fields=["name", "id"]),
        ]

    def __str__(self) -> str:
        return self.name


@tenant(own_user="user_id")
class Membership(TenantModel):
    """A person has a role in an agency (or in the centre's own row) from one day to another.

    `user_id` repeats the person's account so that signing in can read the row before any agency is
    in scope. `ends` is the first day without the role. Overlaps are refused in schema.sql.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    user_id = models.UUIDField(null=True, db_index=True)
    role = models.ForeignKey("access.Role", on_delete=models.PROTECT, related_name="+")
    bureau = models.ForeignKey(Bureau, on_delete=models.PROTECT, null=True, related_name="+")
    starts = models.DateField()
    ends = models.DateField(null=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "starts", "id"], name="party_membership_agency"),
            models.Index(fields=["person", "starts", "id"], name="party_membership_person"),
        ]
        constraints = [
            # An empty span (ends = starts) is a membership withdrawn before its first day.
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="party_membership_span",
            )
        ]


@tenant(own_user="to_user_id")
class Delegation(TenantModel):
    """A person lends a role to another for a time, with a reason; the role's holder keeps it."""

    from_person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="lent")
    to_person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="borrowed")
    to_user_id = models.UUIDField(null=True, db_index=True)
    role = models.ForeignKey("access.Role", on_delete=models.PROTECT, related_name="+")
    starts = models.DateField()
    ends = models.DateField()
    reason = models.CharField(max_length=500)
    recorded_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["starts", "id"], name="party_delegation_newest"),
            models.Index(fields=["agency", "starts", "id"], name="party_delegation_agency"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts")), name="party_delegation_span"
            ),
            models.CheckConstraint(
                condition=~Q(from_person=F("to_person")), name="party_delegation_other"
            ),
        ]


@shared()
class CentreProfile(IdModel):
    """The one row of settings that describe this installation's centre."""

    singleton = models.BooleanField(default=True, unique=True)
    agency = models.OneToOneField(Agency, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    short_name = models.CharField(max_length=40)
    currency = models.CharField(max_length=3, default="USD")
    zone = models.CharField(max_length=64, default="America/Chicago")
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=7)
    contact_name = models.CharField(max_length=160, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    locale = models.CharField(max_length=12, default="en-us")
    federal_forms = models.BooleanField(
        default=False, help_text="Forms 7600A and 7600B are in use for agreements and orders"
    )
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(singleton=True), name="party_one_profile"),
            models.CheckConstraint(
                condition=Q(fiscal_year_start_month__gte=1, fiscal_year_start_month__lte=12),
                name="party_fiscal_start",
            ),
        ]
