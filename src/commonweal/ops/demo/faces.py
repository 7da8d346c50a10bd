"""How citizens reach the demo's agencies: one wrote its own privacy notice, one did not."""

from __future__ import annotations

from commonweal.kernel.access.public import act_as
from commonweal.kernel.party.public import put_public_face

from .people import World

FACES: dict[str, dict[str, str]] = {
    "DOT": {
        "name": "Meridian Roads and Streets",
        "email": "hello@dot.example",
        "phone": "+1 555 010 0311",
        "hours": "Monday to Friday, 7:30 to 5:30",
        "address": "40 Bridge Street, Meridian 60601",
        "notice": (
            "We need to know what is wrong and where. Your name and how we reach you help us to "
            "ask back; you may leave them out.\n\n"
            "The crew that mends it sees what you wrote and your pictures, and so does everybody "
            "where we publish reports, so that nobody reports the same hole twice. Your name is "
            "never published.\n\n"
            "We give nothing to anybody else, unless a court orders it."
        ),
        "notice_href": "https://dot.example/privacy",
        "privacy_contact": "Records officer, Department of Transportation",
        "privacy_email": "records@dot.example",
    },
    "REV": {
        "name": "Meridian Tax and Licenses",
        "email": "ask@rev.example",
        "phone": "+1 555 010 0400",
        "hours": "Monday to Friday, 8 to 5; Thursday until 7",
        "address": "2 Treasury Square, Meridian 60602",
        "privacy_contact": "Taxpayer advocate",
    },
}


def set_up_faces(world: World) -> None:
    """Their finance officers say it."""
    for code, fields in FACES.items():
        officer = world.of("agency_finance", code)
        with act_as(officer):
            put_public_face(actor=officer, agency_id=world.agencies[code], fields=fields)
