"""A case that somebody asks for another: for a business, or for a person who agreed to it."""

from __future__ import annotations

from uuid import UUID

from ...access.public import Actor
from ...audit.public import action
from ...schema.public import Conflict
from ..domain.errors import CaseError
from ..models import Consent, Contact
from ..rules import require_work
from .events import append, locked, require_whole
from .trust import record_consent


@action
def act_for(*, actor: Actor, case_id: UUID, person: UUID, how: str, scope: str = "case") -> Consent:
    """Note that whoever asked does so for another contact of the agency, and how that one agreed:
    the case is theirs from now on, and who asked stays named as who acts for them.

    Errors: CASE-135 whom, 134 how, 138 nobody asked, 251 somebody acts for another already.
    """
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    asked = case.requester
    if asked is None:
        raise CaseError("CASE-138", "Nobody is named who could be checked. Name who asks first.")
    if case.reporter_id is not None:
        raise Conflict(
            "CASE-251", "Somebody acts for another in this case already. Look at who asks."
        )
    whose = Contact.objects.filter(
        pk=person, agency_id=case.agency_id, erased_at__isnull=True
    ).first()
    if whose is None or whose.pk == asked.pk:
        raise CaseError("CASE-135", "Choose two people whom this agency knows.", field="person")
    case.requester, case.reporter = whose, asked
    append(actor, case, "named", {"contact": str(whose.pk)}, reproject=False)
    return record_consent(
        actor=actor, case_id=case.pk, person=whose.pk, agent=asked.pk, how=how, scope=scope
    )
