"""How people sign in: accounts are made by an administrator, never by signing up.

OpenID Connect signs in an existing account whose verified address matches; it creates none. A
provider vouches only for addresses of its own domains (settings.sign_in_providers).
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, note_account, user_by_email
from commonweal.kernel.notices.public import NEW_PASSWORD, letter, link_of

SIGNED_IN = "account/messages/logged_in.txt"


class AccountAdapter(DefaultAccountAdapter):
    """No open registration, and no greeting before the answer."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _(
            "The e-mail address or the password is not right. Check both, or choose a new password."
        ),
        "incorrect_password": _("This is not your password. Type it again."),
        "enter_current_password": _("This is not your present password. Type it again."),
        "incorrect_code": _("This code is not right. Type the one that is shown now."),
        "too_many_login_attempts": _(
            "Too many failed attempts. Wait a few minutes, then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come from the administrator."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the address that the centre is known by, not at the one that the request names."""
        return link_of(key)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """In our words, in the account's language, from the centre."""
        letter(NEW_PASSWORD, user, context["password_reset_url"]).send()

    def add_message(self, request: HttpRequest, level: int, *args: Any, **options: Any) -> None:
        """Nothing on signing in: the page begins with its answer, its header names the person."""
        if SIGNED_IN not in (*args, options.get("message_template")):
            super().add_message(request, level, *args, **options)

    def post_login(self, request: HttpRequest, user: Any, **details: Any) -> HttpResponse:
        """A sign-in leaves an event."""
        note(user.pk, "signed_in", by=user.pk)
        answer: HttpResponse = super().post_login(request, user, **details)
        return answer

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """So does a failed one, on an account that exists."""
        user = user_by_email(str(credentials.get("email") or credentials.get("login") or ""))
        if user is not None:
            note(user.pk, "sign_in_failed")

    def send_notification_mail(
        self, template_prefix: str, user: Any, *rest: Any, **more: Any
    ) -> None:
        """Whatever changes how an account is opened is announced here by the library: password set,
        changed or reset, second factor or passkey added or removed, outside sign-in connected. (A
        second factor's announcement comes right after its commit.)"""
        note(user.pk, template_prefix.rpartition("/")[2], by=user.pk)
        super().send_notification_mail(template_prefix, user, *rest, **more)


def note(user_id: UUID, what: str, by: UUID | None = None) -> None:
    """Record what happened to an account; the door has no scope of its own yet."""
    actor = Actor(kind="person" if by else "anonymous", user_id=by)
    with act_as(SYSTEM):
        note_account(actor=actor, user_id=user_id, what=what)


class SecondFactors(DefaultMFAAdapter):
    """The secrets of second factors lie encrypted in the database, under the installation's key."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _(
            "That code or passkey does not fit this account. Try again, or choose another way."
        ),
    }

    def encrypt(self, text: str) -> str:
        """To the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """From the database."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> Fernet:
    key = hashlib.sha256(b"commonweal second factors\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


class SocialAdapter(DefaultSocialAccountAdapter):
    """OpenID Connect for accounts that exist."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """An identity without an account here opens nothing."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Connect a verified address to its account; refuse the others in plain words."""
        if sociallogin.is_existing:
            return
        users = [
            user
            for user in map(user_by_email, _vouched_for(sociallogin))
            if user and user.is_active
        ]
        if not users:
            page = render(request, "account/no_account.jinja", status=403)
            raise ImmediateHttpResponse(page)
        sociallogin.connect(request, users[0])


def _vouched_for(sociallogin: Any) -> list[str]:
    """The addresses that the provider may answer for and says it has verified."""
    known = sociallogin.account.get_provider().app.settings
    return [
        entry.email
        for entry in sociallogin.email_addresses
        if (entry.verified is True or known["trust_email"])
        and entry.email.rpartition("@")[2].lower() in known["domains"]
    ]
