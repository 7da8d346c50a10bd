"""Every address of the web: public, the agency's portal, the centre's workspace, signing in."""

from __future__ import annotations

from importlib import import_module

from django.urls import URLResolver, include, path

from ..api import api
from .account import views as account
from .public import views as public

handler400 = "commonweal.interfaces.web.errors.bad_request"
handler403 = "commonweal.interfaces.web.errors.forbidden"
handler404 = "commonweal.interfaces.web.errors.not_found"
handler500 = "commonweal.interfaces.web.errors.server_error"


def centre_pages() -> list[URLResolver]:
    """The workspace; left out of an installation whose `centre` folder holds no view modules."""
    name = "commonweal.interfaces.web.centre"
    try:
        import_module(f"{name}.urls")
    except ImportError as missing:
        if missing.name != name:
            raise
        return []
    return [path("centre/", include(f"{name}.urls", namespace="centre"))]


urlpatterns = [
    path("", include("commonweal.interfaces.web.public.urls", namespace="public")),
    path("agency/", include("commonweal.interfaces.web.agency.urls", namespace="agency")),
    *centre_pages(),
    path("account/", include("commonweal.interfaces.web.account.urls")),
    # Accounts and their addresses come from the administrator: these two of allauth's are closed.
    path("sign-in/", account.to_sign_in),
    path("sign-in/signup/", account.closed),
    path("sign-in/email/", account.closed),
    path("sign-in/confirm-email/", account.closed),
    path("sign-in/", include("allauth.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("home/", public.home, name="home"),
    path("api/v1/", api.urls),
    path("health/live", public.alive, name="alive"),
]
