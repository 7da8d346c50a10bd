"""Setting casework up: teams, queues, case types, categories, rules, answers, articles, clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ...access.public import Actor, forget, require
from ...audit.public import action, record
from ...calendar.public import now
from ...catalogue.public import item_by_code, service_by_code
from ...party.public import Person
from ...schema.public import Conflict, NotFound
from ..domain.errors import CaseError
from ..domain.forms import form_of
from ..domain.ordering import RECURS
from ..domain.pricing import check_items
from ..domain.routing import CONDITIONS
from ..domain.states import LEVELS, MATRIX, check_matrix, machine_of
from ..models import (
    Article,
    CaseType,
    Category,
    Queue,
    ReadyAnswer,
    RoutingRule,
    Team,
    TeamMember,
)
from ..models.cases import CHANNELS
from ..rules import MANAGE

FAMILIES = (
    "incident", "request", "problem", "change", "service", "complaint", "permit", "appointment",
    "order", "dispute",
)  # fmt: skip


def _named(model: Any, code: str, what: str, name: str) -> Any:
    found = model.objects.filter(code=code).first()
    if found is None:
        raise CaseError(
            "CASE-150", f"There is no {what} “{code[:60]}”. Make it first, or correct it.",
            field=name,
        )  # fmt: skip
    return found


@action
def put_team(*, actor: Actor, code: str, name: str, active: bool = True) -> Team:
    """Make a team, or change its name (CASE-151 without code or name)."""
    require(actor, MANAGE)
    _require_names(code, name)
    row, fresh = Team.objects.update_or_create(
        code=code, defaults={"name": name.strip(), "active": active}
    )
    forget()
    record(actor=actor, verb="casework.team_put", target=row, payload={"fresh": fresh})
    return row


def _require_names(code: str, name: str) -> None:
    if not code.strip() or not name.strip():
        raise CaseError("CASE-151", "Give a code and a name.", field="name" if code else "code")


@action
def put_member(
    *,
    actor: Actor,
    team: str,
    person_id: UUID,
    skills: Sequence[str] = (),
    lead: bool = False,
    member: bool = True,
) -> TeamMember | None:
    """Put a person of the centre into a team with their skills, or take them out of it."""
    require(actor, MANAGE)
    found = _named(Team, team, "team", "team")
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise CaseError("CASE-152", "There is no such person. Choose one of the list.",
                        field="person_id")  # fmt: skip
    forget()
    if not member:
        TeamMember.objects.filter(team=found, person_id=person_id).delete()
        record(actor=actor, verb="casework.member_out", target=found,
               payload={"person": person_id})  # fmt: skip
        return None
    row, _fresh = TeamMember.objects.update_or_create(
        team=found,
        person_id=person_id,
        defaults={
            "user_id": person.user_id,
            "skills": sorted({str(skill) for skill in skills}),
            "lead": lead,
        },
    )
    record(actor=actor, verb="casework.member_put", target=row, payload={"person": person_id})
    return row


@action
def put_queue(
    *,
    actor: Actor,
    code: str,
    name: str,
    team: str,
    service: str,
    address: str = "",
    agency: str = "",
    default_type: str = "",
    active: bool = True,
) -> Queue:
    """Make or change a queue (CASE-150, 151, 153 an address that another queue has)."""
    require(actor, MANAGE)
    _require_names(code, name)
    owner = service_by_code(actor, service)
    try:
        with transaction.atomic():
            row, _fresh = Queue.objects.update_or_create(
                code=code,
                defaults={
                    "name": name.strip(),
                    "team": _named(Team, team, "team", "team"),
                    "service": owner,
                    "address": address.strip().lower(),
                    "agency_code": agency,
                    "default_type": _named(CaseType, default_type, "kind of case", "default_type")
                    if default_type
                    else None,
                    "active": active,
                },
            )
    except IntegrityError as twice:
        raise Conflict(
            "CASE-153", "Another queue has this e-mail address. Choose another.", field="address"
        ) from twice
    forget()
    record(actor=actor, verb="casework.queue_put", target=row)
    return row


@dataclass(frozen=True)
class TypeDraft:
    """What a kind of case is; the fields are those of `CaseType`."""

    code: str
    name: str
    family: str
    audience: str
    service: str
    machine: Mapping[str, Any]
    description: str = ""
    queue: str = ""
    form: Sequence[Mapping[str, Any]] = ()
    matrix: Mapping[str, str] = field(default_factory=lambda: dict(MATRIX))
    default_impact: str = "low"
    default_urgency: str = "medium"
    skills: Sequence[str] = ()
    tasks: Sequence[Mapping[str, Any]] = ()
    approval: str = ""
    needs_identity: bool = False
    publication: str = "private"
    items: Mapping[str, str] = field(default_factory=dict)
    closes_after_days: int = 7
    retention_days: int = 1095
    active: bool = True


@action
def put_case_type(*, actor: Actor, draft: TypeDraft) -> CaseType:
    """Make or change a kind of case (CASE-103 its states, 105 matrix, 106 form, 150, 151, 154, 250
    what it charges)."""
    require(actor, MANAGE)
    _require_names(draft.code, draft.name)
    machine_of(draft.machine)
    form_of(draft.form)
    _check_type(draft)
    service = service_by_code(actor, draft.service)
    row, _fresh = CaseType.objects.update_or_create(
        code=draft.code,
        defaults={
            "name": draft.name.strip(),
            "description": draft.description,
            "family": draft.family,
            "audience": draft.audience,
            "service": service,
            "queue": _named(Queue, draft.queue, "queue", "queue") if draft.queue else None,
            "form": [dict(row) for row in draft.form],
            "machine": dict(draft.machine),
            "matrix": check_matrix(draft.matrix),
            "default_impact": draft.default_impact,
            "default_urgency": draft.default_urgency,
            "skills": list(draft.skills),
            "tasks": [dict(row) for row in draft.tasks],
            "approval": draft.approval,
            "needs_identity": draft.needs_identity,
            "publication": draft.publication,
            "items": check_items(draft.items, dict(CHANNELS)),
            "closes_after_days": draft.closes_after_days,
            "retention_days": draft.retention_days,
            "active": draft.active,
        },
    )
    record(actor=actor, verb="casework.type_put", target=row)
    return row


def _check_type(draft: TypeDraft) -> None:
    checks = (
        (draft.family in FAMILIES, "family", "Choose what family of cases it belongs to."),
        (draft.audience in ("agency", "citizen", "both"), "audience", "Choose who may ask for it."),
        (
            draft.publication in ("private", "agency", "public"),
            "publication",
            "Choose who may read it.",
        ),
        (
            draft.default_impact in LEVELS and draft.default_urgency in LEVELS,
            "default_impact",
            "Give impact and urgency as high, medium or low.",
        ),
        (draft.retention_days > 0, "retention_days", "Keep cases for a day at least."),
        (all(row.get("name") for row in draft.tasks), "tasks", "Each task needs a name."),
    )
    for good, name, sentence in checks:
        if not good:
            raise CaseError("CASE-154", sentence, field=name)


@action
def put_category(
    *,
    actor: Actor,
    code: str,
    name: str,
    case_type: str,
    description: str = "",
    group: str = "",
    queue: str = "",
    agency: str = "",
    form: Sequence[Mapping[str, Any]] = (),
    keywords: Sequence[str] = (),
    skills: Sequence[str] = (),
    needs_place: bool = False,
    public: bool = False,
    order_item: str = "",
    order_recurs: str = "",
    active: bool = True,
) -> Category:
    """Make or change what a case can be about (CASE-106, 150, 151; 241 what cannot be ordered).

    `order_item`: the charge item that is ordered by it, `once` or `monthly` (`order_recurs`).
    """
    require(actor, MANAGE)
    _require_names(code, name)
    form_of(form)
    kind = _named(CaseType, case_type, "kind of case", "case_type")
    _check_order(actor, kind, order_item, order_recurs)
    row, _fresh = Category.objects.update_or_create(
        code=code,
        defaults={
            "name": name.strip(),
            "description": description,
            "group": group,
            "case_type": kind,
            "queue": _named(Queue, queue, "queue", "queue") if queue else None,
            "agency_code": agency,
            "form": [dict(each) for each in form],
            "keywords": [str(word) for word in keywords],
            "skills": [str(skill) for skill in skills],
            "needs_place": needs_place,
            "public": public,
            "order_item": order_item,
            "order_recurs": order_recurs,
            "active": active,
        },
    )
    record(actor=actor, verb="casework.category_put", target=row)
    return row


def _check_order(who: Actor, kind: CaseType, item: str, recurs: str) -> None:
    """What an order orders is there; only orders order something, once or monthly."""
    if (kind.family == "order") != bool(item) or (recurs in RECURS) != bool(item):
        raise CaseError(
            "CASE-241",
            "An order names the charge item that it orders, once or monthly; nothing else does. "
            "Choose an item and how often, and a kind of case of the family “order”.",
            field="order_item",
        )
    if item:
        try:
            item_by_code(who, item)
        except NotFound as missing:
            raise CaseError(
                "CASE-241", f"There is no charge item “{item[:60]}”. Choose one of the catalogue.",
                field="order_item",
            ) from missing  # fmt: skip


@action
def put_rule(
    *, actor: Actor, position: int, queue: str, conditions: Mapping[str, Sequence[str]]
) -> RoutingRule:
    """Put a routing rule at a position; one that names nothing is refused (CASE-155)."""
    require(actor, MANAGE)
    named = {key: [str(each) for each in values] for key, values in conditions.items() if values}
    if not named or not set(named) <= {*CONDITIONS, "words"}:
        raise CaseError(
            "CASE-155",
            "A rule needs a condition or words: an empty one would take every case.",
            field="conditions",
        )
    row, _fresh = RoutingRule.objects.update_or_create(
        position=position,
        defaults={"queue": _named(Queue, queue, "queue", "queue"), "conditions": named},
    )
    record(actor=actor, verb="casework.rule_put", target=row, payload={"position": position})
    return row


@action
def drop_rule(*, actor: Actor, position: int) -> None:
    """Take a routing rule away."""
    require(actor, MANAGE)
    row = RoutingRule.objects.filter(position=position).first()
    if row is None:
        raise CaseError("CASE-155", "There is no rule at this position. Look at the list again.")
    record(actor=actor, verb="casework.rule_dropped", target=row, payload={"position": position})
    row.delete()


@action
def put_ready_answer(
    *, actor: Actor, code: str, name: str, text: str, team: str = ""
) -> ReadyAnswer:
    """Make or change an answer that agents give often (CASE-151)."""
    require(actor, MANAGE)
    _require_names(code, name)
    row, _fresh = ReadyAnswer.objects.update_or_create(
        code=code,
        defaults={
            "name": name.strip(),
            "text": text.strip(),
            "team": _named(Team, team, "team", "team") if team else None,
        },
    )
    record(actor=actor, verb="casework.answer_put", target=row)
    return row


@action
def put_article(
    *,
    actor: Actor,
    code: str,
    title: str,
    text: str,
    audience: str = "staff",
    category: str = "",
    words: Sequence[str] = (),
    active: bool = True,
) -> Article:
    """Make or change a piece of knowledge (CASE-151, 156)."""
    require(actor, "casework.write_knowledge")
    _require_names(code, title)
    if audience not in ("staff", "agency", "public") or not text.strip():
        raise CaseError("CASE-156", "Give the text, and choose who may read it.", field="text")
    row, _fresh = Article.objects.update_or_create(
        code=code,
        defaults={
            "title": title.strip(),
            "text": text.strip(),
            "audience": audience,
            "category": _named(Category, category, "subject", "category") if category else None,
            "words": [str(word) for word in words],
            "active": active,
            "updated_at": now(),
            "updated_by": actor.user_id,
        },
    )
    record(actor=actor, verb="casework.article_put", target=row)
    return row
