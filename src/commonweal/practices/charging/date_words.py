"""The dates of bills as service levels, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from .domain.bill_dates import MET, NOT_MET, UNKNOWN


def month_level_words(targets: Mapping[str, int]) -> Mapping[str, str]:
    """Each level with its target."""
    return {
        "draft": _("Drafted within %(days)s working days") % {"days": targets["draft"]},
        "preview": _("Agencies had %(days)s working days to look") % {"days": targets["preview"]},
        "issue": _("Issued within %(days)s working days") % {"days": targets["issue"]},
        "disputes": _("Disputes answered in time"),
    }


def level_state_words() -> Mapping[str, str]:
    """Met, not met, or not to be determined; missing figures are never good news."""
    return {
        MET: _("met"),
        NOT_MET: _("not met"),
        UNKNOWN: _("cannot be determined"),
    }
