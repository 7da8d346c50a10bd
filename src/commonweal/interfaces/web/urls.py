"""Every address of the web: public, the agency's portal, the centre's workspace, signing in."""

from __future__ import annotations

from django.urls import include, path

from .public import views as public

handler400 = "commonweal.interfaces.web.errors.bad_request"
handler403 = "commonweal.interfaces.web.errors.forbidden"
handler404 = "commonweal.interfaces.web.errors.not_found"
handler500 = "commonweal.interfaces.web.errors.server_error"

urlpatterns = [
    path("", include("commonweal.interfaces.web.public.urls", namespace="public")),
    path("agency/", include("commonweal.interfaces.web.agency.urls", namespace="agency")),
    path("centre/", include("commonweal.interfaces.web.centre.urls", namespace="centre")),
    path("account/", include("commonweal.interfaces.web.account.urls")),
    path("sign-in/", include("allauth.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("home/", public.home, name="home"),
    path("health/live", public.alive, name="alive"),
]
