"""Addresses of the centre's workspace, room by room."""

from __future__ import annotations

from django.urls import path

from ..access import centre_only
from ..agreements import approvers
from ..agreements.addresses import addresses
from . import (
    audit,
    bills,
    close,
    cost_model,
    costs,
    director,
    forecasts,
    intake,
    jobs,
    parties,
    people,
    quarantine,
    rates,
    roles,
    upload,
)

app_name = "centre"
urlpatterns = [
    path("", director.start, name="start"),
    path("overview/", director.director, name="director"),
    path("close/", close.close, name="close"),
    path("close/<str:period>/", close.close_month, name="close_month"),
    path("close/<str:period>/start/", close.close_start, name="close_start"),
    path("close/<str:period>/next/", close.close_next, name="close_next"),
    path("close/<str:period>/stop/", close.close_stop, name="close_stop"),
    path("bills/", bills.bills, name="bills"),
    path("bills/questions/", bills.queries, name="queries"),
    path("rates/", rates.rates, name="rates"),
    path("rates/proposals/", rates.proposals, name="proposals"),
    path("rates/propose/", rates.propose, name="propose"),
    path("rates/proposals/<uuid:decision_id>/withdraw/", rates.take_back, name="withdraw_rate"),
    path("rates/<uuid:version_id>/decide/", rates.decide, name="decide"),
    path("rates/forecasts/", forecasts.forecasts, name="forecasts"),
    path("costs/", costs.costs, name="costs"),
    path("costs/imports/", costs.imports, name="imports"),
    path("costs/imports/new/", costs.new_import, name="new_import"),
    path("costs/imports/<uuid:import_id>/", costs.one_import, name="import"),
    path("costs/imports/<uuid:import_id>/rejected.csv", costs.rejected_csv, name="rejected"),
    path("costs/model/", cost_model.model, name="model"),
    path("costs/model/change/", cost_model.change, name="model_change"),
    path("costs/pools/<str:code>/", cost_model.pool, name="pool"),
    path("costs/allocations/", cost_model.allocations, name="allocations"),
    path("costs/allocations/<uuid:run_id>/", cost_model.allocation, name="allocation"),
    *addresses(centre_only),
    path("intake/", intake.intake, name="intake"),
    path("intake/deliveries/", intake.deliveries, name="deliveries"),
    path("intake/quarantine/", quarantine.quarantined, name="quarantine"),
    path("intake/upload/", upload.new_upload, name="upload"),
    path("intake/uploads/<uuid:upload_id>/problems.csv", upload.problem_rows, name="upload_rows"),
    path("intake/tried/<uuid:token>/problems.csv", upload.tried_rows, name="tried_rows"),
    path("people/", people.people, name="people"),
    path("people/new/", people.new_person, name="new_person"),
    path("people/<uuid:person_id>/", people.person, name="person"),
    path("people/delegations/", people.delegations, name="delegations"),
    path("people/approvers/", centre_only(approvers.VIEW)(approvers.approvers), name="approvers"),
    path("people/roles/", roles.roles, name="roles"),
    path("people/agencies/", parties.agencies, name="agencies"),
    path("people/agencies/<uuid:agency_id>/", parties.agency, name="agency"),
    path("people/suppliers/", parties.suppliers, name="suppliers"),
    path("people/centre/", parties.settings, name="settings"),
    path("people/roles/<slug:code>/", roles.role, name="role"),
    path("audit/", audit.trail, name="audit"),
    path("audit/check/", audit.check, name="audit_check"),
    path("audit/work/", jobs.jobs, name="jobs"),
]
