"""The plain-text templates of messages."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from ..access.public import language_of
from ..errors import CommonwealError
from ..jobs.public import all_manifests
from ..party.public import centre
from ..words import public as words


class NoticeError(CommonwealError):
    """A message cannot be written as asked."""


@dataclass(frozen=True)
class Template:
    """A message's words. `{name}` stands for a value of the context: an id or figure, no text of a
    person. `topic`: what a person may switch off; an `essential` message is always sent.
    """

    code: str
    topic: str
    subject: str
    body: str
    essential: bool = False


_templates: dict[str, Template] = {}


def register_template(template: Template) -> None:
    """Announce a template, or replace one; call it where the module's manifest is made."""
    _templates[template.code] = template


def template(code: str) -> Template:
    """The template of a code (NOTICES-101)."""
    all_manifests()  # modules announce their templates there
    found = _templates.get(code)
    if found is None:
        raise NoticeError("NOTICES-101", f"There is no message template “{code}”.")
    return found


def all_templates() -> list[Template]:
    """Every template that a module announces, by code."""
    all_manifests()
    return [_templates[code] for code in sorted(_templates)]


def topics() -> list[str]:
    """What a person may subscribe to."""
    return sorted({item.topic for item in all_templates() if not item.essential})


@contextmanager
def speaking(user_id: UUID | None) -> Iterator[None]:
    """Say what follows in the language that an account chose, else in the centre's."""
    with override(language_of(user_id) or centre().locale):
        yield


def render(code: str, context: Mapping[str, str]) -> tuple[str, str]:
    """Subject (one line) and body in the language now in use (NOTICES-102 if a value is missing).

    A context value `period` of the form `2026-10` also gives `{period_name}`: October 2026. One
    named `until`, of the form `2026-11-10`, is said as people write a day.
    """
    known = template(code)
    values = dict(context)
    if "period" in values:
        values["period_name"] = words.period(values["period"])
    if "until" in values:
        values["until"] = words.day(date.fromisoformat(values["until"]))
    try:
        subject = string.Formatter().vformat(_(known.subject), (), values)
        body = string.Formatter().vformat(_(known.body), (), values)
    except (KeyError, IndexError) as error:
        raise NoticeError("NOTICES-102", f"The message {code} lacks the value {error}.") from error
    return " ".join(subject.split())[:200], body.strip()


register_template(
    Template(
        code="bill_issued",
        topic="bills",
        subject=gettext_noop("Your bill for {period_name} is ready: {number}"),
        body=gettext_noop(
            "Your bill {number} for {period_name} is ready.\n\n"
            "You can see what each line is, why it costs what it does, and check the whole bill "
            "yourself:\n{base_url}/agency/bills/{number}/\n\n"
            "If a line looks wrong, open it on that page and ask about it there."
        ),
    )
)
