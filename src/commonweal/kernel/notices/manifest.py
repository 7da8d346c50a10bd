"""What notices announces."""

from django.utils.translation import gettext_noop

from ..schema.public import Manifest
from .sign_in import INVITE, send_invitation
from .tasks import deliver

MANIFEST = Manifest(
    name="notices",
    permissions={"notices.manage": "See messages that could not be sent, and send them again"},
    roles={"administrator": ["notices.manage"]},
    jobs={"notices.deliver": deliver, INVITE: send_invitation},
    schedules={"notices.deliver": "every 1m"},
    work={
        "notices.deliver": gettext_noop("Send e-mail"),
        INVITE: gettext_noop("Invite a person to sign in"),
    },
)
