"""The questions about a rate's timing, which three forms of the rate desk ask alike."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from ..requests import Asked
from .base import day_field, text


def timing_of(request: Asked) -> dict[str, Any]:
    """When rates start, why, and what a change at that time needs."""
    return {
        "starts": day_field(request, "starts", _("First day")),
        "reason": text(request, "reason"),
        **exceptions_of(request),
    }


def exceptions_of(request: Asked) -> dict[str, Any]:
    """What a change within the year or at short notice needs."""
    return {
        "mid_year": bool(text(request, "mid_year")),
        "authority_ref": text(request, "authority_ref"),
        "short_notice": text(request, "short_notice"),
    }
