"""Recovery, year-end adjustments, what auditors read."""

from __future__ import annotations

from ..actions.adjustments import carry_out_adjustment, propose_adjustment
from ..actions.assurance import draw_sample, end_engagement, propose_engagement, sign_review
from ..actions.packages import ask_package, make_package, make_package_here
from ..actions.recovery import propose_entry, propose_reduction, propose_rule
from ..actions.reserves import test_reserves
from ..domain.recovery import Account as RecoveryAccount
from ..domain.recovery import RecoveryError, Reserve, days_text
from ..papers.annual_package import FILES as PACKAGE_FILES
from ..papers.sample_pack import sample_document, sample_pack
from ..recovery_words import entry_words as account_entry_words
from ..recovery_words import method_words, population_words, rule_words
from ..selectors.adjustment_lists import (
    GrantShare,
    adjustment,
    adjustment_parts,
    adjustments,
    carried_into,
    grant_shares,
    own_adjustments,
)
from ..selectors.adjustments import Choices, Worked, work_out
from ..selectors.assurance import (
    Override,
    Pair,
    access_review,
    access_reviews,
    overrides,
    pairs,
    quarters,
    review_document,
)
from ..selectors.packages import annual_packages, package_file, package_jobs
from ..selectors.recovery import (
    PublicPosition,
    ServiceRecovery,
    public_positions,
    recoveries,
    recovery,
    recovery_years,
)
from ..selectors.recovery_lists import account_entries, recovery_rules, reserve_tests
from ..selectors.reductions import price_reductions
from ..selectors.room import (
    POPULATIONS,
    Control,
    controls,
    engagement,
    engagements,
    is_keeper,
    population,
    population_page,
    population_rows,
    sample,
    samples,
)

__all__ = [
    "PACKAGE_FILES",
    "POPULATIONS",
    "Choices",
    "Control",
    "GrantShare",
    "Override",
    "Pair",
    "PublicPosition",
    "RecoveryAccount",
    "RecoveryError",
    "Reserve",
    "ServiceRecovery",
    "Worked",
    "access_review",
    "access_reviews",
    "account_entries",
    "account_entry_words",
    "adjustment",
    "adjustment_parts",
    "adjustments",
    "annual_packages",
    "ask_package",
    "carried_into",
    "carry_out_adjustment",
    "controls",
    "days_text",
    "draw_sample",
    "end_engagement",
    "engagement",
    "engagements",
    "grant_shares",
    "is_keeper",
    "make_package",
    "make_package_here",
    "method_words",
    "overrides",
    "own_adjustments",
    "package_file",
    "package_jobs",
    "pairs",
    "population",
    "population_page",
    "population_rows",
    "population_words",
    "price_reductions",
    "propose_adjustment",
    "propose_engagement",
    "propose_entry",
    "propose_reduction",
    "propose_rule",
    "public_positions",
    "quarters",
    "recoveries",
    "recovery",
    "recovery_rules",
    "recovery_years",
    "reserve_tests",
    "review_document",
    "rule_words",
    "sample",
    "sample_document",
    "sample_pack",
    "samples",
    "sign_review",
    "test_reserves",
    "work_out",
]
