"""The counter: offices with their desks and what is offered there, appointments, and tickets.

Nothing here names a person: who comes is known by the case alone.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import IdModel, TenantModel, shared, tenant
from .cases import Case
from .setup import CaseType, Category, Queue

WAYS = [("web", "Web"), ("phone", "Telephone"), ("counter", "Counter"), ("api", "Program")]
APPOINTMENTS = ["booked", "arrived", "served", "missed", "cancelled"]
TICKETS = ["waiting", "called", "serving", "hold", "done", "no_show"]


@shared()
class Office(IdModel):
    """Where people come: of the centre, or of the agency that `agency_code` names.

    `calendar`: the code of its opening hours. The members of `queue`'s team serve there.
    Appointments begin every `step_minutes`, at the earliest `notice_minutes` from now, at the
    latest `days_ahead` days. `kiosk_key`: whoever has it may take tickets without an account.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=300, blank=True)
    agency_code = models.CharField(max_length=20, blank=True)
    calendar = models.CharField(max_length=60)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    step_minutes = models.PositiveSmallIntegerField(default=15)
    notice_minutes = models.PositiveIntegerField(default=60)
    days_ahead = models.PositiveSmallIntegerField(default=28)
    kiosk_key = models.CharField(max_length=40, unique=True)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="casework_office_order")]

    def __str__(self) -> str:
        return self.name


@shared()
class OfficeDesk(IdModel):
    """A desk of an office, by the number over it. `only`: codes of what is served there (empty:
    everything). `clerk`: the account of whoever sits there now, since when."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="desks")
    number = models.PositiveSmallIntegerField()
    only = models.JSONField(default=list)
    takes_bookings = models.BooleanField(default=True)
    clerk = models.UUIDField(null=True)
    since = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="casework_desk_once"),
            models.UniqueConstraint(
                fields=["clerk"], condition=Q(clerk__isnull=False), name="casework_desk_clerk"
            ),
        ]


@shared()
class OfficeOffer(IdModel):
    """What an office offers, of which agency, and the minutes planned for it.

    `category` or `case_type` is what it is about; a visit itself is a case of `visit_type`.
    `letter` begins the numbers of its tickets.
    """

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="offers")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    letter = models.CharField(max_length=1, default="A")
    agency_code = models.CharField(max_length=20)
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="+")
    case_type = models.ForeignKey(CaseType, null=True, on_delete=models.PROTECT, related_name="+")
    visit_type = models.ForeignKey(CaseType, on_delete=models.PROTECT, related_name="+")
    minutes = models.PositiveSmallIntegerField()
    bookable = models.BooleanField(default=True)
    walk_in = models.BooleanField(default=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "code"], name="casework_office_offer_once"),
            models.CheckConstraint(
                condition=Q(category__isnull=True) ^ Q(case_type__isnull=True),
                name="casework_office_offer_about",
            ),
        ]
        indexes = [
            models.Index(fields=["agency_code", "name", "id"], name="casework_office_offer_of")
        ]

    def __str__(self) -> str:
        return self.name


@shared()
class TicketNumber(IdModel):
    """The last number of a letter that an office gave on a day."""

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    letter = models.CharField(max_length=1)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office", "day", "letter"], name="casework_ticket_number"
            )
        ]


@tenant()
class Appointment(TenantModel):
    """A time booked at an office, for which `desk` is kept free: two never share a desk's time
    (schema.sql). `own_case`: the case is the visit itself, and ends with it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="appointments")
    own_case = models.BooleanField()
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    offer = models.ForeignKey(OfficeOffer, on_delete=models.PROTECT, related_name="+")
    desk = models.ForeignKey(OfficeDesk, on_delete=models.PROTECT, related_name="+")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    state = models.CharField(max_length=10, default="booked")
    way = models.CharField(max_length=8, choices=WAYS, default="web")
    moved = models.PositiveSmallIntegerField(default=0)
    booked_at = models.DateTimeField(default=now)
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=["booked", "arrived"]),
                name="casework_appointment_one",
            ),
            models.CheckConstraint(
                condition=Q(ends__gt=models.F("starts")), name="casework_appointment_span"
            ),
            models.CheckConstraint(
                condition=Q(state__in=APPOINTMENTS), name="casework_appointment_state"
            ),
        ]
        indexes = [
            models.Index(fields=["office", "starts", "id"], name="casework_appointment_day"),
            models.Index(
                fields=["starts", "id"],
                condition=Q(state="booked"),
                name="casework_appointment_ahead",
            ),
            models.Index(fields=["case", "-starts"], name="casework_appointment_case"),
        ]


@tenant()
class Ticket(TenantModel):
    """Somebody who has come: a number of an office and a day.

    `turn_at`: from when on it is their turn (the appointment's time, or when they came). `desk`:
    where they are called or served; `for_desk`: the one that alone may call them. `waited_seconds`:
    until the first call, without what they were on hold; `served_seconds`: all their serving.
    """

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    offer = models.ForeignKey(OfficeOffer, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tickets")
    own_case = models.BooleanField()
    appointment = models.OneToOneField(
        Appointment, null=True, on_delete=models.PROTECT, related_name="ticket"
    )
    day = models.DateField()
    label = models.CharField(max_length=8)
    state = models.CharField(max_length=8, default="waiting")
    desk = models.ForeignKey(OfficeDesk, null=True, on_delete=models.PROTECT, related_name="+")
    for_desk = models.ForeignKey(OfficeDesk, null=True, on_delete=models.PROTECT, related_name="+")
    clerk = models.UUIDField(null=True)
    taken_at = models.DateTimeField()
    turn_at = models.DateTimeField()
    first_called_at = models.DateTimeField(null=True)
    called_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    calls = models.PositiveSmallIntegerField(default=0)
    held_seconds = models.PositiveIntegerField(default=0)
    waited_seconds = models.PositiveIntegerField(null=True)
    served_seconds = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "day", "label"], name="casework_ticket_once"),
            models.UniqueConstraint(
                fields=["desk"],
                condition=Q(state__in=["called", "serving"]),
                name="casework_ticket_in_hand",
            ),
            models.CheckConstraint(condition=Q(state__in=TICKETS), name="casework_ticket_state"),
        ]
        indexes = [
            models.Index(fields=["office", "-day", "-id"], name="casework_ticket_day"),
            models.Index(
                fields=["office", "turn_at", "id"],
                condition=Q(state__in=["waiting", "called", "serving", "hold"]),
                name="casework_ticket_live",
            ),
            models.Index(fields=["case", "id"], name="casework_ticket_case"),
        ]
