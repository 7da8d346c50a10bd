"""Choosing the language of the pages: at the foot of each, signed in or not."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from commonweal.kernel.access.public import choose_language

from ..access import open_to_all
from ..requests import Asked


@open_to_all
@require_POST
def choose(request: Asked) -> HttpResponse:
    """Keep the language in this browser and, for somebody signed in, with the account; go back.

    The account's choice holds on every device, and for the messages that the person gets.
    """
    if request.actor.user_id is not None:
        choose_language(actor=request.actor, language=request.POST.get("language", ""))
    response: HttpResponse = set_language(request)
    return response
