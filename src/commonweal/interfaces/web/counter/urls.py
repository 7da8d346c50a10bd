"""Addresses of the counter: `counter` for clerks, and what stands in the hall."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import door, phone, public, screen, setup, waits

COUNTER: list[URLPattern] = [
    path("", screen.places, name="places"),
    path("set-up/", setup.sheet, {"name": "offices"}, name="setup"),
    path("set-up/<str:name>/", setup.sheet, name="sheet"),
    path("<str:office>/", screen.screen, name="screen"),
    path("<str:office>/tickets/", screen.tickets, name="tickets"),
    path("<str:office>/appointments/", phone.appointments, name="appointments"),
    path("<str:office>/appointments/<uuid:appointment_id>/", phone.appointment, name="appointment"),
    path("<str:office>/book/", phone.book, name="book"),
    path("<str:office>/waiting/", waits.waits, name="waits"),
]
HALL: list[URLPattern] = [
    path("display/<str:office>/", public.display, name="display"),
    path("kiosk/<str:key>/", public.kiosk, name="kiosk"),
    path("kiosk/<str:key>/<uuid:ticket_id>/", public.kiosk_ticket, name="kiosk_ticket"),
]
VISITS: list[URLPattern] = [
    path("<str:agency>/visits/", door.visits, name="visits"),
    path("<str:agency>/visits/<str:office>/<str:offer>/", door.book, name="book"),
    path("<str:agency>/cases/<str:number>/visit/", door.appointment, name="appointment"),
]
"""At the public door, beside the other pages of an agency."""
