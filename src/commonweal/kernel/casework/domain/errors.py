"""The error of casework."""

from __future__ import annotations

from ...errors import CommonwealError


class CaseError(CommonwealError):
    """Something about a case that cannot be done as asked."""
