"""Addresses of the agency's portal. Bills are named by their number."""

from __future__ import annotations

from django.urls import path

from . import agreements, views

app_name = "agency"
urlpatterns = [
    path("bills/", views.bills, name="bills"),
    path("bills/check_bill.py", views.verifier, name="verifier"),
    path("bills/<str:number>/", views.bill, name="bill"),
    path("bills/<str:number>/journal.csv", views.journal, name="journal"),
    path("bills/<str:number>/<slug:kind>", views.paper, name="paper"),
    path("lines/<uuid:line_id>/", views.line, name="line"),
    path("lines/<uuid:line_id>/usage/", views.line_usage, name="line_usage"),
    path("lines/<uuid:line_id>/usage.csv", views.line_usage_csv, name="line_usage_csv"),
    path("lines/<uuid:line_id>/ask/", views.query, name="query"),
    path("usage/", views.usage, name="usage"),
    path("accounts/", views.accounts, name="accounts"),
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/<uuid:agreement_id>/", agreements.agreement, name="agreement"),
    path("orders/<uuid:order_id>/sign/", agreements.sign, name="sign_order"),
    path("forecasts/", agreements.forecasts, name="forecasts"),
]
