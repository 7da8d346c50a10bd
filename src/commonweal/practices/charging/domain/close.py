"""The steps of a month's close, as data, and what a person decides about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class StepRule:
    """One step: its code, what it does in words, and whether it waits for a person or a date."""

    code: str
    label: str
    explanation: str


STEPS: tuple[StepRule, ...] = (
    StepRule(
        "freeze", "Freeze usage", "Usage of the month stops counting; what comes later is late."
    ),
    StepRule(
        "allocate", "Allocate costs", "The month's ledger costs go to services by their drivers."
    ),
    StepRule("rate", "Rate usage", "Every usage record is priced exactly."),
    StepRule(
        "prove", "Prove by a second path", "Totals are priced again by other code and compared."
    ),
    StepRule("draft", "Draft bills", "Lines are rounded once and split by funding source."),
    StepRule("preview", "Show agencies a preview", "Agencies may ask about or dispute a line."),
    StepRule(
        "approve",
        "Have the issue approved",
        "A second person sees count, total, recovery and disputes, and approves the issue.",
    ),
    StepRule("issue", "Issue bills", "Bills get number and date and never change again."),
    StepRule(
        "post", "Post journals", "The centre's and each agency's books receive paired journals."
    ),
    StepRule(
        "notify", "Notify agencies", "Each agency's people are told that their bill is there."
    ),
)

KIND = "charging.close"
PREVIEW_DAYS = 5
"""Working days that agencies usually have to look at their drafts."""
CODES = tuple(step.code for step in STEPS)


def next_step(states: dict[str, str]) -> str | None:
    """The first step that is not done, in order; None when all are."""
    return next((code for code in CODES if states.get(code) != "done"), None)


@dataclass(frozen=True)
class Options:
    """What a person decides about a close.

    `waived`: sources that may be missing, with the reason. `preview_days`: working days that
    agencies have; None: the usual five. `end_preview`: issue before the window ends.
    `preview_reason`: why agencies have less than the usual time; the second person reads it.
    `no_costs_reason`: why the month goes on without ledger costs; whether its services recovered
    their costs cannot be determined then. `skip_reason`: why earlier months are left open.
    """

    waived: tuple[str, ...] = ()
    waive_reason: str = ""
    preview_days: int | None = None
    end_preview: bool = False
    preview_reason: str = ""
    no_costs_reason: str = ""
    skip_reason: str = ""

    @property
    def hurried(self) -> bool:
        """Whether agencies get less than the usual time to look at their bills."""
        return self.end_preview or (
            self.preview_days is not None and self.preview_days < PREVIEW_DAYS
        )

    def plain(self) -> dict[str, Any]:
        """As kept with the close."""
        return {**asdict(self), "waived": list(self.waived)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Options:
        """What was kept; nothing was: the usual."""
        return cls(**{**kept, "waived": tuple(kept.get("waived", ()))})


def job_key(period: str) -> str:
    """The key of the one job that closes a month."""
    return f"close:{period}"
