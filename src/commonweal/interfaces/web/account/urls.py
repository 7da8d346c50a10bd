"""Addresses of a person's own account pages."""

from __future__ import annotations

from django.urls import path

from . import elevation, letters, tokens, views

urlpatterns = [
    path("", views.account, name="account_home"),
    path("sessions/end/", views.end_sessions, name="account_end_sessions"),
    path("loans/", views.lend, name="account_lend"),
    path("loans/<uuid:delegation_id>/end/", views.end_loan, name="account_end_loan"),
    path("tokens/", tokens.tokens, name="account_tokens"),
    path("tokens/<uuid:token_id>/revoke/", tokens.revoke, name="account_revoke_token"),
    path("messages/", letters.letters, name="account_letters"),
    path("messages/topics/", letters.choose_topics, name="account_topics"),
    path("messages/<uuid:message_id>/read/", letters.read, name="account_letter_read"),
    path("elevation/", elevation.elevation, name="account_elevation"),
    path("elevation/end/", elevation.end, name="account_end_elevation"),
]
