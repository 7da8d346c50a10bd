"""The centre, agencies, people, roles held and lent."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.notices.public import erase_messages
from commonweal.kernel.party import public as party

from ..kit import paging
from ..kit.doors import ALL, SIGNED_IN, Asked, Door, centre, needs, own_or
from ..kit.types import AgencyKey, Code, Day, Done, In, Name, Out, Page, Text
from .facing import door as facing
from .invoicing import door as invoicing

VIEW = needs("party.view_people")
MANAGE = needs("party.manage_people")
GIVE = needs("party.manage_people", "party.manage_own_people")
OWN_OR_GIVE = own_or("party.manage_people", "party.manage_own_people")
LEND = own_or("party.delegate", "party.manage_people", "party.manage_own_people")
door = Door("party", "The centre, its agencies, people, and the roles they hold.")
DOORS = [door, invoicing, facing]
Short = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$", examples=["HQ"])]
Mail = Annotated[str, Field(max_length=254, pattern=r"^([^@\s]+@[^@\s]+)?$")]


class CentreOut(Out):
    """The centre."""

    name: str
    short_name: str
    currency: str
    zone: str
    fiscal_year_start_month: int
    contact_name: str
    contact_email: str
    contact_phone: str
    federal_forms: bool
    is_demo: bool


class CentreChange(In):
    """The settings to change; the currency stays as it was chosen at the beginning."""

    name: Name | None = None
    short_name: Annotated[Name, Field(max_length=40)] | None = None
    zone: Annotated[Text, Field(max_length=60, examples=["America/Chicago"])] | None = None
    fiscal_year_start_month: int | None = Field(None, ge=1, le=12)
    contact_name: Annotated[Text, Field(max_length=160)] | None = None
    contact_email: Mail | None = None
    contact_phone: Annotated[Text, Field(max_length=40)] | None = None
    locale: Annotated[Code, Field(max_length=12)] | None = None
    federal_forms: bool | None = None


class AgencyOut(Out):
    """A customer of the centre."""

    id: UUID
    code: str
    name: str
    kind: str
    size: int
    contact_email: str
    address: str


class AgencyIn(In):
    """A new agency."""

    code: Short
    name: Name
    size: int = Field(0, ge=0, le=2_000_000)
    contact_email: Mail = ""
    address: Annotated[Text, Field(max_length=500)] = ""


class AgencyChange(In):
    """The fields to change."""

    name: Name | None = None
    size: int | None = Field(None, ge=0, le=2_000_000)
    contact_email: Mail | None = None
    address: Annotated[Text, Field(max_length=500)] | None = None


class BureauOut(Out):
    """A part of an agency."""

    id: UUID
    agency_id: UUID
    code: str
    name: str


class BureauIn(In):
    """A new part of an agency."""

    code: Short
    name: Name


class NameIn(In):
    """The new name."""

    name: Name


class SupplierIn(In):
    """A new supplier."""

    code: Short
    name: Name


class SupplierOut(Out):
    """A company that the centre buys from."""

    id: UUID
    code: str
    name: str


class PersonOut(Out):
    """A person: personal data, for those who look after people."""

    id: UUID
    name: str
    email: str
    phone: str
    home_agency_id: UUID | None
    has_account: bool

    @staticmethod
    def resolve_has_account(row: Any) -> bool:
        """Whether they can sign in."""
        return row.user_id is not None


class PersonIn(In):
    """A new person. `home_agency`: null for a person of the centre."""

    name: Name
    email: Mail = ""
    phone: Annotated[Text, Field(max_length=40)] = ""
    home_agency: AgencyKey | None = None


class PersonChange(In):
    """The fields to change."""

    name: Name | None = None
    email: Mail | None = None
    phone: Annotated[Text, Field(max_length=40)] | None = None


class MembershipOut(Out):
    """A role held in an agency, or in the centre, from a day to a day."""

    id: UUID
    person_id: UUID
    role: str = Field(alias="role_id")
    agency_id: UUID
    bureau_id: UUID | None
    starts: Day
    ends: Day | None


class MembershipIn(In):
    """Who gets which role where, from when to when. `agency`: null for a role of the centre."""

    person_id: UUID
    role: Annotated[Code, Field(max_length=40)]
    agency: AgencyKey | None = None
    bureau_id: UUID | None = None
    starts: Day | None = None
    ends: Day | None = None


class MembershipEndIn(In):
    """The first day without the role; null: today."""

    ends: Day | None = None


class DelegationOut(Out):
    """A role lent for a time."""

    id: UUID
    from_person_id: UUID
    to_person_id: UUID
    role: str = Field(alias="role_id")
    agency_id: UUID
    starts: Day
    ends: Day
    reason: str


class DelegationIn(In):
    """Who lends which role to whom, until when and why."""

    from_person_id: UUID
    to_person_id: UUID
    role: Annotated[Code, Field(max_length=40)]
    agency: AgencyKey | None = None
    starts: Day | None = None
    ends: Day
    reason: Annotated[Text, Field(min_length=10, max_length=500)]


def _id(request: Asked, key: str | None) -> UUID | None:
    return party.agency(request.actor, key).pk if key else None


@door.get("/centre", access=ALL, returns=CentreOut)
def read_centre(request: Asked) -> party.Centre:
    """Who the centre is, its currency and zone."""
    return party.centre()


@door.patch("/centre", access=centre("party.set_centre"), returns=CentreOut)
def change_centre(request: Asked, data: CentreChange) -> party.Centre:
    """Change the centre's name, zone, fiscal year or contact."""
    changes = {name: value for name, value in data.model_dump().items() if value is not None}
    party.set_centre(actor=request.actor, **changes)
    return party.centre()


@door.get("/agencies", access=SIGNED_IN, returns=Page[AgencyOut])
def list_agencies(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The agencies that you may see, by code."""
    return paging.answer(party.agencies(request.actor, place=paging.place(after, limit)))


@door.post("/agencies", access=centre("party.manage_agencies"), returns=AgencyOut, status=201)
def create_agency(request: Asked, data: AgencyIn) -> party.Agency:
    """Create an agency."""
    return party.create_agency(actor=request.actor, **data.model_dump())


@door.get("/agencies/{agency}", access=SIGNED_IN, returns=AgencyOut)
def read_agency(request: Asked, agency: AgencyKey) -> party.Agency:
    """One agency by code or id."""
    return party.agency(request.actor, agency)


@door.patch("/agencies/{agency}", access=centre("party.manage_agencies"), returns=AgencyOut)
def change_agency(request: Asked, agency: AgencyKey, data: AgencyChange) -> party.Agency:
    """Change an agency's name, size or contact. Its code never changes."""
    changes = {name: value for name, value in data.model_dump().items() if value is not None}
    agency_id = party.agency(request.actor, agency).pk
    return party.update_agency(actor=request.actor, agency_id=agency_id, **changes)


@door.get("/agencies/{agency}/bureaus", access=SIGNED_IN, returns=Page[BureauOut])
def list_bureaus(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The bureaus of an agency, by code."""
    agency_id = party.agency(request.actor, agency).pk
    return paging.answer(party.bureaus(request.actor, agency_id, paging.place(after, limit)))


@door.post(
    "/agencies/{agency}/bureaus",
    access=centre("party.manage_agencies"),
    returns=BureauOut,
    status=201,
)
def create_bureau(request: Asked, agency: AgencyKey, data: BureauIn) -> party.Bureau:
    """Create a part of an agency."""
    agency_id = party.agency(request.actor, agency).pk
    return party.create_bureau(actor=request.actor, agency_id=agency_id, **data.model_dump())


@door.patch("/bureaus/{bureau_id}", access=centre("party.manage_agencies"), returns=BureauOut)
def change_bureau(request: Asked, bureau_id: UUID, data: NameIn) -> party.Bureau:
    """Rename a part of an agency; its code never changes."""
    return party.update_bureau(actor=request.actor, bureau_id=bureau_id, name=data.name)


@door.post("/suppliers", access=centre("party.manage_agencies"), returns=SupplierOut, status=201)
def create_supplier(request: Asked, data: SupplierIn) -> party.Supplier:
    """Create a supplier that the centre buys from."""
    return party.create_supplier(actor=request.actor, **data.model_dump())


@door.patch("/suppliers/{supplier_id}", access=centre("party.manage_agencies"), returns=SupplierOut)
def change_supplier(request: Asked, supplier_id: UUID, data: NameIn) -> party.Supplier:
    """Rename a supplier; its code never changes."""
    return party.update_supplier(actor=request.actor, supplier_id=supplier_id, name=data.name)


@door.get("/suppliers", access=SIGNED_IN, returns=Page[SupplierOut])
def list_suppliers(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every supplier, by code."""
    return paging.answer(party.suppliers(request.actor, paging.place(after, limit)))


@door.get("/people", access=VIEW, returns=Page[PersonOut])
def list_people(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """People by name."""
    rows = party.people(
        request.actor,
        agency_id=_id(request, agency),
        place=paging.place(after, limit),
    )
    return paging.answer(rows)


@door.post("/people", access=GIVE, returns=PersonOut, status=201)
def create_person(request: Asked, data: PersonIn) -> party.Person:
    """Create a person of the centre or of an agency (by whoever manages people there)."""
    return party.create_person(
        actor=request.actor,
        name=data.name,
        email=data.email,
        phone=data.phone,
        home_agency_id=_id(request, data.home_agency),
    )


@door.get("/people/{person_id}", access=own_or("party.view_people"), returns=PersonOut)
def read_person(request: Asked, person_id: UUID) -> party.Person:
    """One person: yourself, or one whom you may see."""
    return party.person(request.actor, person_id)


@door.patch("/people/{person_id}", access=OWN_OR_GIVE, returns=PersonOut)
def change_person(request: Asked, person_id: UUID, data: PersonChange) -> party.Person:
    """Change a person's name, e-mail or telephone."""
    changes = {name: value for name, value in data.model_dump().items() if value is not None}
    return party.update_person(actor=request.actor, person_id=person_id, **changes)


@door.delete("/people/{person_id}", access=MANAGE, returns=Done)
def erase_person(request: Asked, person_id: UUID) -> dict[str, Any]:
    """Remove the personal data of a person who holds no role any more. Cannot be undone."""
    party.erase_person(actor=request.actor, person_id=person_id)
    erase_messages(actor=request.actor, person_id=person_id)
    return {}


@door.get("/memberships", access=VIEW, returns=Page[MembershipOut])
def list_memberships(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query(""),
    person_id: UUID | None = Query(None),
    day: Day | None = Query(None, description="Only those in force on this day."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Who holds which role."""
    rows = party.memberships(
        request.actor,
        agency_id=_id(request, agency),
        person_id=person_id,
        day=day,
        place=paging.place(after, limit),
    )
    return paging.answer(rows)


@door.post("/memberships", access=GIVE, returns=MembershipOut, status=201)
def add_membership(request: Asked, data: MembershipIn) -> party.Membership:
    """Give a person a role (by whoever manages people there)."""
    given = data.model_dump(exclude={"agency"})
    return party.add_membership(actor=request.actor, agency_id=_id(request, data.agency), **given)


@door.post("/memberships/{membership_id}/end", access=GIVE, returns=MembershipOut)
def end_membership(request: Asked, membership_id: UUID, data: MembershipEndIn) -> party.Membership:
    """End a role; what was lent from it ends with it."""
    return party.end_membership(actor=request.actor, membership_id=membership_id, ends=data.ends)


@door.get("/delegations", access=own_or("party.view_people"), returns=Page[DelegationOut])
def list_delegations(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query(""),
    day: Day | None = Query(None),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Roles lent for a time: your own, and those you may see by office."""
    rows = party.delegations(
        request.actor,
        agency_id=_id(request, agency),
        day=day,
        place=paging.place(after, limit),
    )
    return paging.answer(rows)


@door.post("/delegations", access=LEND, returns=DelegationOut, status=201)
def delegate(request: Asked, data: DelegationIn) -> party.Delegation:
    """Lend a role for a time, with a reason."""
    given = data.model_dump(exclude={"agency"})
    return party.delegate(actor=request.actor, agency_id=_id(request, data.agency), **given)


@door.post("/delegations/{delegation_id}/end", access=LEND, returns=DelegationOut)
def end_delegation(request: Asked, delegation_id: UUID) -> party.Delegation:
    """End a loan of a role today."""
    return party.end_delegation(actor=request.actor, delegation_id=delegation_id)
