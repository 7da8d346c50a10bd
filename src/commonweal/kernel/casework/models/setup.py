"""How casework is set up: teams, queues, case types, categories, routing, ready answers."""

from __future__ import annotations

from django.db import models

from ...calendar.public import now
from ...schema.public import IdModel, shared

AUDIENCES = [("agency", "People of agencies"), ("citizen", "Citizens"), ("both", "Both")]
PUBLICATIONS = [("private", "Private"), ("agency", "The agency"), ("public", "Public")]


@shared()
class Team(IdModel):
    """People of the centre who work on cases together; a queue belongs to one."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="casework_team_order")]

    def __str__(self) -> str:
        return self.name


@shared(delete=True)
class TeamMember(IdModel):
    """Who belongs to a team, and the skills by which work is given out (codes)."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="members")
    person_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    skills = models.JSONField(default=list)
    lead = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "person_id"], name="casework_member_once")
        ]
        indexes = [models.Index(fields=["user_id"], name="casework_member_account")]


@shared()
class Queue(IdModel):
    """Where cases wait for a team. `address` is the desk's e-mail address; `agency_code` names the
    one agency that it serves (empty: all), as which it speaks to citizens."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="queues")
    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT, related_name="+")
    address = models.EmailField(blank=True)
    agency_code = models.CharField(max_length=20, blank=True)
    default_type = models.ForeignKey(
        "casework.CaseType", null=True, on_delete=models.PROTECT, related_name="+"
    )
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="casework_queue_order")]
        constraints = [
            models.UniqueConstraint(
                fields=["address"], condition=~models.Q(address=""), name="casework_queue_address"
            )
        ]

    def __str__(self) -> str:
        return self.name


@shared()
class CaseType(IdModel):
    """A kind of case as data: its form, states, priorities, who may open it, what it needs.

    `family`: incident request problem change service complaint permit appointment order dispute.
    `items`: the charge item that a closed case of a channel uses one of ("*": every other channel);
    with `contact:` before the channel, that each contact by it uses one of.
    `tasks`: what must be done, in order: {code, name, team}; `approval`: the permission with which
    somebody of the agency must first approve ("": nobody). `needs_identity`: who asks must be known
    by a recorded check before it is done. `retention_days`: after closing, texts and names go.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    family = models.CharField(max_length=12)
    audience = models.CharField(max_length=8, choices=AUDIENCES)
    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT, related_name="+")
    queue = models.ForeignKey(Queue, null=True, on_delete=models.PROTECT, related_name="+")
    form = models.JSONField(default=list)
    machine = models.JSONField()
    matrix = models.JSONField(default=dict)
    default_impact = models.CharField(max_length=6, default="low")
    default_urgency = models.CharField(max_length=6, default="medium")
    skills = models.JSONField(default=list)
    tasks = models.JSONField(default=list)
    approval = models.CharField(max_length=60, blank=True)
    needs_identity = models.BooleanField(default=False)
    publication = models.CharField(max_length=8, choices=PUBLICATIONS, default="private")
    items = models.JSONField(default=dict)
    closes_after_days = models.PositiveIntegerField(default=7)
    retention_days = models.PositiveIntegerField(default=1095)
    active = models.BooleanField(default=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="casework_type_order")]

    def __str__(self) -> str:
        return self.name


@shared()
class Category(IdModel):
    """What a case is about, in plain words; a published one is a service of Open311.

    `agency_code` limits it to what one agency offers to its citizens. `form`: questions beside
    those of the case type. `keywords`: further words by which people look for it. `order_item`: the
    charge item that is ordered by it, once or monthly (`order_recurs`); its kind is an order then.
    """

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    group = models.CharField(max_length=80, blank=True)
    case_type = models.ForeignKey(CaseType, on_delete=models.PROTECT, related_name="categories")
    queue = models.ForeignKey(Queue, null=True, on_delete=models.PROTECT, related_name="+")
    agency_code = models.CharField(max_length=20, blank=True)
    form = models.JSONField(default=list)
    keywords = models.JSONField(default=list)
    skills = models.JSONField(default=list)
    needs_place = models.BooleanField(default=False)
    public = models.BooleanField(default=False)
    order_item = models.CharField(max_length=60, blank=True)
    order_recurs = models.CharField(max_length=8, blank=True)  # once monthly
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["case_type", "name", "id"], name="casework_category_order"),
            models.Index(fields=["name", "id"], name="casework_category_name"),
        ]

    def __str__(self) -> str:
        return self.name


@shared(delete=True)
class RoutingRule(IdModel):
    """The first rule, by `position`, whose conditions fit a new case gives its queue."""

    position = models.PositiveIntegerField(unique=True)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    conditions = models.JSONField(default=dict)


@shared(delete=True)
class ReadyAnswer(IdModel):
    """An answer that agents give often; `{{…}}` is filled from the case."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    text = models.TextField()
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="casework_answer_order")]


@shared()
class Article(IdModel):
    """A piece of knowledge, offered while somebody types. `audience`: staff, agency or public."""

    code = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=160)
    text = models.TextField()
    audience = models.CharField(max_length=8, default="staff")
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.JSONField(default=list)
    shown = models.PositiveIntegerField(default=0)
    solved = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)
    updated_at = models.DateTimeField(default=now)
    updated_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["title", "id"], name="casework_article_order")]
