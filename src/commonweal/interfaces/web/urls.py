"""Every address of the web."""

from __future__ import annotations

from django.urls import include, path

from .public import views as public

handler400 = "commonweal.interfaces.web.errors.bad_request"
handler403 = "commonweal.interfaces.web.errors.forbidden"
handler404 = "commonweal.interfaces.web.errors.not_found"
handler500 = "commonweal.interfaces.web.errors.server_error"

urlpatterns = [
    path("", public.start, name="start"),
    path("language/", include("django.conf.urls.i18n")),
    path("health/live", public.alive, name="alive"),
]
