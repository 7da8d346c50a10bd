"""Dated driver sets, marks on ledger lines, and the vocabulary of cost pools and towers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import Span, now
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound

from ..domain.cost_terms import check_set
from ..domain.costs import CostError
from ..models import CostTag, CostTerm, DriverPart, DriverSet, LineMark
from ..selectors.cost_model import require_open
from ..selectors.cost_terms import vocabulary
from ..selectors.marks import FIELDS, PERSONAL, UNALLOWABLE
from .cost_model import PERMISSION, code_of, driver_by_code, pool_by_code


def parse_weight(text: str | Decimal) -> Decimal:
    """A weight written `60%`, `0.6` or `60` of a hundred (COSTS-233)."""
    if isinstance(text, Decimal):
        return text
    plain = text.strip()
    try:
        value = Decimal(plain.removesuffix("%").strip())
    except InvalidOperation as wrong:
        raise CostError(
            "COSTS-233", f"“{text}” is not a weight. Write it like 60 % or 0.6.", field="parts"
        ) from wrong
    return value / 100 if plain.endswith("%") or value > 1 else value


@action
def put_driver_set(
    *,
    actor: Actor,
    pool: str,
    starts: date,
    ends: date | None = None,
    parts: Mapping[str, Decimal | str],
    reason: str = "",
) -> DriverSet:
    """Let a shared pool go out by several weighted drivers from a month on (COSTS-231 to 236).

    `parts`: weight by driver's code, together one. A set that is open at its end closes where the
    new one begins; any other overlap is refused. A month that is allocated keeps its drivers.
    """
    require(actor, PERMISSION)
    found = pool_by_code(pool)
    if found.service_id:
        raise CostError(
            "COSTS-234", f"“{pool}” is a service's own cost, which needs no driver.", field="pool"
        )
    weights = {code: parse_weight(weight) for code, weight in parts.items()}
    span = Span(starts, ends)
    check_set(starts, ends, weights)
    require_open(starts)
    drivers = [(driver_by_code(code), weight) for code, weight in sorted(weights.items())]
    running = DriverSet.objects.filter(pool=found, ends__isnull=True, starts__lt=span.start)
    running.update(ends=span.start)
    made = DriverSet(
        agency_id=found.agency_id, pool=found, starts=span.start, ends=span.end,
        reason=reason.strip()[:300], recorded_at=now(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as overlap:
        raise CostError(
            "COSTS-235",
            f"“{pool}” has other drivers on days from {starts} on. End or remove them first.",
            field="starts",
        ) from overlap
    DriverPart.objects.bulk_create(
        DriverPart(agency_id=found.agency_id, driver_set=made, driver=driver, weight=weight)
        for driver, weight in drivers
    )
    record(
        actor=actor,
        verb="costs.driver_set_put",
        target=made,
        payload={"pool": pool, "starts": span.start, "ends": span.end, "weights": weights},
    )
    return made


@action
def remove_driver_set(*, actor: Actor, set_id: UUID) -> None:
    """Take back a set whose months are all open; the pool's own driver counts again."""
    require(actor, PERMISSION)
    found = DriverSet.objects.filter(pk=set_id, agency_id=centre().agency_id).first()
    if found is None:
        raise NotFound("COSTS-408", "There are no such drivers. Choose them from the list.")
    require_open(found.starts)
    record(actor=actor, verb="costs.driver_set_removed", target=found)
    found.delete()


@action
def put_line_mark(
    *,
    actor: Actor,
    mark: str,
    reason: str,
    rule: str = "",
    unit: str = "",
    category: str = "",
    account_prefix: str = "",
    kind: str = "",
) -> LineMark:
    """Mark ledger lines as not allowable for grants, or as personal (COSTS-261 to 263).

    A line bears the mark if every given field matches. `rule` names the law: 2 CFR 200.450 for
    lobbying, .438 entertainment, .441 fines, .426 bad debt, .439 capital beyond depreciation.
    """
    require(actor, PERMISSION)
    if mark not in (UNALLOWABLE, PERSONAL):
        raise CostError(
            "COSTS-261", f"“{mark}” is not a mark. Use unallowable or personal.", field="mark"
        )
    given = dict(zip(FIELDS, (unit, category, account_prefix, kind), strict=True))
    fields = {name: value.strip() for name, value in given.items()}
    if not any(fields.values()):
        raise CostError(
            "COSTS-262",
            "The mark takes no line in particular. Name a unit, a category, an account or a kind.",
            field="mark-unit",
        )
    if not reason.strip():
        raise CostError(
            "COSTS-263", "Say why these lines bear the mark, in a few words.", field="mark-reason"
        )
    made = LineMark.objects.create(
        agency_id=centre().agency_id, mark=mark, reason=reason.strip()[:200],
        rule=rule.strip()[:80], **fields,
    )  # fmt: skip
    record(actor=actor, verb="costs.mark_put", target=made, payload={"mark": mark, **fields})
    return made


@action
def remove_line_mark(*, actor: Actor, mark_id: UUID) -> None:
    """Take a mark out; what was allocated with it stays as it was."""
    require(actor, PERMISSION)
    found = LineMark.objects.filter(pk=mark_id, agency_id=centre().agency_id).first()
    if found is None:
        raise NotFound("COSTS-409", "There is no such mark. Choose one from the list.")
    record(actor=actor, verb="costs.mark_removed", target=found, payload={"mark": found.mark})
    found.delete()


@action
def put_vocabulary(
    *, actor: Actor, kind: str, terms: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Replace the words for cost pools or towers: (code, name) in order; none: the default again.

    To extend the default, give it with what is added (COSTS-264, COSTS-265).
    """
    require(actor, PERMISSION)
    _check_kind(kind)
    codes = [code_of(code, "word of the vocabulary") for code, _ in terms]
    if len(set(codes)) < len(codes) or not all(name.strip() for _, name in terms):
        raise CostError(
            "COSTS-265", "Each word needs a code of its own and a name. Look at the list."
        )
    CostTerm.objects.filter(agency_id=centre().agency_id, kind=kind).delete()
    CostTerm.objects.bulk_create(
        CostTerm(
            agency_id=centre().agency_id, kind=kind, code=code, name=name.strip()[:120], place=place
        )
        for place, (code, name) in enumerate(terms)
    )
    record(
        actor=actor,
        verb="costs.vocabulary_put",
        target=("charging.CostTerm", centre().agency_id),
        payload={"kind": kind, "codes": codes},
    )
    return vocabulary(kind)


def _check_kind(kind: str) -> None:
    if kind not in ("pool", "tower"):
        raise CostError("COSTS-264", f"“{kind}” has no vocabulary. Use pool or tower.")


@action
def tag_cost(
    *, actor: Actor, pool: str = "", service: str = "", cost_pool: str = "", tower: str = ""
) -> CostTag:
    """Say which cost pool and tower of the vocabulary a pool or a service belongs to.

    Empty words take the tag away (COSTS-266, COSTS-267).
    """
    require(actor, PERMISSION)
    for kind, word in (("pool", cost_pool), ("tower", tower)):
        known = [code for code, _ in vocabulary(kind)]
        if word and word not in known:
            raise CostError(
                "COSTS-266",
                f"“{word}” is not in the vocabulary. Use one of: {', '.join(known)}.",
                field="tag-" + kind,
            )
    target = Service.objects.filter(code=service).first() if service else None
    if bool(pool) == bool(service) or (service and target is None):
        raise CostError(
            "COSTS-267", "Name either one pool or one service that there is.", field="tag-of"
        )
    made, _ = CostTag.objects.update_or_create(
        agency_id=centre().agency_id,
        pool=pool_by_code(pool) if pool else None,
        service=target,
        defaults={"cost_pool": cost_pool, "tower": tower},
    )
    record(
        actor=actor,
        verb="costs.tagged",
        target=made,
        payload={"pool": pool, "service": service, "cost_pool": cost_pool, "tower": tower},
    )
    return made
