"""Addresses of cases: `desk` for agents, `cases` for agencies' people, `door` for citizens."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import (
    app,
    capture,
    desk,
    door,
    fees,
    files,
    knowledge,
    letters,
    look,
    manage,
    one,
    ordering,
    portal,
    privacy,
    setup,
    till,
    together,
    views,
)

FILE = "<str:number>/files/<uuid:attachment_id>/"
CLOCK = "<str:number>/clocks/<int:place_in_list>/"
CLOCK_FILE = f"{CLOCK}file/"
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
    path("letters/", letters.letters, name="letters"),
    path("letters/<uuid:letter_id>/", letters.letter, name="letter"),
    path("letters/<uuid:letter_id>/scan/", letters.scan, name="scan"),
    path("letters/<uuid:letter_id>/pages/<int:number>/", letters.page, name="page"),
    path("tills/", till.tills, name="tills"),
    path("tills/give-back/", till.returns, name="returns"),
    path("tills/<slug:code>/", till.till, name="till"),
    path("tills/<slug:code>/<str:number>/", till.take, name="take"),
    path("tills/<slug:code>/<str:number>/give-back/", till.ask_back, name="ask_back"),
    path("receipts/<str:number>/", fees.desk_receipt, name="receipt"),
    path("<str:number>/", one.case, name="case"),
    path("<str:number>/cover/", letters.cover, name="cover"),
    path(CLOCK, one.clock, name="clock"),
    path(CLOCK_FILE, one.clock_file, name="clock_file"),
    path(FILE, files.attachment, name="attachment"),
    path("<str:number>/messages/<uuid:message_id>/", files.message, name="message"),
    path("<str:number>/messages/<uuid:message_id>/raw/", files.as_it_came, name="as_it_came"),
]
CASES: list[URLPattern] = [
    path("", portal.cases, name="cases"),
    path("ask/", portal.ask, name="ask"),
    path("look/", look.at_portal, name="look"),
    path("app.webmanifest", app.of_portal, name="app"),
    path("ask/<str:code>/", portal.new, name="new"),
    path("knowledge/<str:code>/", knowledge.article, name="article"),
    path("receipts/<str:number>/", fees.receipt, name="receipt"),
    path("order/", ordering.offers, name="offers"),
    path("order/<str:code>/", ordering.offer, name="offer"),
    path("orders/", ordering.orders, name="orders"),
    path("<str:number>/", portal.case, name="case"),
    path("<str:number>/pay/<uuid:fee_id>/", fees.pay, name="pay"),
    path(CLOCK, portal.clock, name="clock"),
    path(CLOCK_FILE, portal.clock_file, name="clock_file"),
    path(FILE, files.attachment, name="attachment"),
    path("<str:number>/messages/<uuid:message_id>/", files.message, name="message"),
]
DOOR: list[URLPattern] = [
    path("<str:agency>/", door.start, name="start"),
    path("<str:agency>/ask/<str:code>/", door.ask, name="ask"),
    path("<str:agency>/follow/", door.find, name="find"),
    path("<str:agency>/privacy/", privacy.privacy, name="privacy"),
    path("<str:agency>/look/", door.look, name="look"),
    path("<str:agency>/how/<str:token>/", door.how, name="how"),
    path("<str:agency>/app.webmanifest", door.app, name="app"),
    path("<str:agency>/cases/<str:number>/", door.case, name="case"),
    path("<str:agency>/cases/<str:number>/pay/<uuid:fee_id>/", door.pay, name="pay"),
    path("<str:agency>/cases/<str:number>/receipts/<str:text>/", door.receipt, name="receipt"),
    path(f"<str:agency>/cases/{FILE}", door.attachment, name="attachment"),
]
