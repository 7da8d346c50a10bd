"""What notices announces."""

from django.utils.translation import gettext_noop

from ..schema.public import Manifest
from .sign_in import INVITE, send_invitation
from .tasks import deliver
from .webhooks import words
from .webhooks.actions import MANAGE as MANAGE_WEBHOOKS
from .webhooks.tasks import send_events, tidy_events

words.register()

MANIFEST = Manifest(
    name="notices",
    permissions={
        "notices.manage": "See messages that could not be sent, and send them again",
        MANAGE_WEBHOOKS: "Have events sent to programs by signed webhooks",
    },
    roles={
        "administrator": ["notices.manage", MANAGE_WEBHOOKS],
        "agency_liaison": [MANAGE_WEBHOOKS],
    },
    jobs={
        "notices.deliver": deliver,
        "notices.webhooks": send_events,
        "notices.webhooks_tidy": tidy_events,
        INVITE: send_invitation,
    },
    schedules={
        "notices.deliver": "every 1m",
        "notices.webhooks": "every 1m",
        "notices.webhooks_tidy": "daily 03:50",
    },
    work={
        "notices.deliver": gettext_noop("Send e-mail"),
        "notices.webhooks": gettext_noop("Send events to webhooks"),
        "notices.webhooks_tidy": gettext_noop("Remove old deliveries of webhooks"),
        INVITE: gettext_noop("Invite a person to sign in"),
    },
)
