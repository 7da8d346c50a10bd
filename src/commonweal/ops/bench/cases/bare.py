"""A page that asks the database so many small things and shows nothing, in the product's frame: the
same server, session, scope and layout. Its own addresses, beside the product's."""

from __future__ import annotations

from django.db import connection
from django.http import HttpResponse
from django.template import engines
from django.urls import path

from commonweal.interfaces.web.access import centre_only
from commonweal.interfaces.web.lists import report
from commonweal.interfaces.web.requests import Asked
from commonweal.interfaces.web.urls import (
    handler400,
    handler403,
    handler404,
    handler500,
)
from commonweal.interfaces.web.urls import urlpatterns as product

PAGE = '{% extends "layouts/workspace.jinja" %}{% block content %}<h1>Bare</h1>{% endblock %}'


@centre_only("casework.work")
@report("nothing")
def bare(request: Asked, queries: int) -> HttpResponse:
    """So many statements of one row by its key, and the frame of a page."""
    with connection.cursor() as cursor:
        for _ in range(queries):
            cursor.execute("SELECT id, code, name FROM casework_queue ORDER BY id LIMIT 1")
            cursor.fetchall()
    return HttpResponse(engines["jinja2"].from_string(PAGE).render({}, request))


urlpatterns = [path("bare/<int:queries>/", bare), *product]
__all__ = ["bare", "handler400", "handler403", "handler404", "handler500", "urlpatterns"]
