"""Addresses of the agency's portal. Bills go by number, or by id before they have one."""

from __future__ import annotations

from django.urls import path

from ..access import agency_only
from ..agreements import approvers
from ..agreements.addresses import addresses
from ..webhooks.addresses import addresses as webhook_addresses
from . import (
    account,
    accounts,
    adjustments,
    bills,
    budget,
    changes,
    credits,
    disputes,
    forecasts,
    late,
    line_costs,
    lines,
    openness,
    proposed,
    public_face,
    records,
    take_out,
    unusual,
    usage,
    what_if,
    worth,
    worth_service,
)

app_name = "agency"
urlpatterns = [
    path("account/", account.account, name="account"),
    path("account/payments/", account.payments, name="payments"),
    path("account/receipts.csv", account.receipts, name="receipts"),
    path("bills/", bills.bills, name="bills"),
    path("bills/check_bill.py", bills.verifier, name="verifier"),
    path("bills/<str:number>/", bills.bill, name="bill"),
    path("bills/<str:number>/invoice.xml", bills.invoice, name="invoice"),
    path("bills/<str:number>/intragov.json", bills.intragov, name="intragov"),
    path("bills/<str:number>/journal.csv", bills.journal, name="journal"),
    path("bills/<str:number>/<slug:kind>", bills.paper, name="paper"),
    path("lines/<uuid:line_id>/", lines.line, name="line"),
    path("lines/<uuid:line_id>/usage/", lines.line_usage, name="line_usage"),
    path("lines/<uuid:line_id>/usage.csv", lines.line_usage_csv, name="line_usage_csv"),
    path("lines/<uuid:line_id>/costs/", line_costs.line_costs, name="line_costs"),
    path("lines/<uuid:line_id>/costs/<str:pool>/", line_costs.line_pool, name="line_pool"),
    path("lines/<uuid:line_id>/ask/", lines.query, name="query"),
    path("unusual/", unusual.unusual, name="unusual"),
    path("unusual/<uuid:hold_id>/", unusual.acknowledge, name="acknowledge"),
    path("dates/", unusual.dates, name="dates"),
    path("changes/", changes.changes, name="changes"),
    path("disputes/", disputes.disputes, name="disputes"),
    path("disputes/<uuid:dispute_id>/", disputes.dispute, name="dispute"),
    path(
        "disputes/<uuid:dispute_id>/files/<uuid:document_id>/", disputes.evidence, name="evidence"
    ),
    path("credits/", credits.credits, name="credits"),
    path("credits/<uuid:credit_id>/", credits.credit, name="credit"),
    path("rates/<str:version>/costs/<str:pool>/", lines.pool, name="pool"),
    path("usage/", usage.usage, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("usage/records/", records.records, name="records"),
    path("usage/records.csv", records.records_csv, name="records_csv"),
    path("usage/late/", late.late, name="late"),
    path("usage/<str:code>/", usage.item, name="usage_item"),
    path("accounts/", accounts.accounts, name="accounts"),
    *addresses(agency_only),
    *webhook_addresses(agency_only),
    path(
        "agreements/approvers/", agency_only(approvers.VIEW)(approvers.approvers), name="approvers"
    ),
    path("what-if/", what_if.what_if, name="what_if"),
    path("adjustments/", adjustments.adjustments, name="adjustments"),
    path("forecasts/", forecasts.forecasts, name="forecasts"),
    path("budget/", budget.budget, name="budget"),
    path("budget/figures/<uuid:figure_id>/", budget.budget_figure, name="budget_figure"),
    path("budget/figures/<uuid:figure_id>.csv", budget.budget_figure_csv, name="budget_figure_csv"),
    path("proposed-rates/", proposed.proposed_rates, name="proposed_rates"),
    path("money/", openness.openness, name="openness"),
    path("unit-costs/", openness.peers, name="peers"),
    path("unit-costs.csv", openness.peers_csv, name="peers_csv"),
    path("worth/", worth.overview, name="worth"),
    path("worth.csv", worth.overview_csv, name="worth_csv"),
    path("worth/papers/<uuid:document_id>/", worth.paper, name="worth_paper"),
    path("worth/<slug:code>/", worth_service.service, name="worth_service"),
    path("worth/<slug:code>/baseline/", worth_service.baseline, name="worth_baseline"),
    path("citizens/", public_face.public_face, name="public_face"),
    path("data/", take_out.take_out, name="take_out"),
    path("data/<uuid:take_out_id>.zip", take_out.archive, name="take_out_file"),
]
