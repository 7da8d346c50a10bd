"""Each request is one transaction that first sets actor and scope (design §8, Tenancy)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from commonweal.kernel.access.public import ANONYMOUS, act_as
from commonweal.kernel.schema.public import CommonwealError

Handler = Callable[[HttpRequest], HttpResponse]


class ScopeMiddleware:
    """Sets `request.actor` and the database's scope, and turns our errors into pages."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/api/", "/static/", "/health")):
            return self.get_response(request)
        actor = ANONYMOUS
        request.actor = actor  # type: ignore[attr-defined]
        with act_as(actor):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Errors that a person may read become a page with what, where and remedy."""
        if not isinstance(error, CommonwealError):
            return None
        from django.db import transaction

        transaction.set_rollback(True)
        return render(request, "errors/problem.jinja", {"error": error}, status=error.status)
