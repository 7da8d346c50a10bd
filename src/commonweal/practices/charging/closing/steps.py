"""Which function does which step of the close."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import approval, issuing, usage

HANDLERS: dict[str, Callable[..., dict[str, Any]]] = {
    "freeze": usage.freeze,
    "allocate": usage.allocate_costs,
    "rate": usage.rate,
    "prove": usage.prove,
    "draft": usage.draft,
    "preview": issuing.preview,
    "approve": approval.refuse,
    "issue": issuing.issue,
    "post": issuing.post,
    "notify": issuing.notify,
}
