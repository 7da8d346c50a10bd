"""Addresses of cases: `desk` for agents, `cases` for agencies' people, `door` for citizens."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import capture, desk, door, files, knowledge, one, ordering, portal, setup

FILE = "<str:number>/files/<uuid:attachment_id>/"
CLOCK = "<str:number>/clocks/<int:place_in_list>/"
DESK: list[URLPattern] = [
    path("", desk.work, name="work"),
    path("undo/", desk.undo, name="undo"),
    path("search/", desk.search, name="search"),
    path("new/", capture.capture, name="capture"),
    path("knowledge/<str:code>/", knowledge.article, name="article"),
    path("set-up/", setup.sheet, {"name": "teams"}, name="setup"),
    path("set-up/apply/", setup.apply, name="apply"),
    path("set-up/<str:name>/", setup.sheet, name="sheet"),
    path("<str:number>/", one.case, name="case"),
    path(CLOCK, one.clock, name="clock"),
    path(FILE, files.attachment, name="attachment"),
    path("<str:number>/messages/<uuid:message_id>/", files.message, name="message"),
]
CASES: list[URLPattern] = [
    path("", portal.cases, name="cases"),
    path("ask/", portal.ask, name="ask"),
    path("ask/<str:code>/", portal.new, name="new"),
    path("knowledge/<str:code>/", knowledge.article, name="article"),
    path("order/", ordering.offers, name="offers"),
    path("order/<str:code>/", ordering.offer, name="offer"),
    path("orders/", ordering.orders, name="orders"),
    path("<str:number>/", portal.case, name="case"),
    path(CLOCK, portal.clock, name="clock"),
    path(FILE, files.attachment, name="attachment"),
    path("<str:number>/messages/<uuid:message_id>/", files.message, name="message"),
]
DOOR: list[URLPattern] = [
    path("<str:agency>/", door.start, name="start"),
    path("<str:agency>/ask/<str:code>/", door.ask, name="ask"),
    path("<str:agency>/follow/", door.find, name="find"),
    path("<str:agency>/cases/<str:number>/", door.case, name="case"),
    path(f"<str:agency>/cases/{FILE}", door.attachment, name="attachment"),
]
