"""Letters about signing in: an invitation to a new account, a link for a new password.

They hold a secret that opens the account for three days, so they are written when they leave and
kept nowhere: not in the outbox, not in the payload of the work that sends them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext_noop

from ..access.public import Actor, User, act_as, require
from ..audit.public import action, record
from ..jobs.public import enqueue, stepwise
from ..party.public import centre
from ..schema.public import NotFound
from .tasks import sender
from .templates import NoticeError, Template, register_template, render, speaking

INVITE = "notices.invite"
INVITATION = "invitation"
NEW_PASSWORD = "new_password"

register_template(
    Template(
        code=INVITATION,
        topic="sign-in",
        subject=gettext_noop("{centre} invites you to sign in"),
        body=gettext_noop(
            "Hello,\n\n{centre} has made an account for you with the address {email}.\n\n"
            "Choose a password here within {days} days, then sign in:\n{link}\n\n"
            "Later than that, ask for a new link with “I forgot my password” at\n"
            "{base_url}/sign-in/\n\nYou did not expect this? Then do nothing: "
            "without a password nobody can sign in."
        ),
        essential=True,
    )
)
register_template(
    Template(
        code=NEW_PASSWORD,
        topic="sign-in",
        subject=gettext_noop("{centre}: choose a new password"),
        body=gettext_noop(
            "Hello,\n\nsomebody, probably you, asked for a new password for the account {email} at "
            "{centre}.\n\nChoose it here within {days} days:\n{link}\n\n"
            "You did not ask? Then do nothing: your password stays as it is."
        ),
        essential=True,
    )
)


def password_link(user: User) -> str:
    """The address at which an account's password is chosen; it works once."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return link_of(key)


def link_of(key: str) -> str:
    """The address for a key: at the address that the centre is known by, whoever asked."""
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return f"{settings.BASE_URL}{path.replace('UID-KEY', key)}"


def letter(code: str, user: User, link: str) -> EmailMessage:
    """A letter about signing in, in the account's language."""
    with speaking(user.pk):
        subject, body = render(
            code,
            {
                "centre": centre().name,
                "email": user.email,
                "link": link,
                "days": str(settings.PASSWORD_RESET_TIMEOUT // 86_400),
                "base_url": settings.BASE_URL,
            },
        )
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMessage(subject, body + "\n", sender(), [user.email], headers=headers)


@action
def invite(*, actor: Actor, user_id: UUID) -> None:
    """Send the owner of an account a link with which to choose a password.

    It leaves after the caller's transaction commits. NOTICES-106 for a closed account.
    """
    require(actor, "access.manage_people")
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("NOTICES-406", "There is no such account. Go back to the list of people.")
    if not user.is_active:
        raise NoticeError("NOTICES-106", "This account is closed. Reopen it before you invite.")
    enqueue(actor=actor, kind=INVITE, payload={"user": str(user_id)})
    record(actor=actor, verb="notices.invited", target=user)


@stepwise
def send_invitation(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> int:
    """Write the invitation and send it; a server that refuses is asked again by the worker."""
    with act_as(actor):
        require(actor, "access.manage_people")
        user = User.objects.filter(pk=UUID(payload["user"]), is_active=True).first()
        if user is None:
            return 0
        letter(INVITATION, user, password_link(user)).send()
    return 1
