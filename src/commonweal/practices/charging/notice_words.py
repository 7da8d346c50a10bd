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


def register() -> None:
    """Announce the templates."""
    for template in (PREVIEW, ISSUED, TO_APPROVE, DISPUTE, OUTCOME, CREDIT):
        register_template(template)
