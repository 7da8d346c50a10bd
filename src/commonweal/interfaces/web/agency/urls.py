"""Addresses of the agency's portal. Bills go by number, or by id before they have one."""

from __future__ import annotations

from django.urls import path

from ..access import agency_only
from ..agreements import approvers
from ..agreements.addresses import addresses
from . import account, accounts, bills, forecasts, lines, records, take_out, usage

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
    path("lines/<uuid:line_id>/ask/", lines.query, name="query"),
    path("rates/<str:version>/costs/<str:pool>/", lines.pool, name="pool"),
    path("usage/", usage.usage, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("usage/records/", records.records, name="records"),
    path("usage/records.csv", records.records_csv, name="records_csv"),
    path("usage/<str:code>/", usage.item, name="usage_item"),
    path("accounts/", accounts.accounts, name="accounts"),
    *addresses(agency_only),
    path(
        "agreements/approvers/", agency_only(approvers.VIEW)(approvers.approvers), name="approvers"
    ),
    path("forecasts/", forecasts.forecasts, name="forecasts"),
    path("data/", take_out.take_out, name="take_out"),
    path("data/<uuid:take_out_id>.zip", take_out.archive, name="take_out_file"),
]
