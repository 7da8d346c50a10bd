"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: the frame's links and languages."""
    return {
        "centre": None,
        "nav": (),
        "behalf": "",
        "who": "",
        "sign_in_href": "",
        "sign_out_href": "",
        "help_href": "",
        "languages": settings.LANGUAGES,
        "language_href": reverse("set_language"),
        "demo": settings.DEMO,
        "errors": (),
    }
