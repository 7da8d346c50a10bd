"""How people sign in: accounts are made by an administrator, never by signing up.

OpenID Connect signs in an existing account whose verified address matches; it creates none. A
provider vouches only for addresses of its own domains (settings.sign_in_providers).
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.shortcuts import render

from commonweal.kernel.access.public import user_by_email

SIGNED_IN = "account/messages/logged_in.txt"


class AccountAdapter(DefaultAccountAdapter):
    """No open registration, and no greeting before the answer."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come from the administrator."""
        return False

    def add_message(self, request: HttpRequest, level: int, *args: Any, **options: Any) -> None:
        """Nothing on signing in: the page begins with its answer, its header names the person."""
        if SIGNED_IN not in (*args, options.get("message_template")):
            super().add_message(request, level, *args, **options)


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
