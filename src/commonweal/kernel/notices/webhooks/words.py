"""What people are told of their webhooks."""

from django.utils.translation import gettext_noop

from ..templates import Template, register_template

PAUSED = Template(
    code="webhook_paused",
    topic="webhooks",
    subject=gettext_noop("A webhook is paused: its address has taken nothing for three days"),
    body=gettext_noop(
        "No event could be delivered to one of your webhooks for three days, so it is paused. "
        "Nothing is lost yet: events wait for as long as they are kept.\n\n"
        "See what its address answered, mend it, then let the webhook go on:\n"
        "{base_url}/{side}/webhooks/{webhook}/"
    ),
)


def register() -> None:
    """Announce the words; called where the room's manifest is made."""
    register_template(PAUSED)
