"""What a rule about late usage says, in plain words."""

from __future__ import annotations

from django.utils.translation import gettext as _


def policy_text(kind: str, days: int) -> str:
    """What a rule says, in plain words."""
    if kind == "window":
        return _(
            "Usage that arrives up to %(days)s days after its month is booked as a correction on "
            "the next bill. Later, a person decides about each record, with a reason."
        ) % {"days": days}
    if kind == "hold":
        return _(
            "Usage that arrives after its month is held until a person accepts it, or declines it "
            "with a reason."
        )
    return _("Usage that arrives after its month is booked as a correction on the next bill.")
