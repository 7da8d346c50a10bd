"""Each request is one transaction that first sets actor and scope (design §8, Tenancy)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeGuard

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from commonweal.kernel.access.public import Actor
from commonweal.kernel.party.public import acting, nobody
from commonweal.kernel.schema.public import CommonwealError

from .context import profile_of_centre

Handler = Callable[[HttpRequest], HttpResponse]


class _Undo(Exception):
    """Leaves the request's transaction so that nothing of it stays; carries the page to show."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


class ScopeMiddleware:
    """Sets `request.actor` and the database's scope, and turns our errors into pages.

    A view that raises leaves nothing behind: the transaction is rolled back as a whole, and the
    page about it is rendered in a new one.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/api/", "/static/", "/health")):
            return secured(self.get_response(request))
        try:
            with scope_of(request) as (actor, name):
                request.actor, request.person_name = actor, name  # type: ignore[attr-defined]
                speak(request)
                response = self.get_response(request)
                if response.status_code >= 400 and getattr(request, "failure", None) is not None:
                    raise _Undo(response)
        except _Undo as undone:
            response = undone.response
            failure = getattr(request, "failure", None)
            if isinstance(failure, CommonwealError) or _holds_nul(failure):
                with scope_of(request):
                    response = problem(request, failure)
        return secured(response)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Mark the request as failed; errors that a person may read get their page above."""
        request.failure = error  # type: ignore[attr-defined]
        if _holds_nul(error):
            return HttpResponse(status=400)
        return HttpResponse(status=error.status) if isinstance(error, CommonwealError) else None


def _holds_nul(error: Exception | None) -> TypeGuard[DataError]:
    """Whether an address or a form held the sign that no table keeps: nobody types it."""
    return isinstance(error, DataError) and "NUL" in str(error)


@contextmanager
def scope_of(request: HttpRequest) -> Iterator[tuple[Actor, str]]:
    """The request's transaction with its scope: the signed-in person's, or nobody's."""
    if request.user.is_authenticated:
        with acting(request.user) as found:
            yield found
    else:
        with nobody() as actor:
            yield actor, ""


def speak(request: HttpRequest) -> None:
    """Answer in the account's language, else the browser's, else the centre's.

    Runs after LocaleMiddleware, which has read the browser's cookie and `Accept-Language`.
    """
    language = getattr(request.user, "language", "")
    if not language and not _asks_for_ours(request):
        profile = profile_of_centre()
        language = profile.locale if profile else ""
    if language:
        translation.activate(language)


def _asks_for_ours(request: HttpRequest) -> bool:
    """Whether the browser has a choice of ours, or prefers a language that we have pages in."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return True
    asked = request.headers.get("Accept-Language", "").lower().split(",")
    ours = {code.partition("-")[0] for code, _name in settings.LANGUAGES}
    return any(entry.partition(";")[0].strip().partition("-")[0] in ours for entry in asked)


def problem(request: HttpRequest, error: CommonwealError | DataError) -> HttpResponse:
    """The page of an error: what, where, remedy, and its code."""
    if isinstance(error, DataError):
        return render(request, "errors/400.jinja", status=400)
    if error.status == 404:
        return render(request, "errors/404.jinja", {"error": error}, status=404)
    return render(request, "errors/problem.jinja", {"error": error}, status=error.status)


def content_policy() -> str:
    """The Content-Security-Policy: our own scripts and styles only, no frames, no plug-ins.

    A sign-in form may lead on to an outside identity provider where one is set up.
    """
    forms = "'self' https:" if getattr(settings, "SOCIALACCOUNT_PROVIDERS", None) else "'self'"
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action {forms}",
        )
    )


HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def secured(response: HttpResponse) -> HttpResponse:
    """The answer with its security headers; pages of people are never kept by a shared cache."""
    response.headers.setdefault("Content-Security-Policy", content_policy())
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response
