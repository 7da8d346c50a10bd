"""The messages that casework sends to people who have an account."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from ..notices.public import Template, register_template

LEVEL = Template(
    code="case_level",
    topic="cases",
    subject=gettext_noop("Case {number}: {promise}"),
    body=gettext_noop(
        "The time of “{promise}” runs out for case {number}. Look at it now:\n"
        "{base_url}/centre/cases/{number}/"
    ),
)
CHANGED = Template(
    code="case_changed",
    topic="cases",
    subject=gettext_noop("Something new in case {number}"),
    body=gettext_noop(
        "There is something new in case {number}. Read it, and answer if you like:\n"
        "{base_url}/cases/{number}/"
    ),
)
APPROVE = Template(
    code="case_to_approve",
    topic="cases",
    subject=gettext_noop("Case {number} waits for your approval"),
    body=gettext_noop(
        "Somebody of your agency asks for something that needs an approval. Decide it here:\n"
        "{base_url}/cases/{number}/"
    ),
)
HOLD = Template(
    code="case_hold_ending",
    topic="cases",
    subject=gettext_noop("Somebody asks to lift a legal hold"),
    body=gettext_noop(
        "A legal hold shall be lifted, and needs a second person to agree. Decide it here:\n"
        "{base_url}/centre/cases/keeping/holds/"
    ),
)
DRIFT = Template(
    code="case_clock_drift",
    topic="cases",
    subject=gettext_noop("Clocks of cases do not say what their events say"),
    body=gettext_noop(
        "The nightly proof found {drifted} of {clocks} clocks that differ from their events. See "
        "the newest proofs with:\ncommonweal cases proofs"
    ),
)


def register() -> None:
    """Announce them."""
    for template in (LEVEL, CHANGED, APPROVE, HOLD, DRIFT):
        register_template(template)
