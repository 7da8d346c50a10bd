"""The quarterly review of who may do what: read, signed, with exceptions."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..requests import Asked
from .base import FormError, attachment, attempt, done, show, text
from .room import names_of, room_tabs

SIGN = "charging.sign_review"
INTO = (SIGN, "charging.read_room")


@centre_only(*INTO)
@lists("charging.AccessReview")
def reviews(request: Asked) -> HttpResponse:
    """Reviews that were signed, newest first, and the quarters that wait."""
    rows = charging.access_reviews(request.actor, place(request))
    signed = {row.quarter for row in rows}
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "waiting": [
            quarter for quarter in charging.quarters(request.actor) if quarter not in signed
        ],
        "zone": centre().zone,
        "tabs": room_tabs(request.actor, "reviews"),
    }
    return show(request, "centre/reviews.jinja", context)


@centre_only(*INTO)
@report("a quarter's review: every role held, which the signer reads to the last")
def review(request: Asked, quarter: str) -> HttpResponse:
    """A quarter: who held which role, lent roles, tokens, last use; signed, or to be signed."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: _sign(request, quarter))
        if not errors:
            return done(request, _("Signed. It never changes."), "review", quarter)
    signed = charging.access_review(request.actor, quarter)
    document = signed.document if signed else charging.review_document(request.actor, quarter)
    ids = [UUID(str(row["person"])) for row in document["roles"]]
    ids += [UUID(str(row[side])) for row in document["lent"] for side in ("from", "to")]
    names = names_of(request, ids)

    def name(value: Any) -> str:
        return names.get(UUID(str(value)), str(value)[:8])

    context = {
        "quarter": quarter,
        "signed": signed,
        "roles": [
            {
                **row,
                "who": name(row["person"]),
                "starts": day_of(row["starts"]),
                "last_use": day_of(row["last_use"]),
            }
            for row in document["roles"]
        ],
        "lent": [
            {
                **row,
                "from": name(row["from"]),
                "to": name(row["to"]),
                "starts": day_of(row["starts"]),
                "ends": day_of(row["ends"]),
            }
            for row in document["lent"]
        ],
        "tokens": [
            {
                **row,
                "expires": day_of(row["expires"]),
                "last_use": day_of(row["last_use"]),
                "scopes": ", ".join(row["scopes"]),
            }
            for row in document["tokens"]
        ],
        "findings": [
            {"kind": finding_words(each["kind"]), "what": each["what"], "id": name(each["id"])}
            for each in document["findings"]
        ],
        "may_sign": request.actor.may(SIGN) and signed is None,
        "asked": request.POST,
        "said": {problem.field: problem.text for problem in errors},
        "zone": centre().zone,
    }
    return show(request, "centre/review.jinja", context, errors)


def day_of(value: Any) -> str:
    """The day of a moment or day in a review's document; nothing where it names none."""
    return words.day(date.fromisoformat(str(value)[:10])) if value else "–"


def finding_words(kind: str) -> str:
    """What deserves a look, in words."""
    return {
        "unused_role": _("A role that its holder never used"),
        "unused_token": _("An API token that nobody used"),
        "lent_role": _("A role that was lent"),
        "two_duties": _("One person may propose and approve"),
    }[kind]


def _sign(request: Asked, quarter: str) -> None:
    exceptions = []
    for number, line in enumerate(text(request, "exceptions").splitlines(), start=1):
        if line.strip():
            what, _mark, action = line.partition(";")
            if not what.strip() or not action.strip():
                raise FormError(
                    "FORM-107",
                    _("Exception %(number)s: write what is wrong; what is done about it.")
                    % {"number": number},
                    field="exceptions",
                )
            exceptions.append({"what": what, "action": action})
    charging.sign_review(
        actor=request.actor,
        quarter=quarter,
        statement=text(request, "reason"),
        exceptions=exceptions,
    )


@centre_only(*INTO)
def review_file(request: Asked, quarter: str) -> HttpResponse:
    """A signed review as JSON; people by opaque ids."""
    signed = charging.access_review(request.actor, quarter)
    if signed is None:
        raise CommonwealError("RECOVERY-410", f"The review of {quarter} is not signed yet.")
    body = json.dumps(
        {
            "document": signed.document,
            "content_hash": signed.content_hash,
            "exceptions": signed.exceptions,
            "statement": signed.statement,
            "signed_by": str(signed.signed_by),
            "signed_at": signed.signed_at.isoformat(),
        },
        indent=1,
        sort_keys=True,
        ensure_ascii=False,
    )
    return attachment(f"access-review-{quarter}.json", "application/json", body.encode())
