"""Rates, their proposals, forecasts and budgets."""

from __future__ import annotations

from ..actions.budgets import (
    issue_budget_figure,
    put_budget,
    set_budget_deadline,
    set_budget_thresholds,
    tell_budgets,
)
from ..actions.build_ups import propose_build_up, put_build_up
from ..actions.rate_rules import put_rate_cap, set_agreement_notice, set_rate_rules
from ..actions.rates import (
    approve_rate,
    propose_rate,
    put_forecast,
    reject_rate,
    sign_forecast,
    sign_forecasts,
)
from ..actions.scenarios import comment_scenario, propose_scenario, publish_scenario, put_scenario
from ..domain.build_up import KINDS as BUILD_KINDS
from ..domain.build_up import LESS, MORE, Built, BuiltRate
from ..domain.rate_rules import Rules
from ..domain.rates import Adjustment, ForecastCheck, RateError, mean_error
from ..domain.scenario_documents import NEW as NEW_CUSTOMER
from ..domain.scenario_documents import ScenarioError, customer_name
from ..domain.scenarios import Base, Result, volumes_by_item
from ..engine.connection import require_engine
from ..papers.budget_figures import FIGURE_HEADER, figure_rows
from ..rate_words import (
    change_words,
    decision_text,
    derivation_sentences,
    rate_text,
    rate_timing,
    span_text,
)
from ..rate_words import life_of_version as rate_life
from ..selectors.budgets import (
    Accuracy,
    DeadlineRow,
    Outlook,
    YearEnd,
    YearRow,
    accuracies,
    accuracy,
    deadline_of,
    deadlines,
    figure,
    figure_of_year,
    figures,
    outlook,
    overdue_figures,
    thresholds_of,
    year_end,
)
from ..selectors.budgets import alerts as budget_alerts
from ..selectors.build_ups import BuildView, build_ups, build_view, pool_lines_of
from ..selectors.rate_base import Present, present
from ..selectors.rate_bases import RateTerms
from ..selectors.rate_effects import RateNews, coming_rates, effects_of
from ..selectors.rate_rules import agreement_notices, rate_rules
from ..selectors.rate_rules import caps as rate_caps
from ..selectors.rate_warnings import rate_warnings
from ..selectors.rates import (
    RateEntry,
    Volume,
    derive_rate,
    forecast_checks,
    forecast_counts,
    forecasts,
    rate_book,
    rate_history,
    rate_proposals,
    rate_version,
    rated_items,
    rates_in_force,
    rates_in_force_page,
    service_positions,
)
from ..selectors.rates import entry as rate_entry
from ..selectors.recovery import ServicePosition
from ..selectors.scenarios import (
    Played,
    agency_names,
    proposed_to,
    scenario,
    scenario_comments,
    scenario_effect,
    scenarios,
    side_by_side,
    try_scenario,
)
from ..selectors.what_if import Asked as WhatIfAsked
from ..selectors.what_if import ItemEffect as WhatIfEffect
from ..selectors.what_if import ItemStart as WhatIfStart
from ..selectors.what_if import PublicWhatIf, WhatIf, WhatIfError, price_of, what_if
from ..what_if_words import item_sentence, what_if_sentence

__all__ = [
    "BUILD_KINDS",
    "FIGURE_HEADER",
    "LESS",
    "MORE",
    "NEW_CUSTOMER",
    "Accuracy",
    "Adjustment",
    "Base",
    "BuildView",
    "Built",
    "BuiltRate",
    "DeadlineRow",
    "ForecastCheck",
    "Outlook",
    "Played",
    "Present",
    "PublicWhatIf",
    "RateEntry",
    "RateError",
    "RateNews",
    "RateTerms",
    "Result",
    "Rules",
    "ScenarioError",
    "ServicePosition",
    "Volume",
    "WhatIf",
    "WhatIfAsked",
    "WhatIfEffect",
    "WhatIfError",
    "WhatIfStart",
    "YearEnd",
    "YearRow",
    "accuracies",
    "accuracy",
    "agency_names",
    "agreement_notices",
    "approve_rate",
    "budget_alerts",
    "build_ups",
    "build_view",
    "change_words",
    "coming_rates",
    "comment_scenario",
    "customer_name",
    "deadline_of",
    "deadlines",
    "decision_text",
    "derivation_sentences",
    "derive_rate",
    "effects_of",
    "figure",
    "figure_of_year",
    "figure_rows",
    "figures",
    "forecast_checks",
    "forecast_counts",
    "forecasts",
    "issue_budget_figure",
    "item_sentence",
    "mean_error",
    "outlook",
    "overdue_figures",
    "pool_lines_of",
    "present",
    "price_of",
    "propose_build_up",
    "propose_rate",
    "propose_scenario",
    "proposed_to",
    "publish_scenario",
    "put_budget",
    "put_build_up",
    "put_forecast",
    "put_rate_cap",
    "put_scenario",
    "rate_book",
    "rate_caps",
    "rate_entry",
    "rate_history",
    "rate_life",
    "rate_proposals",
    "rate_rules",
    "rate_text",
    "rate_timing",
    "rate_version",
    "rate_warnings",
    "rated_items",
    "rates_in_force",
    "rates_in_force_page",
    "reject_rate",
    "require_engine",
    "scenario",
    "scenario_comments",
    "scenario_effect",
    "scenarios",
    "service_positions",
    "set_agreement_notice",
    "set_budget_deadline",
    "set_budget_thresholds",
    "set_rate_rules",
    "side_by_side",
    "sign_forecast",
    "sign_forecasts",
    "span_text",
    "tell_budgets",
    "thresholds_of",
    "try_scenario",
    "volumes_by_item",
    "what_if",
    "what_if_sentence",
    "year_end",
]
