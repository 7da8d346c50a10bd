"""The set-up pages of fees and tills."""

from __future__ import annotations

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words

from .asks import Ask, Sheet


def fees_sheet(actor: Actor) -> Sheet:
    """What kinds of cases cost."""
    rows = [
        (
            row.name,
            row.code,
            f"{row.case_type.name}: {row.category.name}" if row.category else row.case_type.name,
            words.money(row.amount_minor, row.currency),
            row.before or "–",
            _("When it opens") if row.automatic else _("By an agent"),
            _("Yes") if row.active else _("No"),
        )
        for row in casework.fee_rules(actor)
    ]
    kinds = [(row.code, row.name) for row in casework.case_types(actor)]
    subjects = [
        (f"{row.case_type.code}:{row.code}", f"{row.case_type.name}: {row.name}")
        for row in casework.categories(actor)
    ]
    return Sheet(
        _("Fees"),
        _(
            "What a kind of case costs. Whoever asks reads it before asking; cases that are open "
            "keep what they were charged."
        ),
        (_("Fee"), _("Code"), _("Of"), _("Amount"), _("Before"), _("Charged"), _("In use")),
        rows,
        (
            Ask("code", _("Code"), hint=_("Small letters, such as parking-year")),
            Ask("name", _("What it is for"), hint=_("Whoever pays reads this")),
            Ask("of", _("Kind of case, or one subject of it"), "choice", [*kinds, *subjects]),
            Ask("amount", _("Amount (%(currency)s)") % {"currency": centre().currency}),
            Ask(
                "before",
                _("State before which it must be paid"),
                hint=_("The code of a state, such as resolved; empty: none"),
            ),
            Ask("by_hand", _("Charged by an agent, not when the case opens"), "check"),
            Ask("out", _("No longer charged"), "check"),
        ),
        _("Save the fee"),
        {row.code: _as_typed(row) for row in casework.fee_rules(actor)},
    )


def _as_typed(row: casework.FeeRule) -> dict[str, str]:
    """A fee as its form was filled in."""
    kind = row.case_type.code
    return {
        "code": row.code,
        "name": row.name,
        "of": f"{kind}:{row.category.code}" if row.category else kind,
        "amount": words.amount(row.amount_minor, row.currency),
        "before": row.before,
        "by_hand": "" if row.automatic else "1",
        "out": "" if row.active else "1",
    }


def tills_sheet(actor: Actor) -> Sheet:
    """Places where money is taken."""
    rows = [(row.name, row.code, row.currency) for row in casework.tills(actor)]
    return Sheet(
        _("Tills"),
        _("Where fees are taken. Receipts are numbered within a till and a fiscal year."),
        (_("Till"), _("Code"), _("Currency")),
        rows,
        (
            Ask("code", _("Code"), hint=_("Capital letters and digits, such as FRONT")),
            Ask("name", _("Name")),
            Ask("out", _("No longer in use"), "check"),
        ),
        _("Save the till"),
        {
            row.code: {"code": row.code, "name": row.name, "out": "" if row.active else "1"}
            for row in casework.tills(actor)
        },
    )
