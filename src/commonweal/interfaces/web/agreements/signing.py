"""Signing, refusing and withdrawing a paper: the same form under each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.catalogue import public as catalogue

from ..centre.base import FormError, attempt, text
from ..look.page import Problem
from ..requests import Asked

Paper = catalogue.Paper
Act = Callable[..., Any]
VERBS: dict[type, tuple[str, Act, Act, Act]] = {
    catalogue.Agreement: (
        "agreement_id",
        catalogue.sign_agreement,
        catalogue.refuse_agreement,
        catalogue.withdraw_agreement,
    ),
    catalogue.Order: (
        "order_id",
        catalogue.sign_order,
        catalogue.refuse_order,
        catalogue.withdraw_order,
    ),
    catalogue.Ending: (
        "ending_id",
        catalogue.sign_ending,
        catalogue.refuse_ending,
        catalogue.withdraw_ending,
    ),
}


def decide(request: Asked, paper: Paper) -> tuple[tuple[Problem, ...], str]:
    """Do what the button under a paper says: problems if it cannot be done, else what was done."""
    side = "centre" if request.actor.centre else "agency"
    name, sign, refuse, withdraw = VERBS[type(paper)]
    given: dict[str, Any] = {"actor": request.actor, name: paper.pk}
    said: list[str] = []

    def act() -> None:
        do = text(request, "do")
        if do == "sign":
            if text(request, "agree") != "1":
                raise FormError(
                    "CATALOGUE-239",
                    _("Tick the box to say that you sign on behalf of your side."),
                    field="agree",
                )
            row = sign(side=side, **given)
            said.append(_done(row))
        elif do == "refuse":
            refuse(side=side, reason=_reason(request, "refusal"), **given)
            said.append(_("Refused. The other side reads your reason."))
        elif do == "withdraw":
            withdraw(reason=_reason(request, "withdrawal"), **given)
            said.append(_("Withdrawn. It keeps its number and your reason."))
        else:
            raise FormError("FORM-101", _("Choose what to do: sign, refuse or withdraw."))

    return attempt(act), said[0] if said else ""


def _reason(request: Asked, name: str) -> str:
    found = text(request, name)
    if len(found) < 10:
        raise FormError("CATALOGUE-251", _("Say why in at least ten characters."), field=name)
    return found


def _done(row: Paper) -> str:
    if row.state != "proposed":
        return _("Signed. Both sides have signed: it is in force.")
    if row.signed_by_agency is None:
        return _("Signed. It comes into force when the agency signs too.")
    return _("Signed. It comes into force when the centre signs too.")


def answer_estimates(
    request: Asked, lines: list[catalogue.OrderLine]
) -> tuple[tuple[Problem, ...], str]:
    """Sign every unanswered quantity, or sign or refuse that of the line that was chosen."""
    do = text(request, "do")
    said: list[str] = []

    def act() -> None:
        if do == "estimates":
            for row in lines:
                _sign_estimate(request, row)
            said.append(_("Signed."))
            return
        line = next((row for row in lines if str(row.number) == text(request, "line")), None)
        if line is None:
            raise FormError(
                "FORM-101", _("Choose the line whose quantity you answer."), field="line"
            )
        if do == "estimate":
            _sign_estimate(request, line)
            said.append(_("Signed."))
            return
        catalogue.refuse_estimate(
            actor=request.actor, order_line_id=line.pk, reason=_reason(request, "answer")
        )
        said.append(_("Refused. The centre reads why."))

    return attempt(act), said[0] if said else ""


def _sign_estimate(request: Asked, line: catalogue.OrderLine) -> None:
    catalogue.sign_estimate(
        actor=request.actor, order_line_id=line.pk, quantity=line.estimated_quantity
    )
