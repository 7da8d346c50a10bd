"""FixMyStreet's extension: how published reports went on, and further words about them."""

from __future__ import annotations

from commonweal.kernel.access.public import act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency

from ..web.requests import Asked
from .answers import Answer, moment
from .asked import call, given, key_of
from .reports import contact_of, period, state_words, status_of


@call("GET", "POST")
def updates(request: Asked, agency: Agency) -> Answer:
    """The changes of state of up to 90 days, the earliest first; or a further message."""
    if request.method == "POST":
        return _say(request, agency)
    since, until = period(request)
    rows = [
        {
            "update_id": str(event.pk),
            "service_request_id": case.number,
            "updated_datetime": moment(event.at),
            "status": status_of(str(event.data.get("phase", ""))),
            "description": state_words(case, str(event.data.get("to", ""))),
        }
        for case, event in casework.published_updates(request.actor, agency.pk, since, until)
    ]
    return Answer("service_request_updates", rows)


def _say(request: Asked, agency: Agency) -> Answer:
    key = key_of(request, agency)
    number = given(request, "service_request_id")
    row = casework.published_case(request.actor, agency.pk, number).case
    said = casework.Said(
        given(request, "description"), channel="open311", contact=contact_of(request, agency)
    )
    actor = casework.citizen(agency.pk, [row.pk])
    with act_as(actor):
        made = casework.take_update(
            actor=actor,
            key=key,
            case_id=row.pk,
            said=said,
            update_id=given(request, "update_id")[:180],
        )
    return Answer("service_request_updates", [{"update_id": str(made.pk)}])
