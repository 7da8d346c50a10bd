"""Addresses of cases: `desk` for agents, `cases` for agencies' people, `door` for citizens."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import (
    app,
    capture,
    desk,
    door,
    files,
    knowledge,
    look,
    manage,
    one,
    portal,
    setup,
    together,
    views,
)

FILE = "<str:number>/files/<uuid:attachment_id>/"
CLOCK = "<str:number>/clocks/<int:place_in_list>/"
DESK: list[URLPattern] = [
    path("", desk.work, name="work"),
    path("undo/", together.undo, name="undo"),
    path("views/", views.views, name="views"),
    path("keys/", views.help_sheet, name="keys"),
    path("manage/", manage.manage, name="manage"),
    path("search/", desk.search, name="search"),
    path("new/", capture.capture, name="capture"),
    path("look/", look.at_desk, name="look"),
    path("app.webmanifest", app.of_desk, name="app"),
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
    path("look/", look.at_portal, name="look"),
    path("app.webmanifest", app.of_portal, name="app"),
    path("ask/<str:code>/", portal.new, name="new"),
    path("knowledge/<str:code>/", knowledge.article, name="article"),
    path("<str:number>/", portal.case, name="case"),
    path(CLOCK, portal.clock, name="clock"),
    path(FILE, files.attachment, name="attachment"),
    path("<str:number>/messages/<uuid:message_id>/", files.message, name="message"),
]
DOOR: list[URLPattern] = [
    path("<str:agency>/", door.start, name="start"),
    path("<str:agency>/ask/<str:code>/", door.ask, name="ask"),
    path("<str:agency>/follow/", door.find, name="find"),
    path("<str:agency>/look/", door.look, name="look"),
    path("<str:agency>/how/<str:token>/", door.how, name="how"),
    path("<str:agency>/app.webmanifest", door.app, name="app"),
    path("<str:agency>/cases/<str:number>/", door.case, name="case"),
    path(f"<str:agency>/cases/{FILE}", door.attachment, name="attachment"),
]
