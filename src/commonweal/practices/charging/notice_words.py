"""The messages that charging sends."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from commonweal.kernel.notices.public import Template, register_template

PREVIEW = Template(
    code="bill_preview",
    topic="bills",
    subject=gettext_noop("A first look at your bill for {period_name}"),
    body=gettext_noop(
        "Your bill for {period_name} is drafted. Until {until} you can look at every line, ask "
        "about it or dispute it, before the bill is issued:\n{base_url}/agency/bills/{bill}/"
    ),
)
ISSUED = Template(
    code="bill_issued",
    topic="bills",
    subject=gettext_noop("Your bill for {period_name} is ready: {number}"),
    body=gettext_noop(
        "Your bill {number} for {period_name} is ready.\n\nYou can see what each line is, why it "
        "costs what it does, and check the whole bill yourself:\n"
        "{base_url}/agency/bills/{number}/\n\n"
        "If a line looks wrong, open it and choose “Ask about this line”."
    ),
)
TO_APPROVE = Template(
    code="bills_to_approve",
    topic="close",
    subject=gettext_noop("The bills of {period_name} wait for your approval"),
    body=gettext_noop(
        "{bills} bills of {period_name} are drafted. They are issued only after a second person "
        "has approved them. Look at their total, at what each service recovers, and at what "
        "agencies dispute:\n{base_url}/centre/close/{period}/"
    ),
)
RESERVE_ABOVE = Template(
    code="reserve_above",
    topic="close",
    subject=gettext_noop("The reserve of {service} is above its limit"),
    body=gettext_noop(
        "On {day} the reserve of {service} lasts {days} days of its cash expense; {limit} days are "
        "allowed. What is above goes back, and the grants' share of it in cash:\n"
        "{base_url}/centre/recovery/services/{code}/"
    ),
)
DISPUTE = Template(
    code="dispute_to_answer",
    topic="disputes",
    subject=gettext_noop("A disputed bill line waits for your answer"),
    body=gettext_noop(
        "An agency disputes a line of its bill. Answer it until {until}; after that it goes to the "
        "next level:\n{base_url}/agency/disputes/{dispute}/"
    ),
)
OUTCOME = Template(
    code="dispute_answered",
    topic="disputes",
    subject=gettext_noop("The line that you dispute has an answer"),
    body=gettext_noop(
        "The centre has answered your dispute. You can accept the outcome or take it further:\n"
        "{base_url}/agency/disputes/{dispute}/"
    ),
)
CREDIT = Template(
    code="credit_to_approve",
    topic="disputes",
    subject=gettext_noop("A credit for a disputed line waits for your approval"),
    body=gettext_noop(
        "A credit for a disputed line was proposed. It is given only after a second person has "
        "approved it:\n{base_url}/agency/disputes/{dispute}/"
    ),
)

REMINDER = Template(
    code="bill_reminder",
    topic="bills",
    subject=gettext_noop("A friendly reminder: {amount} is past due"),
    body=gettext_noop(
        "Perhaps it escaped you: {amount} of your bills is past due, the oldest since {until} "
        "({bills}). What you dispute is not counted.\n\nIf you have paid, thank you; it will be "
        "seen in a few days. If something is wrong, or you need more time, please tell us on the "
        "bill. Your account with us:\n{base_url}/agency/account/"
    ),
)


RATE_DECIDED = Template(
    code="rate_decided",
    topic="rates",
    subject=gettext_noop("{headline}"),
    body=gettext_noop(
        "On {decided} the centre decided:\n\n{items}\n\nWhat a year costs is by what you are "
        "expected to use. How each rate follows from its cost, and your year with it:\n"
        "{base_url}/rates/\n{base_url}/agency/budget/"
    ),
)
SCENARIO = Template(
    code="scenario_published",
    topic="rates",
    subject=gettext_noop("Proposed for fiscal year {year}, not decided: {name}"),
    body=gettext_noop(
        "The centre considers “{name}” for fiscal year {year}. Nothing is decided. Your year "
        "would cost {after} instead of {before}: {change}.\n\n{reason}\n\nLook at it by item, "
        "and say what you think until {until}:\n{base_url}/agency/proposed-rates/"
    ),
)
FIGURE = Template(
    code="budget_figure",
    topic="rates",
    subject=gettext_noop("Your budget figure for fiscal year {year}: {expected}"),
    body=gettext_noop(
        "For fiscal year {year} we expect your bills to come to {expected}; low {low}, high "
        "{high}. How that is worked out, by service and item:\n{base_url}/agency/budget/"
    ),
)
BUDGET = Template(
    code="budget_reached",
    topic="budget",
    subject=gettext_noop("{percentage} % of your budget is spent: {what}, fiscal year {year}"),
    body=gettext_noop(
        "Your bills for {what} in fiscal year {year} have come to {spent}, {percentage} % or more "
        "of your budget of {budget}. What the rest of the year may bring:\n"
        "{base_url}/agency/budget/"
    ),
)


def register() -> None:
    """Announce the templates."""
    for template in (
        PREVIEW,
        ISSUED,
        TO_APPROVE,
        DISPUTE,
        OUTCOME,
        CREDIT,
        REMINDER,
        RESERVE_ABOVE,
        RATE_DECIDED,
        SCENARIO,
        FIGURE,
        BUDGET,
    ):
        register_template(template)
