"""A small desk in the interfaces' scene: for two agencies a case with everything around it."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PIL import Image

from commonweal.interfaces.mail.intake import take
from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions.proving import digest_of
from commonweal.kernel.casework.domain.standard import HELP, ORDER
from commonweal.kernel.casework.models import (
    Appointment,
    Case,
    FeeReceipt,
    OfficeDesk,
    Open311Key,
    Payback,
    PaymentAttempt,
    ScannedLetter,
    Ticket,
    TillClosing,
)
from commonweal.kernel.notices import public as notices
from commonweal.kernel.party.public import centre

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
        build_hooks(world.agencies[code])
        _agency(world, world.agencies[code], world.of("agency_finance", code))
        _kept(world, code)
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
        casework.TypeDraft(
            code="order", name="Order", family="order", audience="agency", service=SERVICE,
            machine=casework.CATALOGUE_ORDER, queue="it", approval="casework.approve",
        ),
    ):  # fmt: skip
        casework.put_case_type(actor=owner, draft=draft)
    offers: dict[str, tuple[str, dict[str, Any]]] = {
        "printer": ("incident", {}),
        "access": ("access", {}),
        "streetlight": ("report", {"needs_place": True, "public": True, "form": LAMP}),
        "laptop": ("order", {"order_item": "helpdesk.laptop", "order_recurs": "monthly"}),
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
    for code, name in (("copy", "Certified copy"), ("search", "Search in the files")):
        casework.put_fee(actor=owner, code=code, name=name, case_type="access", amount_minor=300,
                         automatic=False)  # fmt: skip
    casework.put_till(actor=owner, code="FRONT", name="Front desk")
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
        _money(owner, main)


def _money(owner: Actor, case: Case) -> None:
    """A fee that is owed; one paid at the till, which is closed; a request to give it back; and a
    letter that waits."""
    casework.charge_fee(actor=owner, case_id=case.pk, rule="search")
    paid = casework.charge_fee(actor=owner, case_id=case.pk, rule="copy")
    casework.take_at_counter(
        actor=owner, fee_id=paid.pk, till="FRONT", method="cash", tendered_minor=500
    )
    casework.close_till(actor=owner, till="FRONT", cash_minor=300)
    casework.ask_payback(
        actor=owner, attempt_id=PaymentAttempt.objects.get(fee=paid).pk, kind="refund",
        amount_minor=100, reason="A page of it was missing",
    )  # fmt: skip
    casework.take_letter(
        actor=owner, filename=f"{case.number}.png", media_type="image/png",
        data=picture() + case.number.encode(),
    )  # fmt: skip


def build_hooks(agency: UUID) -> None:
    """A webhook of an agency, with a test that arrived."""
    with act_as(SYSTEM):
        hook, _key = notices.create_webhook(
            actor=SYSTEM, agency_id=agency, name="Ours", url="https://hooks.agency.example/",
            types=["commonweal.case.opened.v1"],
        )  # fmt: skip
        made = notices.test_webhook(actor=SYSTEM, webhook_id=hook.pk)
        made.state, made.attempts, made.last_status = "delivered", 1, 204
        made.save()


def hook_samples(agency: UUID) -> dict[str, UUID]:
    """Good values by parameter name, from the webhook of an agency."""
    made = notices.WebhookDelivery.objects.filter(agency_id=agency).order_by("id")[0]
    return {"webhook_id": made.webhook_id, "delivery_id": made.pk}


def _kept(world: World, code: str) -> None:
    """What keeping cases shows: a hold, a frozen month, an import that was tried, a held mail."""
    owner, agency = world.of("service_owner"), world.agencies[code]
    with act_as(owner):
        main = Case.objects.get(agency_id=agency, subject="No paper")
        casework.put_legal_hold(actor=owner, case_id=main.pk, reason="A court asked for it")
        casework.remember_mapping(actor=owner, code="old", mapping=MAPPING)
    with act_as(SYSTEM):
        counts = {"resolution solve 2020-01-01": {"met": 3, "missed": 1}}
        casework.ClockFreeze.objects.create(
            agency_id=agency, month=FROZEN, counts=counts,
            digest=digest_of(FROZEN, agency, counts),
        )  # fmt: skip
        if not casework.MailIntake.objects.exists():
            home = centre().agency_id
            casework.CaseImport.objects.create(
                agency_id=home, source="old", kind="cases", mapping=MAPPING, sha256="0" * 64,
                dry_run=True, state="done",
            )  # fmt: skip
            take(MAIL, casework.Origin("test"))


FROZEN = date(2025, 9, 1)
"""The month that is closed in the scene."""
MAPPING = {
    "kind": "cases",
    "columns": {"id": "Id", "agency": "Agency", "case_type": "Kind", "opened_at": "Opened"},
}
MAIL = b"""From: Ana Ruiz <ana@example.test>
To: nobody@example.test
Subject: The lamp is dark
Message-ID: <1@example.test>

It has been dark since Thursday.
"""


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
        "clock_id": case.clocks, "fee_id": case.fees,
    }  # fmt: skip
    paid = FeeReceipt.objects.get(fee__case=case)
    return {
        "receipt": paid.text,
        "attempt_id": str(PaymentAttempt.objects.get(fee=paid.fee).pk),
        "payback_id": str(Payback.objects.get(fee=paid.fee).pk),
        "closing_id": str(TillClosing.objects.get(first=paid.text).pk),
        "letter_id": str(ScannedLetter.objects.get(name=f"{case.number}.png").pk),
        "case": case.number,
        "contact_id": str(case.requester_id),
        "legal_hold_id": str(casework.LegalHold.objects.filter(agency_id=agency).earliest("id").pk),
        "case_import_id": str(casework.CaseImport.objects.order_by("id")[0].pk),
        "mail_id": str(casework.MailIntake.objects.order_by("id")[0].pk),
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
    "offer": "laptop",
    "ready_answer": "restart", "article": "paper", "promise": "solve", "calendar": "office",
    "text": "paper", "case_mapping": "old",
    "till": "FRONT", "fee_code": "copy",
}  # fmt: skip
