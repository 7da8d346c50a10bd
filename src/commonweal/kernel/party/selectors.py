"""Reads: the centre, agencies, bureaus, people and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from ..access.public import Actor, require, require_somewhere
from ..errors import NotFound
from ..schema.public import FIRST, Listing, Place, listing
from .domain import Centre
from .faces import Face, shown_face
from .models import (
    Agency,
    Bureau,
    CentreProfile,
    Delegation,
    InvoiceDetails,
    Membership,
    Person,
    PublicFace,
    Supplier,
)

_known: ContextVar[tuple[object, Centre] | None] = ContextVar("party_centre", default=None)


def _transaction() -> object | None:
    """What identifies the running transaction: its outermost atomic block."""
    blocks: list[object] = getattr(connection, "atomic_blocks", [])
    return blocks[0] if blocks else None


def centre() -> Centre:
    """The centre's settings, read once per transaction (PARTY-404 before they are set)."""
    running, known = _transaction(), _known.get()
    if known is not None and known[0] is running:
        return known[1]
    row = CentreProfile.objects.first()
    if row is None:
        raise NotFound(
            "PARTY-404", "This installation has no centre yet. Run `commonweal init`, or set it."
        )
    found = centre_of(vars(row))
    remember_centre(found)
    return found


def centre_of(row: Mapping[str, Any]) -> Centre:
    """The settings in a row of their table."""
    named = {field.name: row[field.name] for field in fields(Centre)}
    return Centre(**named | {"agency_id": UUID(str(row["agency_id"]))})


def remember_centre(found: Centre) -> None:
    """Spare the running transaction from reading the settings."""
    running = _transaction()
    _known.set((running, found) if running is not None else None)


def forget_centre() -> None:
    """Read the settings anew next time; every write of them calls this."""
    _known.set(None)


def agencies(actor: Actor, *, kind: str = "agency", place: Place | None = None) -> Listing[Agency]:
    """The agencies in the actor's scope, by code; `kind=""` includes the centre's own row.

    Without a place all of them, for choices and names.
    """
    found = Agency.objects.all()
    if kind:
        found = found.filter(kind=kind)
    if not actor.centre:
        found = found.filter(pk__in=actor.seen_agencies)
    return listing(found, ["code"], place)


def agency(actor: Actor, key: UUID | str) -> Agency:
    """One agency by id or code (PARTY-405 if there is none, or it is not the actor's to see)."""
    found = Agency.objects.filter(pk=key) if isinstance(key, UUID) else _by_text(key)
    row = found.first()
    if row is None or not (actor.centre or row.pk in actor.seen_agencies):
        raise NotFound("PARTY-405", f"There is no agency “{key}” that you may see. Check the code.")
    return row


def _by_text(key: str) -> QuerySet[Agency]:
    try:
        return Agency.objects.filter(pk=UUID(key))
    except ValueError:
        return Agency.objects.filter(code=key)


def invoice_details(actor: Actor, agency_id: UUID) -> InvoiceDetails:
    """What electronic invoices say of a party; an empty row where nobody said anything yet."""
    found = InvoiceDetails.objects.filter(agency_id=agency_id).first()
    if found is not None and (actor.centre or agency_id in actor.agencies):
        return found
    return InvoiceDetails(agency_id=agency_id)


def public_face(actor: Actor, agency_id: UUID) -> PublicFace:
    """How citizens reach an agency, as it was said; an empty row where nobody said anything yet. At
    a public door too, for its agency only."""
    found = PublicFace.objects.filter(agency_id=agency_id).first()
    if found is not None and (actor.centre or agency_id in actor.seen_agencies):
        return found
    return PublicFace(agency_id=agency_id)


def face_of(actor: Actor, agency: Agency) -> Face:
    """How citizens meet an agency: what was said, and what stands in for the rest."""
    return shown_face(agency, public_face(actor, agency.pk))


def bureaus(
    actor: Actor, agency_id: UUID | None = None, place: Place | None = None
) -> Listing[Bureau]:
    """The bureaus of one agency, or of all in scope. Without a place all of them, for choices."""
    found = Bureau.objects.select_related("agency")
    if not actor.centre:
        found = found.filter(agency_id__in=actor.seen_agencies)
    if agency_id:
        return listing(found.filter(agency_id=agency_id), ["code"], place)
    return listing(found, ["agency__code", "code"], place)


def suppliers(actor: Actor, place: Place = FIRST) -> Listing[Supplier]:
    """A page of the suppliers by code; agencies see them too (their bills name them)."""
    return listing(Supplier.objects.all(), ["code"], place)


def people(actor: Actor, *, agency_id: UUID | None = None, place: Place = FIRST) -> Listing[Person]:
    """A page of the people of one agency, or of all in scope, by name.

    The id tells people of one name apart, so that none is lost where a page ends between them.
    """
    require_somewhere(actor, "party.view_people")
    found = Person.objects.select_related("home_agency", "user")
    if not actor.centre:
        found = found.filter(home_agency_id__in=actor.agencies_with("party.view_people"))
    if agency_id:
        found = found.filter(home_agency_id=agency_id)
    return listing(found, ["name", "id"], place)


def person(actor: Actor, person_id: UUID) -> Person:
    """One person: oneself, or one whom the actor may see (PARTY-406)."""
    found = Person.objects.select_related("home_agency").filter(pk=person_id).first()
    if found is not None:
        own = actor.user_id is not None and found.user_id == actor.user_id
        if own or actor.may("party.view_people", found.home_agency_id):
            return found
    raise NotFound("PARTY-406", "There is no such person, or you may not see them.")


def person_by_email(actor: Actor, email: str) -> Person:
    """The person with an address, for those who may see everybody (PARTY-406)."""
    require(actor, "party.view_people")
    found = Person.objects.filter(email__iexact=email.strip()).order_by("id").first()
    if found is None or not email.strip():
        raise NotFound("PARTY-406", "There is no such person, or you may not see them.")
    return found


def staff(actor: Actor) -> list[Person]:
    """The first 500 people of the centre by name, as choices: whom a service may belong to."""
    if not actor.centre:
        return []
    own = Q(home_agency_id=None) | Q(home_agency_id=centre().agency_id)
    return list(Person.objects.filter(own).order_by("name", "id")[:500])


def person_names(actor: Actor, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of those people whom the scope shows; the others are left out."""
    wanted = set(person_ids)
    found = Person.objects.filter(pk__in=wanted)
    if not actor.centre:
        found = found.filter(Q(home_agency_id__in=actor.agencies) | Q(user_id=actor.user_id))
    return dict(found.values_list("pk", "name"))


def people_of_accounts(actor: Actor, user_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """The people behind some accounts whom the actor may see; the others are left out."""
    found = Person.objects.filter(user_id__in=set(user_ids))
    return {
        row.user_id: row
        for row in found
        if row.user_id
        and (row.user_id == actor.user_id or actor.may("party.view_people", row.home_agency_id))
    }


def own_person(actor: Actor) -> Person | None:
    """Who the actor is, as a person."""
    if actor.person_id is None:
        return None
    return Person.objects.filter(pk=actor.person_id).first()


def person_of_user(user_id: UUID) -> UUID | None:
    """The person behind an account, if the scope shows them."""
    return Person.objects.filter(user_id=user_id).values_list("pk", flat=True).first()


def memberships(
    actor: Actor,
    *,
    agency_id: UUID | None = None,
    person_id: UUID | None = None,
    day: date | None = None,
    place: Place = FIRST,
) -> Listing[Membership]:
    """A page of who holds which role, by agency and first day; `day` keeps those in force on that
    local day."""
    require_somewhere(actor, "party.view_people")
    found = Membership.objects.select_related("role", "agency", "bureau")
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies_with("party.view_people"))
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if person_id:
        found = found.filter(person_id=person_id)
    if day:
        found = found.filter(Q(ends__isnull=True) | Q(ends__gt=day), starts__lte=day)
    order = ["starts", "id"] if person_id else ["agency_id", "starts", "id"]
    rows = listing(found, order, place)
    shown = _shown(row.person_id for row in rows)
    for row in rows:
        row.person = shown[row.person_id]
    return rows


def own_memberships(actor: Actor, day: date) -> list[Membership]:
    """The roles that the actor's own account holds on a local day, by first day."""
    found = Membership.objects.select_related("role", "agency", "bureau").filter(
        Q(ends__isnull=True) | Q(ends__gt=day), starts__lte=day, user_id=actor.user_id
    )
    return list(found.order_by("starts", "id")) if actor.user_id else []


def roles_on(actor: Actor, person_ids: Iterable[UUID], day: date) -> dict[UUID, list[str]]:
    """The names of the roles that some people hold on a local day, by person, within the scope."""
    require_somewhere(actor, "party.view_people")
    found = Membership.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=day), starts__lte=day, person_id__in=set(person_ids)
    )
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies_with("party.view_people"))
    held: dict[UUID, list[str]] = {}
    for person_id, name in found.order_by("starts", "id").values_list("person_id", "role__name"):
        held.setdefault(person_id, []).append(name)
    return held


def _shown(person_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """The people with these ids; a nameless stand-in for each whom the scope does not show.

    A join would drop the whole row: a right would be missing from the list of rights.
    """
    wanted = set(person_ids)
    found = Person.objects.in_bulk(wanted)
    hidden = {key: Person(pk=key, name="A person of another agency") for key in wanted - set(found)}
    return found | hidden


def delegations(
    actor: Actor,
    *,
    agency_id: UUID | None = None,
    day: date | None = None,
    place: Place = FIRST,
) -> Listing[Delegation]:
    """A page of the roles lent for a time, newest first: those the actor may see by office, and
    always their own."""
    found = Delegation.objects.select_related("role", "agency")
    if not actor.may("party.view_people"):
        office = Q(agency_id__in=actor.agencies_with("party.view_people"))
        found = found.filter(_own(actor) | office)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if day:
        found = found.filter(starts__lte=day, ends__gt=day)
    return _with_people(listing(found, ["-starts", "-id"], place))


def own_loans(actor: Actor, day: date) -> Listing[Delegation]:
    """A page of the roles that the actor lent or borrowed and that do not end before a day."""
    found = Delegation.objects.select_related("role", "agency").filter(_own(actor), ends__gt=day)
    return _with_people(listing(found, ["-starts", "-id"]))


def _own(actor: Actor) -> Q:
    return Q(from_person_id=actor.person_id) | Q(to_user_id=actor.user_id)


def _with_people(rows: Listing[Delegation]) -> Listing[Delegation]:
    shown = _shown(key for row in rows for key in (row.from_person_id, row.to_person_id))
    for row in rows:
        row.from_person, row.to_person = shown[row.from_person_id], shown[row.to_person_id]
    return rows
