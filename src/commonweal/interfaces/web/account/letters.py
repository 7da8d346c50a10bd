"""A person's own messages, and which topics come by e-mail."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.notices.public import inbox, mark_read, subscribe, subscriptions

from ..access import signed_in
from ..lists import lists, pages, place
from ..requests import Asked
from .views import zone


def topic_words() -> dict[str, str]:
    """The topics in words; a plug-in's own topic is shown by its code."""
    return {"bills": _("Bills"), "cases": _("Cases"), "webhooks": _("Webhooks")}


@signed_in
@lists("notices.Message")
def letters(request: Asked) -> HttpResponse:
    """What the centre wrote to the person, newest first, sent by e-mail or not."""
    found = inbox(request.actor, place(request))
    words = topic_words()
    topics = subscriptions(request.actor)
    context = {
        "rows": found,
        "pages": pages(request, found),
        "topics": [(code, words.get(code, code)) for code in topics],
        "chosen": [code for code, on in topics.items() if on],
        "paragraphs": paragraphs,
        "zone": zone(),
    }
    return render(request, "account/letters.jinja", context)


def paragraphs(body: str) -> list[list[tuple[str, str]]]:
    """A message for the page: paragraphs of (words, address); a bare address gets words."""
    return [
        [
            (_("Open it"), line) if line.startswith("http") else (line, "")
            for line in part.split("\n")
        ]
        for part in body.split("\n\n")
    ]


@signed_in
def read(request: Asked, message_id: UUID) -> HttpResponse:
    """Note that a message was read."""
    if request.method == "POST":
        mark_read(actor=request.actor, message_id=message_id)
    return HttpResponseRedirect(reverse("account_letters"))


@signed_in
def choose_topics(request: Asked) -> HttpResponse:
    """Switch the e-mail of each topic on or off, as the form says."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("account_letters"))
    wanted = set(request.POST.getlist("topics"))
    for topic, on in subscriptions(request.actor).items():
        if on != (topic in wanted):
            subscribe(actor=request.actor, topic=topic, on=topic in wanted)
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("account_letters"))
