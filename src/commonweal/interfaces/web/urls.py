"""Every address of the web: public, the agency's portal, the centre's workspace, signing in."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from ..api import api
from ..payments.fees import settle
from ..payments.urls import addresses
from . import plugins
from .account import language
from .account import views as account
from .cases.app import worker
from .cases.keeping.urls import KEEPING
from .cases.urls import CASES, DESK, DOOR
from .counter.urls import COUNTER, HALL, VISITS
from .public import views as public

handler400 = "commonweal.interfaces.web.errors.bad_request"
handler403 = "commonweal.interfaces.web.errors.forbidden"
handler404 = "commonweal.interfaces.web.errors.not_found"
handler500 = "commonweal.interfaces.web.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("commonweal.interfaces.web.public.urls", namespace="public")),
    path("agency/", include("commonweal.interfaces.web.agency.urls", namespace="agency")),
    path("centre/set-up/", include("commonweal.interfaces.web.setup.urls", namespace="setup")),
    path("centre/cases/keeping/", include((KEEPING, "keeping"))),
    path("centre/cases/", include((DESK, "desk"))),
    path("centre/counter/", include((COUNTER, "counter"))),
    path("cases/", include((CASES, "cases"))),
    path("help/", include(([*DOOR, *VISITS], "door"))),
    *HALL,
    path("pay/", include(addresses(settle))),
    path("open311/", include("commonweal.interfaces.open311.urls", namespace="open311")),
    path("centre/", include("commonweal.interfaces.web.centre.urls", namespace="centre")),
    path("account/", include("commonweal.interfaces.web.account.urls")),
    # Accounts and their addresses come from the administrator: these of allauth's are closed.
    path("sign-in/", account.to_sign_in),
    path("sign-in/signup/", account.closed),
    path("sign-in/email/", account.closed),
    path("sign-in/confirm-email/", account.closed),
    path("sign-in/3rdparty/", account.closed),
    path("sign-in/", include("allauth.urls")),
    path("language/", language.choose, name="set_language"),
    path("home/", public.home, name="home"),
    path("api/v1/", api.urls),
    path("service-worker.js", worker, name="service_worker"),
    path("health/live", public.alive, name="alive"),
]
urlpatterns += plugins.addresses(urlpatterns)
