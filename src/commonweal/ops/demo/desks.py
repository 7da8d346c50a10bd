"""The demo's two desks: set up before anything is asked, and a history of what was asked.

Loaded at the end, as of the real moment of building, so that what is open is open now: some in
time, some close to their time, some late. The same seed gives the same cases for the same moment.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import FiscalPeriod, now
from commonweal.kernel.casework import public as casework
from commonweal.services.citizen.public import set_up as set_up_citizen
from commonweal.services.helpdesk.public import set_up as set_up_helpdesk

from .case_words import BACK, CITIZEN, FIRST, GREETING, HELPDESK, LAST, NOTE, STAYS, STREETS, Matter
from .data import AGENCIES, CENTRE
from .fees import take_fees
from .people import World

ZONE = ZoneInfo(str(CENTRE["zone"]))
A_MONTH = 150
"""How many cases a month of the history has."""
OPEN = 110
"""How many are open now."""
CITIES = {"streets": "DOT", "homes": "DOT", "parking": "DOT", "visits": "REV", "business": "REV",
          "complaints": "DOT"}  # fmt: skip
"""The agency that answers for each topic."""
TOPIC_OF = {"report": "streets", "neighbourhood": "homes", "parking": "parking", "visit": "visits",
            "licence": "business", "complaint": "complaints"}  # fmt: skip
TEAM_OF = {
    "agent": ("first-line", "second-line", "accounts"),
    "clerk": ("front", "field", "permits"),
}
STAFF_WAYS = ("web",) * 9 + ("email",) * 6 + ("phone",) * 8 + ("counter", "mobile", "api")
PUBLIC_WAYS = ("phone",) * 7 + ("web",) * 5 + ("open311",) * 4 + ("mobile",) * 4 + (
    "email", "email", "counter", "counter", "letter")  # fmt: skip
TAKEN = ("phone", "counter", "letter")
"""Channels of which somebody of the centre writes the case down."""
COUNTED = {"*": "helpdesk.case"}
ITEMS = {kind: COUNTED for kind in ("incident", "request", "access", "password", "question")}
"""What a case of the help desk uses when it closes. The cases of the history close without it: the
usage of their months comes from the counts that the demo's bills rest on."""
AT_DOORS = {"phone": "citizen.call", "counter": "citizen.counter-visit"}
OFFERS = (
    (
        "order-laptop",
        "Laptop with everything",
        "helpdesk.laptop",
        "monthly",
        "At the desk",
        "A laptop with its programs, mended and replaced when it must be.",
        "notebook computer",
    ),
    (
        "order-desktop",
        "Desktop with everything",
        "helpdesk.desktop",
        "monthly",
        "At the desk",
        "A desktop computer with its programs, mended and replaced when it must be.",
        "computer pc",
    ),
    (
        "order-mailbox",
        "Mailbox",
        "helpdesk.mailbox",
        "monthly",
        "At the desk",
        "A mailbox with calendar, for a person or a team.",
        "mail shared team",
    ),
    (
        "order-line",
        "Voice line",
        "hosting.voice-line",
        "monthly",
        "At the desk",
        "A telephone number that rings on the desk and on the mobile.",
        "phone telephone number",
    ),
    (
        "order-server",
        "Virtual server",
        "hosting.virtual-server",
        "monthly",
        "For your systems",
        "A virtual server, patched and watched day and night.",
        "machine host vm",
    ),
    (
        "order-engineer",
        "Engineer on site",
        "helpdesk.engineer-hour",
        "once",
        "For your systems",
        "An engineer comes to you. Order the hours that you expect.",
        "visit technician",
    ),
)
WORK_STARTS, WORK_HOURS = 8, 9
"""The working day, as the office calendar has it."""


def set_up_desks(world: World) -> None:
    """Teams, kinds of cases and promises of both desks, with the people who work there."""
    owner = world.of("service_owner")
    with act_as(owner):
        set_up_helpdesk(
            actor=owner, starts=world.start, items=ITEMS, address="help@meridian.example"
        )
        set_up_citizen(
            actor=owner, agencies=CITIES, starts=world.start,
            items={kind: AT_DOORS for kind in TOPIC_OF},
            addresses={topic: f"{topic}@{code.lower()}.example" for topic, code in CITIES.items()},
        )  # fmt: skip
        for code, name, item, recurs, group, about, words in OFFERS:
            casework.put_category(
                actor=owner, code=code, name=name, case_type="order", order_item=item,
                order_recurs=recurs, group=group, description=about, keywords=words.split(),
            )  # fmt: skip
        for role, teams in TEAM_OF.items():
            for person in (role, f"{role}-2"):
                for team in teams:
                    casework.put_member(
                        actor=owner,
                        team=team,
                        person_id=_person(world, person),
                        lead=person == role,
                    )


def _person(world: World, role: str) -> UUID:
    found = world.of(role).person_id
    assert found is not None
    return found


def history(world: World, first: FiscalPeriod, months: int) -> int:
    """Load the cases of the demo's months, and those that are open now; how many there are."""
    moment = now()
    chance = random.Random(f"cases:{first}")
    contacts = _contacts(world, chance)
    start = datetime.combine(first.first_day, time(), ZONE).astimezone(UTC)
    pasts = [
        _past(world, chance, contacts, number, came, moment)
        for number, came in enumerate(_moments(chance, start, moment, months))
    ]
    owner = world.of("service_owner")
    with act_as(owner):
        made = casework.load_history(actor=owner, cases=[each for each in pasts if each])
        _twice(owner)
    take_fees(world, chance)
    _orders(world)
    return made


def _orders(world: World) -> None:
    """What one agency ordered today: one waits for its approval, one is being set up, one is in
    service, so that it is on the bill of the month that is not closed yet."""
    employee, approver = world.of("agency_employee", "LWD"), world.of("agency_approver", "LWD")
    agency, agent = world.agencies["LWD"], world.of("agent")
    for stage, (code, many) in enumerate(
        (("order-laptop", 2), ("order-mailbox", 1), ("order-line", 3))
    ):
        quantity = Decimal(many)
        with act_as(employee):
            shown = casework.offer(employee, agency, code, quantity)
            if shown.price is None or not shown.covered:
                continue
            asker = casework.put_contact(
                actor=employee, agency_id=agency, person_id=employee.person_id
            )
            order = casework.NewOrder(code, quantity, shown.price.year_minor, requester=asker)
            case = casework.place_order(actor=employee, agency_id=agency, order=order).case
        if stage:
            with act_as(approver):
                approval = case.approvals.get()
                casework.decide_approval(actor=approver, approval_id=approval.pk, approved=True)
        if stage > 1:
            with act_as(agent):
                for task in case.tasks.all():
                    casework.end_task(actor=agent, task_id=task.pk, done=True)
                casework.move_case(
                    actor=agent, case_id=case.pk, state="resolved",
                    resolution="The lines are there. Their numbers are on the telephones.",
                )  # fmt: skip


def _moments(
    chance: random.Random, start: datetime, moment: datetime, months: int
) -> Iterator[datetime]:
    """When cases came: over the months, and more of the last days, of which some are still open."""
    whole = max((moment - start).days, 1)
    for _ in range(A_MONTH * months):
        came = _working(chance, start + timedelta(days=chance.randrange(whole)))
        if came < moment - timedelta(days=14):
            yield came
    for number in range(OPEN):
        days = chance.randrange(2 if number % 3 else 12)
        came = _working(chance, moment - timedelta(days=days))
        yield min(came, moment - timedelta(minutes=chance.randrange(5, 200)))


def _working(chance: random.Random, moment: datetime) -> datetime:
    """A moment of the working day that is nearest before, to the minute."""
    day = moment.astimezone(ZONE).date()
    while day.weekday() > 4:
        day -= timedelta(days=1)
    minutes = chance.randrange(WORK_HOURS * 60)
    local = datetime.combine(day, time(WORK_STARTS), ZONE)
    return (local + timedelta(minutes=minutes)).astimezone(UTC)


def _contacts(world: World, chance: random.Random) -> dict[str, list[Any]]:
    """Who asks: a few people of every agency, and citizens of those that serve them."""
    found: dict[str, list[Any]] = {}
    with act_as(SYSTEM):
        for seed in AGENCIES:
            many = max(3, min(12, seed.size // 200))
            names = [_name(chance) for _ in range(many)]
            found[seed.code] = [
                casework.put_contact(
                    actor=SYSTEM, agency_id=world.agencies[seed.code], name=name,
                    email=f"{_mail(name)}@{seed.code.lower()}.example",
                )
                for name in names
            ]  # fmt: skip
        employee = world.of("agency_employee", "LWD")
        own = casework.put_contact(
            actor=SYSTEM, agency_id=world.agencies["LWD"], name="Tom Becker",
            email="employee@lwd.example", person_id=employee.person_id,
        )  # fmt: skip
        found["LWD"] += [own] * 3
        for code in sorted(set(CITIES.values())):
            found[f"public:{code}"] = [
                casework.put_contact(
                    actor=SYSTEM, agency_id=world.agencies[code], name=name,
                    email=f"{_mail(name)}@home.example", phone=f"+1 312 555 {number + 100:04d}",
                )
                for number, name in enumerate(_name(chance) for _ in range(40))
            ]  # fmt: skip
    return found


def _name(chance: random.Random) -> str:
    return f"{chance.choice(FIRST)} {chance.choice(LAST)}"


def _mail(name: str) -> str:
    return name.lower().replace(" ", ".")


def _past(
    world: World, chance: random.Random, contacts: dict[str, list[Any]], number: int,
    came: datetime, moment: datetime,
) -> casework.Past | None:  # fmt: skip
    """One case of either desk, with its steps until now."""
    staff = chance.random() < 0.55
    matters = HELPDESK if staff else CITIZEN
    matter = chance.choices(matters, [each.share for each in matters])[0]
    code = _agency(chance) if staff else CITIES[TOPIC_OF[matter.kind]]
    asker = chance.choice(contacts[code if staff else f"public:{code}"])
    channel = chance.choice(STAFF_WAYS if staff else PUBLIC_WAYS)
    agent = world.of("agent" if staff else "clerk").user_id
    if chance.random() < 0.45:
        agent = world.of("agent-2" if staff else "clerk-2").user_id
    impact = chance.choices(("low", "medium", "high"), (70, 25, 5))[0]
    own = asker.person_id is not None
    employee = world.of("agency_employee", "LWD").user_id if own else None
    by_agent = channel in TAKEN
    steps = _steps(chance, matter, channel, came, moment, agent)
    return casework.Past(
        agency_id=world.agencies[code],
        case_type=matter.kind,
        category=matter.category,
        subject=chance.choice(matter.subjects),
        text=matter.text,
        channel=channel,
        opened_at=came,
        requester=None if channel == "open311" and chance.random() < 0.5 else asker,
        opened_by=agent if by_agent else employee,
        by_agent=by_agent,
        impact="" if matter.kind in ("problem", "complaint") else impact,
        answers=matter.answers,
        place=f"{chance.randrange(2, 240)} {chance.choice(STREETS)}" if matter.placed else "",
        resolution=matter.resolution,
        source="demo",
        source_id=f"{number:06d}",
        steps=steps,
    )


def _agency(chance: random.Random) -> str:
    """An agency by its size; the one whose people have logins more often than that."""
    sizes = [seed.size + (1200 if seed.code == "LWD" else 60) for seed in AGENCIES]
    return chance.choices([seed.code for seed in AGENCIES], sizes)[0].replace("ART", "LIB")


class _Tale:
    """The steps of a case one after the other, as far as they lie before now."""

    def __init__(self, came: datetime, moment: datetime) -> None:
        self.at, self.moment, self.steps, self.over = came, moment, list[casework.Step](), False

    def __call__(self, what: str, value: str, by: UUID | None, channel: str = "") -> None:
        if not self.over:
            self.steps.append(casework.Step(self.at, what, value, channel, by))

    def later(self, chance: random.Random, hours: float) -> None:
        """Go on by working hours, roughly, with chance; what lies ahead does not happen."""
        minutes = int(hours * 60 * chance.uniform(0.3, 1.9))
        days, rest = divmod(minutes, WORK_HOURS * 60)
        at = self.at + timedelta(days=days, minutes=rest)
        local = at.astimezone(ZONE)
        if local.hour >= WORK_STARTS + WORK_HOURS:
            at += timedelta(hours=24 - WORK_HOURS)
        while at.astimezone(ZONE).weekday() > 4:
            at += timedelta(days=1)
        self.over = self.over or at > self.moment
        self.at = at


def _steps(
    chance: random.Random, matter: Matter, channel: str, came: datetime, moment: datetime,
    agent: UUID | None,
) -> Sequence[casework.Step]:  # fmt: skip
    """Begun, perhaps asked back, perhaps with a supplier, done, rated, perhaps open again."""
    tale = _Tale(came, moment)
    way = "email" if channel in (*TAKEN, "open311") else channel
    visit = matter.kind == "visit"
    tale.later(chance, 0.2 if channel in TAKEN else 1.3)
    tale("given", "", agent)
    if not visit:
        tale("state", "in_progress", agent)
        if channel not in TAKEN or chance.random() < 0.3:
            tale("out", chance.choice((GREETING, STAYS)), agent, way)
        _asked(chance, tale, matter, agent, way)
    if chance.random() < 0.12:
        tale("note", NOTE, agent)
    tale.later(chance, matter.hours)
    if visit:
        tale("state", "in_progress", agent)
    _done(chance, tale, matter, agent, way)
    again = chance.random() < 0.06 and not tale.over
    if again:
        tale.later(chance, 8)
        tale("in", BACK, None, way)
        tale("state", "in_progress", None)
        tale.later(chance, matter.hours / 2)
        _done(chance, tale, matter, agent, way)
    tale.later(chance, 6)
    if chance.random() < 0.34:
        tale("rated", str(chance.choices((5, 4, 3, 2, 1), (45, 30, 12, 8, 5))[0]), None)
    tale.at += timedelta(days=7)
    tale.over = tale.over or tale.at > moment
    tale("state", "closed", None)
    return tale.steps


def _asked(
    chance: random.Random, tale: _Tale, matter: Matter, agent: UUID | None, way: str
) -> None:
    """A question back, a wait for its answer; or a wait for a supplier."""
    if matter.question and chance.random() < 0.55:
        tale.later(chance, 1.5)
        tale("out", matter.question, agent, way)
        tale("state", "waiting_requester", agent)
        tale.later(chance, 7)
        tale("in", matter.reply, None, way)
        tale("state", "in_progress", None)
    elif matter.category in ("printer", "laptop", "phone") and chance.random() < 0.3:
        tale.later(chance, 2)
        tale("supplier", "yes", agent)
        tale("state", "waiting_supplier", agent)
        tale.later(chance, 16)
        tale("supplier", "no", agent)
        tale("state", "in_progress", agent)


def _done(chance: random.Random, tale: _Tale, matter: Matter, agent: UUID | None, way: str) -> None:
    """The last answer, and the state that says it is done."""
    tale("out", matter.resolution, agent, way)
    tale("state", "resolved", agent)


def _twice(owner: Actor) -> None:
    """Reports of one lamp that came twice, from one person whom we knew twice, become one."""
    rows = casework.cases(owner, casework.View(field="all", order="newest"))
    first: dict[tuple[UUID, UUID | None], casework.Case] = {}
    merged = 0
    for row in rows:
        key = (row.agency_id, row.category_id)
        if row.category is None or not row.published or row.phase not in ("open", "waiting"):
            continue
        if key in first and merged < 3:
            into = first.pop(key).pk
            casework.merge_cases(actor=owner, case_id=row.pk, into_id=into, same_person=True)
            merged += 1
        else:
            first[key] = row
