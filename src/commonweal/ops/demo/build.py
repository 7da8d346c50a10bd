"""Building the demo: thirteen closed months, each closed for real, ending with the last full one.

The story: rate cards that change some prices in July, a bill that rose (help-desk cases of one
agency in the last month), an order modified for it, a source that came late, a correction of an
earlier month, and a service that recovers less than it costs. A whole year also brings payments
(late, in parts, from nobody known), a dispute that is credited, a price changed within the year,
and a customer that leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from commonweal.kernel.access.public import Actor, act_as
from commonweal.kernel.audit.public import seal
from commonweal.kernel.calendar.public import FiscalPeriod, add_working_days, at
from commonweal.kernel.metering.public import Usage
from commonweal.kernel.words.public import month_name
from commonweal.practices.charging.public import (
    CloseOptions,
    advance_close,
    approve_bills,
    bill_view,
    propose_rate,
    raise_query,
    rates_in_force,
)

from . import turns, worth, year_end
from .agreements import (
    build_agreements,
    limits_and_second_approver,
    signed_modification,
    waiting_modification,
)
from .cash import receive
from .counter import counter_history, set_up_counter
from .data import CENTRE, SOURCES
from .desks import history, set_up_desks
from .faces import set_up_faces
from .money import (
    build_cost_model,
    decide_method,
    fiscal_year_start,
    import_month,
    measure_desks,
    reserve_desks,
    rise_of,
)
from .people import World, build_catalogue, build_parties
from .rates import decide_rates
from .sending import Sent, counted, report, send_by_call, send_by_file
from .usage import usage_of

Say = Callable[[str], None]
After = Callable[[World, FiscalPeriod], None]
"""What is done when a month and whatever follows from it are over, such as checking every law."""
MONTHS = 13
WHOLE_YEAR = 12
"""From so many months on the demo tells what only a year brings."""
ZONE = ZoneInfo(str(CENTRE["zone"]))
LATE_SOURCE = "contact-centre"
CHANGED = ("hosting.long-distance", "0.0550")
"""The item whose price changes within the year, and its new price."""
YEAR_STARTS = 7
"""The month in which the fiscal year begins."""
SHOWN = "LWD"
"""The agency whose people have logins."""


@dataclass
class Story:
    """Which month is which in the tale."""

    last: FiscalPeriod
    first: FiscalPeriod
    late_month: FiscalPeriod
    corrected_month: FiscalPeriod
    modified_after: FiscalPeriod
    left_from: FiscalPeriod | None = None
    adjusted_after: FiscalPeriod | None = None
    held_back: list[Usage] = field(default_factory=list)
    wrong: Usage | None = None


def moment(day: date, hour: int = 9) -> datetime:
    """A moment of a working day in the centre's zone."""
    return datetime.combine(day, time(hour), ZONE).astimezone(UTC)


def story_of(last: FiscalPeriod, months: int) -> Story:
    """The demo's story for so many closed months up to the last one."""
    story = Story(last, last.shift(1 - months), last.shift(-4), last.shift(-2), last.shift(-3))
    if months >= WHOLE_YEAR:
        story.left_from = story.first.shift(10)
    ends = [month for month in periods(story) if month.shift(1).first_day.month == YEAR_STARTS]
    done = [month.shift(1) for month in ends if month < last]
    story.adjusted_after = done[-1] if done else None
    return story


def nothing(_world: World, _period: FiscalPeriod) -> None:
    """Nothing is done after a month."""


def build(
    last: FiscalPeriod, size: str, say: Say, months: int = MONTHS, after: After = nothing
) -> World:
    """Build everything; each step is committed, and says what it does."""
    story = story_of(last, months)
    start = fiscal_year_start(story.first.first_day)
    with at(moment(start - timedelta(days=120))):
        say("People, services and charge items")
        world = build_parties(start - timedelta(days=120))
        build_catalogue(world)
        build_cost_model(world)
        set_up_desks(world)
        set_up_counter(world)
        set_up_faces(world)
    years = sorted({fiscal_year_start(p.first_day) for p in periods(story)})
    for number, year in enumerate(years):
        _fiscal_year(world, story, year, number, say)
    if story.adjusted_after is not None:
        with at(moment(years[0] - timedelta(days=40))):
            worth.sign_baselines(world, story.first.fiscal_year(YEAR_STARTS))
            year_end.invoice_details(world)
    with at(moment(years[0] - timedelta(days=20))):
        say("Agreements and orders, signed by both sides")
        build_agreements(world, years[0], years[-1])
        reserve_desks(world, years[0])
    for period in periods(story):
        _month(world, story, period, size, say)
        _turn(world, story, period)
        if period == story.modified_after:
            day = add_working_days(period.end_day, 8)
            with at(moment(day)):
                signed_modification(world, SHOWN, period.shift(2).first_day)
        after(world, period)
    _open_matters(world, story)
    say("Cases of both desks")
    say(f"{history(world, story.first, months):,} cases loaded")
    say(f"{counter_history(world):,} visitors at the counter")
    return world


def periods(story: Story) -> list[FiscalPeriod]:
    """The months of the demo, oldest first."""
    found = [story.first]
    while found[-1] < story.last:
        found.append(found[-1].shift(1))
    return found


def _fiscal_year(world: World, story: Story, year: date, number: int, say: Say) -> None:
    """A year's budget and its decided rates, before the year starts."""
    budget = FiscalPeriod.of_date(year)
    say(f"Budget and rates of fiscal year {budget.fiscal_year(7)}")
    rise = rise_of(budget, story.first)
    with at(moment(year - timedelta(days=75))):
        for step in range(12):
            import_month(world, budget.shift(step), rise, "budget")
    if number == 1:
        with at(moment(year - timedelta(days=65))):
            decide_method(world, year)
    with at(moment(year - timedelta(days=60))):
        decide_rates(world, year, number)


def _turn(world: World, story: Story, period: FiscalPeriod) -> None:
    """What happens after a month's bills are out: a dispute, a new price, a customer's leaving."""
    number = (period.year - story.first.year) * 12 + period.month - story.first.month
    issued = add_working_days(add_working_days(period.end_day, 7), 1)
    with at(moment(issued, 11)):
        if number == 3 and story.left_from is not None:
            finance = world.of("finance_officer")
            turns.dispute_and_credit(
                world, lambda agency, item: _line(finance, period, agency, item)
            )
        if number == 9 and story.left_from is not None:
            turns.mid_year_change(world, CHANGED[0], period.shift(2).first_day, CHANGED[1])
        if number == 7 and story.left_from is not None:
            turns.leave(world, story.left_from.first_day)
    if period == story.adjusted_after:
        _year_end(world, story, issued)


def _year_end(world: World, story: Story, day: date) -> None:
    """The ended year: what sharing saved, two adjustments, the auditor's room, new figures."""
    ended = story.adjusted_after.shift(-1).fiscal_year(YEAR_STARTS) if story.adjusted_after else 0
    first = max(story.first, FiscalPeriod(ended - 1, YEAR_STARTS))
    with at(moment(day, 13)):
        worth.own_costs(world, ended)
        worth.claim_saving(world, ended)
        year_end.adjust(world, ended, day)
        year_end.audit(world, first, FiscalPeriod(ended, YEAR_STARTS - 1), ended, day)
        year_end.budget_figures(world, ended + 2)
        year_end.open_page(world)


def _month(world: World, story: Story, period: FiscalPeriod, size: str, say: Say) -> None:
    say(f"{period}: usage, costs, close")
    day = period.end_day
    with at(moment(day, 7)):
        if period != story.first:
            receive(world, period.shift(-1), day, stranger=period == story.late_month)
        _send_usage(world, story, period, size)
        import_month(world, period, rise_of(period, story.first), "actual")
        measure_desks(world, period)
    finance = world.of("finance_officer")
    options = CloseOptions(preview_days=5)
    if story.held_back and period == story.late_month:
        options = replace(
            options,
            waived=(LATE_SOURCE,),
            waive_reason="Contact centre upgrade; records follow next month",
        )
    preview = add_working_days(day, 2)
    with at(moment(preview)):
        advance_close(finance, period.code, options, until="preview")
    issue = add_working_days(preview, 5)
    director = world.of("director")
    with at(moment(issue)), act_as(director):
        approve_bills(actor=director, period=period.code)
    with at(moment(issue, 10)):
        advance_close(finance, period.code, options)
        with act_as(finance):
            seal()


def _send_usage(world: World, story: Story, period: FiscalPeriod, size: str) -> None:
    """Send the month's records, then each source's report; the late source holds some back."""
    finance = world.of("finance_officer")
    late, story.held_back = story.held_back, []
    sent = {code: Sent() for code, _, _ in SOURCES}
    usages = counted(_kept(world, story, period, size), sent)
    if size == "small":
        send_by_call(finance, usages)
    else:
        send_by_file(finance, usages, period)
    send_by_call(finance, [(LATE_SOURCE, usage) for usage in late])
    send_by_call(finance, [("payroll-engine", usage) for usage in _correction(story, period)])
    for source, figures in sent.items():
        if not (period == story.late_month and source == LATE_SOURCE):
            report(finance, source, period, figures)


def _kept(
    world: World, story: Story, period: FiscalPeriod, size: str
) -> Iterator[tuple[str, Usage]]:
    """The records that arrive in time; the others wait in the story."""
    for source, usage in usage_of(world, period, story.last, size):
        if usage.agency == turns.LEAVER and story.left_from and period >= story.left_from:
            continue
        if period == story.late_month and source == LATE_SOURCE and usage.starts.day > 24:
            story.held_back.append(usage)
            continue
        fits = (usage.agency, usage.charge_item, period)
        if story.wrong is None and fits == (SHOWN, "payroll.payslip", story.corrected_month):
            story.wrong = usage
        yield source, usage


def _correction(story: Story, period: FiscalPeriod) -> list[Usage]:
    """A month after the corrected one, the payroll engine replaces a record counted twice over."""
    wrong = story.wrong
    if wrong is None or period != story.corrected_month.shift(1):
        return []
    return [
        replace(
            wrong,
            external_id=wrong.external_id + "-corrected",
            quantity=(wrong.quantity / 2).quantize(Decimal(1)),
            replaces=wrong.external_id,
        )
    ]


def _open_matters(world: World, story: Story) -> None:
    """What waits on the director's page: a question, a dispute, a rate and a second approver to be
    decided; and a modification that the agency is to sign."""
    day = add_working_days(add_working_days(story.last.end_day, 7), 2)
    with at(moment(day, 11)):
        waiting_modification(world, SHOWN, story.last.shift(2).first_day)
        limits_and_second_approver(world, SHOWN)
        if story.adjusted_after is not None:
            worth.own_costs(world, story.last.fiscal_year(YEAR_STARTS))
        _queries(world, story)
        _dearer_payslips(world, story)


def _queries(world: World, story: Story) -> None:
    """A question and a dispute about the last bills, compared with the month before."""
    before = month_name(story.last.shift(-1))
    asked = (
        ("agency_liaison", SHOWN, "helpdesk.case", "question",
         f"Why did we have so many more cases than in {before}? Was it the laptop replacement?"),
        ("agency_finance", "TRE", "hosting.rack-unit", "dispute",
         f"We gave back two rack units in {before}. Please check the count."),
    )  # fmt: skip
    for role, agency, item, kind, text in asked:
        person = world.of(role, agency)
        with act_as(person):
            raise_query(
                actor=person, line_id=_line(person, story.last, agency, item), kind=kind, text=text
            )


def _dearer_payslips(world: World, story: Story) -> None:
    """Payroll recovers less than it costs: its owner proposes the price that the budget derives."""
    owner = world.of("service_owner")
    with act_as(owner):
        known = next(
            version
            for version in rates_in_force(owner, story.last.first_day)
            if version.charge_item.code == "payroll.payslip"
        )
        propose_rate(
            actor=owner,
            charge_item_id=known.charge_item_id,
            model={"kind": "per_unit", "rate": known.derivation["rate"]},
            starts=story.last.shift(3).first_day,
            derivation=known.derivation,
            reason="Payroll recovers less than it costs at the published price. This price covers "
            "its budget at the volumes that agencies forecast.",
        )


def _line(actor: Actor, period: FiscalPeriod, agency: str, item: str) -> UUID:
    view = bill_view(actor, f"{agency}-{period.code}")
    for _service, lines, _total in view.services:
        for line in lines:
            if line.charge_item.code == item:
                return UUID(str(line.id))
    raise LookupError(f"{agency} has no line for {item}")
