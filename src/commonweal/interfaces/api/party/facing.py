"""How citizens reach each agency, and its privacy notice."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from commonweal.kernel.party import public as party

from ..kit.doors import Asked, Door, needs
from ..kit.types import AgencyKey, In, Long, Out, Text

door = Door("public-faces", "How citizens reach each agency, and its privacy notice.")
Mail = Annotated[str, Field(max_length=254, pattern=r"^([^@\s]+@[^@\s]+)?$")]


class PublicFaceOut(Out):
    """What was said; what is empty is shown of the agency's own row, or not at all."""

    name: str
    email: str
    phone: str
    hours: str
    address: str
    notice: str
    notice_href: str
    privacy_contact: str
    privacy_email: str


class PublicFaceIn(In):
    """The fields to set; those left out stay. `notice`: plain text."""

    name: Annotated[Text, Field(max_length=160)] | None = None
    email: Mail | None = None
    phone: Annotated[Text, Field(max_length=40, examples=["+1 312 555 0123"])] | None = None
    hours: Annotated[Text, Field(max_length=200)] | None = None
    address: Annotated[Text, Field(max_length=300)] | None = None
    notice: Annotated[Long, Field(max_length=6000)] | None = None
    notice_href: Annotated[Text, Field(max_length=500)] | None = Field(
        None, examples=["https://example.gov/privacy"]
    )
    privacy_contact: Annotated[Text, Field(max_length=200)] | None = None
    privacy_email: Mail | None = None


@door.get(
    "/agencies/{agency}/public-face",
    access=needs("party.view_people", "party.put_public_face"),
    returns=PublicFaceOut,
)
def read_public_face(request: Asked, agency: AgencyKey) -> Any:
    """How citizens reach an agency, as it was said."""
    return party.public_face(request.actor, party.agency(request.actor, agency).pk)


@door.put(
    "/agencies/{agency}/public-face",
    access=needs("party.put_public_face", "party.manage_agencies"),
    returns=PublicFaceOut,
)
def put_public_face(request: Asked, agency: AgencyKey, data: PublicFaceIn) -> Any:
    """Say how citizens reach an agency."""
    return party.put_public_face(
        actor=request.actor,
        agency_id=party.agency(request.actor, agency).pk,
        fields=data.model_dump(exclude_none=True),
    )
