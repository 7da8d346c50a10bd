"""Addresses of the set-up."""

from __future__ import annotations

from django.urls import path

from . import books, messages, services, sources, start, terms

app_name = "setup"
urlpatterns = [
    path("", start.start, name="start"),
    path("services/", services.services, name="services"),
    path("services/new/", services.new_service, name="new_service"),
    path("services/<str:code>/", services.service, name="service"),
    path("services/<str:code>/change/", services.edit_service, name="edit_service"),
    path("services/<str:code>/items/new/", services.new_item, name="new_item"),
    path("services/<str:code>/levels/new/", terms.new_level, name="new_level"),
    path("services/<str:code>/bundles/new/", terms.new_bundle, name="new_bundle"),
    path("items/<str:code>/", services.edit_item, name="edit_item"),
    path("items/<str:code>/companions/", terms.edit_bundle, name="edit_bundle"),
    path("units/", terms.units, name="units"),
    path("units/new/", terms.new_unit, name="new_unit"),
    path("units/<str:code>/", terms.edit_unit, name="edit_unit"),
    path("sources/", sources.sources, name="sources"),
    path("sources/new/", sources.new_source, name="new_source"),
    path("sources/<str:code>/", sources.edit_source, name="edit_source"),
    path("messages/", messages.messages, name="messages"),
    path("books/", books.books, name="books"),
    path("books/journals/<uuid:journal_id>/", books.journal, name="journal"),
    path("books/journals/<uuid:journal_id>/reverse/", books.reverse_journal, name="reverse"),
    path("books/<str:code>/", books.periods, name="periods"),
    path("books/<str:code>/open/", books.open_month, name="open_period"),
    path("books/<str:code>/<str:month>/", books.period, name="period"),
    path("books/<str:code>/<str:month>/close/", books.close_month, name="close_period"),
    path("books/<str:code>/<str:month>/reopen/", books.reopen_month, name="reopen_period"),
]
