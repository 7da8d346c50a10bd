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


RATE_DECIDED = Template(
    code="rate_decided",
    topic="rates",
    subject=gettext_noop("{item}: {rate} from {day}"),
    body=gettext_noop(
        "{item}: {rate} from {day}. By what you are expected to use in a year, that is "
        "{after} instead of {before}: {change}.\n\n{reason}\n\nHow the rate follows from its "
        "cost, and your year with it:\n{base_url}/rates/\n{base_url}/agency/budget/"
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
        RATE_DECIDED,
        SCENARIO,
        FIGURE,
        BUDGET,
    ):
        register_template(template)
