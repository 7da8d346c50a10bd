"""Disputes of an agency's lines: the list, and one with everything said and done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import approve, reject
from commonweal.kernel.documents.public import open_document
from commonweal.kernel.schema.public import CommonwealError, NotFound
from commonweal.practices.charging import public as charging

from ..access import agency_only, anyone_with
from ..centre.base import FormError, money_field
from ..lists import lists, pages, place
from ..look.page import Problem
from ..requests import Asked
from .frame import VIEW, VIEW_ALL, attachment, choices, problem_of


@agency_only(VIEW)
@lists("charging.LineQuery")
def disputes(request: Asked) -> HttpResponse:
    """Every line that the agency disputed, oldest first, with what became of it."""
    mine = choices(request)
    rows = charging.disputes(request.actor, agency_id=mine["chosen"].pk, place=place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "states": {row.pk: charging.state_words(row) for row in rows},
        "categories": charging.category_words(),
        **mine,
    }
    return render(request, "agency/disputes.jinja", context)


@anyone_with(VIEW, VIEW_ALL)
@lists("charging.DisputeEntry")
def dispute(request: Asked, dispute_id: UUID) -> HttpResponse:
    """One dispute, for both sides: what is held, who must answer by when, and what was said."""
    problem: Problem | None = None
    if request.method == "POST":
        try:
            said = _act(request, dispute_id)
        except CommonwealError as error:
            if error.status in (403, 404):
                raise
            problem = problem_of(error, str(error.details.get("field", "text")))
        else:
            messages.success(request, said)
            return HttpResponseRedirect(reverse("agency:dispute", args=[dispute_id]))
    view = charging.dispute(request.actor, dispute_id, place(request))
    query = view.query
    currency = query.line.bill.currency
    context = {
        "view": view,
        "query": query,
        "line": query.line,
        "bill": query.line.bill,
        "state": charging.state_words(query),
        "category": charging.category_words().get(query.category, ""),
        "said": [(row, charging.entry_words(row, currency)) for row in view.entries],
        "pages": pages(request, view.entries),
        "outcomes": charging.outcome_words(),
        "may_decide": request.actor.may("charging.approve_credits") and view.waiting is not None,
        "asked": request.POST,
        "errors": [problem] if problem else [],
    }
    status = 422 if problem else 200
    return render(request, "agency/dispute.jinja", context, status=status)


def _act(request: Asked, dispute_id: UUID) -> str:
    """What the form asked for; the words that say it is done."""
    chosen = _ACTS.get(request.POST.get("do", ""))
    if chosen is None:
        raise FormError("FORM-101", _("Choose what to do."), field="text")
    return chosen(request, dispute_id)


def _message(request: Asked, dispute_id: UUID) -> str:
    text = request.POST.get("text", "")
    charging.write_message(actor=request.actor, query_id=dispute_id, text=text)
    return _("Your message was sent.")


def _evidence(request: Asked, dispute_id: UUID) -> str:
    file = request.FILES.get("file")
    if file is None:
        raise FormError("FORM-105", _("Choose a file to add."), field="file")
    if (file.size or 0) > charging.LARGEST_EVIDENCE:
        raise FormError(
            "FORM-106", _("The file is too large. Choose one of 5 MB at most."), field="file"
        )
    charging.add_evidence(
        actor=request.actor,
        query_id=dispute_id,
        filename=file.name or "",
        media_type=file.content_type or "",
        data=file.read(),
    )
    return _("The file was added. Only your agency and the centre can read it.")


def _accept(request: Asked, dispute_id: UUID) -> str:
    charging.accept_outcome(actor=request.actor, query_id=dispute_id)
    return _("The outcome is accepted and the dispute is closed.")


def _escalate(request: Asked, dispute_id: UUID) -> str:
    text = request.POST.get("text", "")
    found = charging.escalate_dispute(actor=request.actor, query_id=dispute_id, text=text)
    level = charging.level_words()[found.level]
    return _("The dispute goes to the next level: %(level)s.") % {"level": level}


def _outcome(request: Asked, dispute_id: UUID) -> str:
    outcome = request.POST.get("outcome", "")
    credited = outcome == "credited"
    charging.resolve_dispute(
        actor=request.actor,
        query_id=dispute_id,
        outcome=outcome,
        answer=request.POST.get("answer", ""),
        amount_minor=money_field(request, "amount", _("Amount")) if credited else None,
    )
    if credited:
        return _("The credit is proposed. A second person decides.")
    return _("The answer was sent. The agency sees it now.")


def _decide(request: Asked, dispute_id: UUID) -> str:
    waiting = charging.dispute(request.actor, dispute_id).waiting
    if waiting is None or request.POST.get("decision_id") != str(waiting.pk):
        raise FormError(
            "FORM-104", _("This was decided in the meantime. Read the page, then decide.")
        )
    reason = request.POST.get("reason", "")
    if request.POST.get("decision") == "approve":
        approve(actor=request.actor, decision_id=waiting.pk, reason=reason)
        return _("Approved. The credit appears on the agency's next bill.")
    reject(actor=request.actor, decision_id=waiting.pk, reason=reason)
    return _("Rejected. The dispute stays open.")


_ACTS: Mapping[str, Callable[[Asked, UUID], str]] = {
    "message": _message,
    "evidence": _evidence,
    "accept": _accept,
    "escalate": _escalate,
    "outcome": _outcome,
    "decide": _decide,
}


@anyone_with(VIEW, VIEW_ALL)
def evidence(request: Asked, dispute_id: UUID, document_id: UUID) -> HttpResponse:
    """A file that the agency added, as a download."""
    view = charging.dispute(request.actor, dispute_id)
    entry = view.query.entries.filter(document_id=document_id).select_related("document").first()
    name, opens = view.files.get(document_id, ("", True))
    if entry is None or entry.document is None or not opens:
        raise NotFound("DOCUMENTS-404", "There is no such file among those you may see.")
    data = open_document(request.actor, document_id)
    return attachment(name or entry.document.filename, "application/octet-stream", data)
