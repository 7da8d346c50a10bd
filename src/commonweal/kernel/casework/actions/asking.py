"""The question how it went: asked once by mail when a case is done, answered by one link, one tap.

The link holds a token, signed and with an end, that opens one case for its answer; nothing of it is
kept. It is asked after the time in which finishing can be undone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from ...access.public import SYSTEM, Actor, act_as
from ...audit.public import action
from ...calendar.public import now
from ...jobs.public import enqueue
from ...party.public import centre
from ..models import Case, CaseEvent, Interaction
from ..selectors.how import how_token
from .events import append, locked
from .talking import Said, send_out, write
from .together import WINDOW

ASK_HOW = "casework.ask_how"


def when_done(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Have whoever asked be asked how it went, once for each case; a hook of every event."""
    if event.kind != "state" or event.data.get("phase") not in ("resolved", "closed"):
        return
    if _to_be_asked(case):
        with act_as(SYSTEM):
            enqueue(
                actor=SYSTEM,
                kind=ASK_HOW,
                payload={"case": str(case.pk)},
                key=f"how:{case.pk}",
                run_at=now() + WINDOW + timedelta(minutes=5),
                agency_id=case.agency_id,
            )


def _to_be_asked(case: Case) -> bool:
    asked = case.requester
    reachable = asked is not None and asked.email and asked.erased_at is None
    whole = case.merged_into_id is None and case.erased_at is None
    return bool(reachable and whole and case.score is None)


@action
def ask_how(*, actor: Actor, case_id: UUID) -> Case:
    """Send whoever asked the question how it went, if their case is still done and they have not
    said; an automatic message, that starts, stops and opens nothing."""
    case = locked(actor, case_id)
    asking = case.phase in ("resolved", "closed") and _to_be_asked(case)
    data: dict[str, Any] = {"asked": asking}
    if asking and case.requester is not None:
        with translation.override(case.requester.language or centre().locale):
            text = _text(case)
        said = Said(text=text, channel="email", contact=case.requester, human=False)
        made: Interaction = write(actor, case, said, "out")
        data["interaction"] = str(made.pk)
        send_out(case, made)
    append(actor, case, "asked", data, reproject=False)
    return case


def _text(case: Case) -> str:
    place = f"/help/{case.agency.code.lower()}/how/{how_token(case.pk)}/"
    return _(
        "We have finished %(number)s. How did it go? Open this page and choose an answer; it takes "
        "one tap, and you need not sign in:\n%(link)s\n\nIf something is not right yet, just "
        "answer this message."
    ) % {"number": case.number, "link": f"{settings.BASE_URL.rstrip('/')}{place}"}
