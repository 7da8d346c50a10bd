"""The demo's fees: parking permits, some paid online or at the citizen desk's till, some owed; a
till that was closed and signed; letters that wait to be sorted."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework

from .people import World

TILL = "FRONT"
PERMIT = "parking-year"
MOST = 18
"""How many of the newest permits are charged."""
LETTERS = (
    ("Letter of 3 November.png", "Dear Sir or Madam,", "the lamp before my house is dark again."),
    ("Envelope without sender.png", "To the city", "Please send me the form for a permit."),
)


def take_fees(world: World, chance: random.Random) -> int:
    """Charge the newest permits, and let some of them be paid; how many were charged."""
    owner, clerk = world.of("service_owner"), world.of("clerk")
    with act_as(owner):
        casework.put_till(actor=owner, code=TILL, name="Citizen desk")
        rows = casework.Case.objects.filter(
            case_type__code="parking", merged_into__isnull=True, erased_at__isnull=True
        )
        cases = list(rows.order_by("-opened_at", "-id")[:MOST])
    made = 0
    for case in cases:
        with act_as(clerk):
            fee = casework.charge_fee(actor=clerk, case_id=case.pk, rule=PERMIT)
        made += 1
        _pay(world, chance, fee, done=case.phase in ("resolved", "closed"), made=made)
    _close(world)
    with act_as(clerk):
        for name, *lines in LETTERS:
            casework.take_letter(
                actor=clerk, filename=name, media_type="image/png", data=_letter(lines)
            )
    return made


def _pay(
    world: World, chance: random.Random, fee: casework.CaseFee, *, done: bool, made: int
) -> None:
    """What is done is paid; of the others half: online, or at the till by cash or card."""
    if not done and chance.random() < 0.5:
        return
    if made % 2:
        reference = f"demo-{made:04d}"
        with act_as(SYSTEM):
            casework.begin_payment(
                actor=SYSTEM, fee_id=fee.pk, provider="test", reference=reference
            )
            event = casework.PaymentEvent(
                f"{reference}:paid", "test", reference, str(fee.pk), "paid", fee.amount_minor,
                fee.currency,
            )  # fmt: skip
            casework.take_payment(actor=SYSTEM, event=event)
        return
    clerk = world.of("clerk" if made % 4 else "clerk-2")
    cash = chance.random() < 0.5
    with act_as(clerk):
        casework.take_at_counter(
            actor=clerk, fee_id=fee.pk, till=TILL, method="cash" if cash else "card",
            tendered_minor=5_000 if cash else fee.amount_minor,
        )  # fmt: skip


def _close(world: World) -> None:
    """The till is counted and signed, where anything was taken."""
    clerk, owner = world.of("clerk"), world.of("service_owner")
    with act_as(clerk):
        figures = casework.till_figures(clerk, casework.till(clerk, TILL))
        if not figures.receipts:
            return
        closing = casework.close_till(
            actor=clerk, till=TILL, cash_minor=figures.expected["cash"],
            card_minor=figures.expected["card"], cheque_minor=figures.expected["cheque"],
        )  # fmt: skip
    with act_as(owner):
        casework.sign_till(actor=owner, closing_id=closing.pk)


def _letter(lines: list[str]) -> bytes:
    """A page with a few lines, as a scanner gives it."""
    page = Image.new("L", (850, 1100), 250)
    pen = ImageDraw.Draw(page)
    for place, line in enumerate(lines):
        pen.text((90, 160 + 60 * place), line, fill=40, font_size=28)
    stream = io.BytesIO()
    page.save(stream, "PNG")
    return stream.getvalue()
