"""What is said in a case: messages of and to whoever asked, notes among those who work on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ...access.public import SYSTEM, Actor
from ...audit.public import action
from ...calendar.public import now
from ...jobs.public import enqueue
from ...schema.public import Conflict
from ..domain.errors import CaseError
from ..models import Case, Contact, Interaction
from ..rules import require_work, side_of
from ..search import add_words
from .events import append, locked, require_whole
from .moving import machine, put_state, require_needs
from .opening import LONGEST_TEXT

SEND = "casework.send"


@dataclass(frozen=True)
class Said:
    """A message as it came: by which channel, from whom, when, its parts. `human`: a person wrote
    it (an automatic answer starts, stops and reopens nothing)."""

    text: str
    channel: str = "web"
    contact: Contact | None = None
    human: bool = True
    at: datetime | None = None
    html: str = ""
    folded: str = ""
    message_id: str = ""


def survivor(actor: Actor, case_id: UUID) -> Case:
    """The case, or the one that it was merged into, which goes on: nothing said gets lost."""
    case = locked(actor, case_id)
    while case.merged_into_id is not None:
        found = Case.objects.select_for_update(of=("self",)).select_related(
            "case_type", "category", "requester", "reporter", "agency", "queue"
        )
        case = found.get(pk=case.merged_into_id)
    return case


def write(actor: Actor, case: Case, said: Said, direction: str) -> Interaction:
    """Keep what was said, and make it findable; a note only by reading it, because whoever asked
    would learn from a search which words it holds."""
    text = said.text.replace("\x00", "")
    made = Interaction.objects.create(
        agency_id=case.agency_id,
        case=case,
        at=said.at or now(),
        channel=said.channel,
        direction=direction,
        human=said.human,
        author=actor.user_id,
        contact=said.contact,
        text=text,
        folded=said.folded.replace("\x00", ""),
        html=said.html,
        message_id=said.message_id[:250],
    )
    if direction != "note":
        add_words(case.agency_id, case.pk, [text])
    return made


def _require_text(text: str) -> None:
    if not text.strip():
        raise CaseError("CASE-126", "The text is empty. Write what you want to say.", field="text")
    if len(text) > LONGEST_TEXT:
        raise CaseError(
            "CASE-115",
            f"The text has {len(text)} characters. Shorten it to {LONGEST_TEXT}, or attach it.",
            field="text",
        )


@action
def receive_message(*, actor: Actor, case_id: UUID, said: Said) -> Interaction:
    """A message of whoever asked, or of somebody for them, by any channel.

    A resolved or waiting case opens again by it, if a person wrote it; a closed one too. What comes
    to a merged case is kept in the one that goes on (CASE-126, 115).
    """
    case = survivor(actor, case_id)
    if side_of(actor, case) == "agent":
        require_work(actor, case)
    if said.channel != "email":
        _require_text(said.text)
    made = write(actor, case, said, "in")
    case.contacts += said.human
    append(
        actor, case, "message",
        {"direction": "in", "human": said.human, "public": True, "channel": said.channel,
         "interaction": str(made.pk)},
        at=said.at,
    )  # fmt: skip
    if said.human and _comes_back(case):
        put_state(actor, case, machine(case).reopening(), at=said.at)
    return made


def _comes_back(case: Case) -> bool:
    waits_for_them = case.phase == "waiting" and machine(case).state(case.state).reason == (
        "requester"
    )
    return waits_for_them or (
        case.phase in ("resolved", "closed") and machine(case).comes_back(case.state)
    )


@action
def answer(
    *,
    actor: Actor,
    case_id: UUID,
    text: str,
    channel: str = "",
    then: str = "",
    resolution: bool = False,
) -> Interaction:
    """Answer whoever asked, by the channel named or the one they last used, and move the case on
    (`then`: a state). Errors: CASE-126, 115, 111, and those of the move."""
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    _require_text(text)
    channel = channel or _last_channel(case)
    said = Said(text=text.strip(), channel=channel, contact=case.requester)
    made = write(actor, case, said, "out")
    if case.assignee is None and actor.user_id is not None:
        case.assignee = actor.user_id
    append(
        actor, case, "message",
        {"direction": "out", "human": True, "public": True, "channel": channel,
         "interaction": str(made.pk)},
    )  # fmt: skip
    if resolution:
        case.resolution = text.strip()[:2000]
    if then and then != case.state:
        plan = machine(case)
        move = plan.move(case.state, then, "agent")
        if "resolution" in move.needs and not case.resolution:
            case.resolution = text.strip()[:2000]  # the answer says what was done
        require_needs(case, move)
        put_state(actor, case, plan.state(then))
    send_out(case, made)
    return made


def send_out(case: Case, made: Interaction) -> None:
    """Queue what leaves by e-mail; what is read on the site or at the counter is there already."""
    if made.channel == "email" and case.requester is not None and case.requester.email:
        enqueue(
            actor=SYSTEM,
            kind=SEND,
            payload={"interaction": str(made.pk)},
            key=f"send:{made.pk}",
            agency_id=case.agency_id,
        )


def _last_channel(case: Case) -> str:
    last = case.interactions.filter(direction="in").order_by("-at", "-id").first()
    channel = last.channel if last else case.channel
    reachable = case.requester is not None and case.requester.email
    if channel in ("phone", "counter", "letter", "open311"):
        return "email" if reachable else channel
    return str(channel)


@action
def add_note(*, actor: Actor, case_id: UUID, text: str) -> Interaction:
    """A note among those who work on the case; whoever asked never sees it."""
    case = locked(actor, case_id)
    require_work(actor, case)
    _require_text(text)
    made = write(actor, case, Said(text=text.strip(), channel="web"), "note")
    append(actor, case, "note", {"interaction": str(made.pk)}, reproject=False)
    return made


@action
def promise_callback(*, actor: Actor, case_id: UUID, kept: bool = False) -> Case:
    """Promise to call back, or note that it was done: the clock of call-backs runs in between."""
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    append(actor, case, "callback", {"promised": not kept})
    return case


@action
def rate_case(*, actor: Actor, case_id: UUID, score: int, text: str = "") -> Case:
    """What whoever asked says of a case that is done: 1 to 5 (CASE-127), once (CASE-128)."""
    case = locked(actor, case_id)
    if case.phase not in ("resolved", "closed") or side_of(actor, case) == "agent":
        raise Conflict("CASE-127", "A case is rated by whoever asked for it, once it is done.")
    if not 1 <= score <= 5:
        raise CaseError("CASE-127", "Choose one of the five answers.", field="score")
    if case.score is not None:
        raise Conflict("CASE-128", "You have answered this already. Thank you.")
    case.score = score
    if text.strip():
        write(actor, case, Said(text=text.strip()[:2000], channel="web"), "in")
    append(actor, case, "rated", {"score": score}, reproject=False)
    return case
