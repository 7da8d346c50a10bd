"""A small desk in the interfaces' scene: for two agencies a case with everything around it."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PIL import Image

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.standard import HELP, ORDER
from commonweal.kernel.casework.models import Appointment, Case, OfficeDesk, Open311Key, Ticket

if TYPE_CHECKING:
    from commonweal.ops.demo.people import World

SERVICE = "payroll"
LAMP = [
    {"code": "lamp", "label": "Number of the lamp", "kind": "string", "required": True},
    {"code": "colour", "label": "Colour", "kind": "singlevaluelist",
     "options": [["red", "Red"], ["white", "White"]]},
    {"code": "since", "label": "Dark since", "kind": "datetime"},
    {"code": "how_many", "label": "How many", "kind": "number"},
    {"code": "also", "label": "What else", "kind": "multivaluelist",
     "options": [["noise", "Noise"], ["smell", "Smell"]]},
    {"code": "owner_name", "label": "Whose house", "kind": "string", "secret": True},
]  # fmt: skip


def build_desk(world: World, *agencies: str) -> None:
    """Set the desk up; then two cases of each agency, one with all that a case can have."""
    with act_as(SYSTEM):
        _set_up(world.of("service_owner"))
    for code in agencies:
        _agency(world, world.agencies[code], world.of("agency_finance", code))
    _counter(world.of("service_owner"), agencies)


def _set_up(owner: Actor) -> None:
    for code in ("it", "city"):
        casework.put_team(actor=owner, code=code, name=code.upper())
        casework.put_queue(
            actor=owner, code=code, name=f"{code} queue", team=code, service=SERVICE
        )  # fmt: skip
        casework.put_member(actor=owner, team=code, person_id=owner.person_id or UUID(int=0))
    for draft in (
        casework.TypeDraft(
            code="incident", name="Incident", family="incident", audience="agency",
            service=SERVICE, machine=HELP, queue="it",
        ),
        casework.TypeDraft(
            code="access", name="Access", family="request", audience="agency", service=SERVICE,
            machine=ORDER, queue="it", approval="casework.approve", tasks=[{"name": "Grant it"}],
        ),
        casework.TypeDraft(
            code="report", name="Report", family="service", audience="citizen", service=SERVICE,
            machine=HELP, queue="city", publication="public",
        ),
    ):  # fmt: skip
        casework.put_case_type(actor=owner, draft=draft)
    offers: dict[str, tuple[str, dict[str, Any]]] = {
        "printer": ("incident", {}),
        "access": ("access", {}),
        "streetlight": ("report", {"needs_place": True, "public": True, "form": LAMP}),
    }
    for code, (kind, more) in offers.items():
        casework.put_category(actor=owner, code=code, name=code.title(), case_type=kind, **more)
    casework.put_promise(
        actor=owner,
        promise=casework.Promise(
            code="solve", name="Solved in 16 h", metric="resolution", calendar="office",
            starts=date(2020, 1, 1), target_seconds=16 * 3600, pauses=("requester",),
        ),
    )  # fmt: skip
    casework.put_rule(actor=owner, position=1, queue="city", conditions={"words": ["lamp"]})
    casework.put_ready_answer(actor=owner, code="restart", name="Restart", text="Restart it.")
    casework.put_article(
        actor=owner, code="paper", title="A printer prints nothing", text="Look for paper."
    )


def _agency(world: World, agency: UUID, officer: Actor) -> None:
    owner = world.of("service_owner")
    with act_as(officer):
        asker = casework.put_contact(
            actor=officer, agency_id=agency, person_id=officer.person_id, name="Officer"
        )
        main, other = (
            casework.open_case(
                actor=officer, agency_id=agency,
                new=casework.NewCase("", subject, "It blinks.", category=code, requester=asker),
            ).case
            for code, subject in (("access", "Access to payroll"), ("printer", "No paper"))
        )  # fmt: skip
    with act_as(owner):
        helper = casework.put_contact(actor=owner, agency_id=agency, name="Helper", phone=PHONE)
        casework.link_cases(actor=owner, case_id=main.pk, other_id=other.pk, kind="related")
        casework.put_open311_key(actor=owner, agency_id=agency, name="City app")
        casework.begin_check(actor=owner, case_id=main.pk, method="in_person")
        casework.record_consent(
            actor=owner, case_id=main.pk, person=asker.pk, agent=helper.pk, how="A signed form"
        )
        casework.attach(
            actor=owner, case_id=main.pk, filename="lamp.png", media_type="image/png",
            data=picture(),
        )  # fmt: skip


def _counter(owner: Actor, agencies: tuple[str, ...]) -> None:
    """An office where both agencies are served: for each an appointment and a number."""
    with act_as(SYSTEM):
        casework.put_case_type(
            actor=owner,
            draft=casework.TypeDraft(
                code="visit", name="Visit", family="appointment", audience="citizen",
                service=SERVICE, machine=casework.VISIT, queue="city",
            ),
        )  # fmt: skip
        casework.put_office(
            actor=owner, draft=casework.OfficeDraft(OFFICE, "City hall", "office", "city")
        )
        for number in (1, 2):
            casework.put_office_desk(actor=owner, office=OFFICE, number=number)
    for place, code in enumerate(agencies):
        offer = "talk" if place == 0 else f"talk-{code.lower()}"
        with act_as(owner):
            row = casework.put_office_offer(
                actor=owner,
                draft=casework.OfferDraft(
                    OFFICE, offer, f"Talk to {code}", 15, "visit", category="streetlight",
                    agency=code, letter="AB"[place],
                ),
            )  # fmt: skip
            casework.take_ticket(actor=owner, offer_id=row.pk)
            casework.book_appointment(actor=owner, offer_id=row.pk, starts=_free(owner, row))


def _free(owner: Actor, offer: casework.OfficeOffer) -> datetime:
    return casework.free_times(owner, offer, casework.today_at(owner, offer.office), 14)[0].starts


PHONE = "+1 312 555 0123"
OFFICE = "city-hall"


def picture(colour: str = "green") -> bytes:
    """A small PNG."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    return stream.getvalue()


def case_samples(agency: UUID) -> dict[str, str]:
    """Good values by parameter name, from the case of one agency that has everything."""
    case = Case.objects.get(agency_id=agency, subject="Access to payroll")
    rows = {
        "task_id": case.tasks, "approval_id": case.approvals, "check_id": case.identity_checks,
        "consent_id": case.consents, "link_id": case.links, "attachment_id": case.attachments,
        "clock_id": case.clocks,
    }  # fmt: skip
    return {
        "case": case.number,
        "contact_id": str(case.requester_id),
        "ticket_id": _newest(Ticket, agency),
        "appointment_id": _newest(Appointment, agency),
        "desk_id": str(OfficeDesk.objects.order_by("number")[0].pk),
        "key_id": str(Open311Key.objects.filter(agency_id=agency).order_by("id")[0].pk),
        **{name: str(found.order_by("id")[0].pk) for name, found in rows.items()},
    }


def _newest(table: Any, agency: UUID) -> str:
    return str(table.objects.filter(agency_id=agency).order_by("-id")[0].pk)


DESK = {
    "office": OFFICE, "office_offer": "talk", "desk_number": "1",
    "team": "it", "queue": "it", "case_type": "incident", "category": "printer", "position": "1",
    "ready_answer": "restart", "article": "paper", "promise": "solve", "calendar": "office",
    "text": "paper",
}  # fmt: skip
