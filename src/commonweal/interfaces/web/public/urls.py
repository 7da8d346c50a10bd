"""Addresses of the public site."""

from __future__ import annotations

from django.urls import path

from . import money, open_data, views, what_if

app_name = "public"
urlpatterns = [
    path("", views.start, name="start"),
    path("services/", views.catalogue, name="catalogue"),
    path("services/<slug:code>/", views.service, name="service"),
    path("rates/", views.rates, name="rates"),
    path("rates/rates.csv", open_data.rates_csv, name="rates_csv"),
    path("rates/rates.json", open_data.rates_json, name="rates_json"),
    path("rates/<str:code>/", views.rate, name="rate"),
    path("rates/<str:code>/what-if/", what_if.what_if, name="what_if"),
    path("money/", money.agencies, name="money_agencies"),
    path("money/<str:code>/", money.money, name="money"),
    path("money/<str:code>/money.csv", money.money_csv, name="money_csv"),
    path("how-charging-works/", views.how, name="how"),
]
