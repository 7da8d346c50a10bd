"""What the audit trail's verbs and kinds of things are called on pages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

VERBS: dict[str, Any] = {
    "access.elevated": _("More permissions taken for a time"),
    "access.elevation_ended": _("Extra permissions given back"),
    "access.language_chosen": _("Language chosen"),
    "access.role_put": _("Role's permissions set"),
    "access.token_created": _("API token made"),
    "access.token_revoked": _("API token revoked"),
    "access.user_active_set": _("Account opened or closed"),
    "access.user_created": _("Account made"),
    "agreements.agreement_proposed": _("Agreement proposed"),
    "agreements.agreement_refused": _("Agreement refused"),
    "agreements.agreement_signed": _("Agreement signed"),
    "agreements.agreement_withdrawn": _("Agreement withdrawn"),
    "agreements.ending_proposed": _("End of an agreement proposed"),
    "agreements.ending_refused": _("End of an agreement refused"),
    "agreements.ending_signed": _("End of an agreement signed"),
    "agreements.ending_withdrawn": _("End of an agreement withdrawn"),
    "agreements.estimate_refused": _("Estimate refused"),
    "agreements.estimate_signed": _("Estimate signed"),
    "agreements.order_drafted": _("Order drafted"),
    "agreements.order_proposed": _("Order proposed"),
    "agreements.order_refused": _("Order refused"),
    "agreements.order_revised": _("Order revised"),
    "agreements.order_signed": _("Order signed"),
    "agreements.order_withdrawn": _("Order withdrawn"),
    "authority.approved": _("Decision approved"),
    "authority.limit_set": _("Limit of amounts set"),
    "authority.proposed": _("Decision asked for"),
    "authority.rejected": _("Decision refused"),
    "authority.second_approver_ended": _("Second approver ended"),
    "authority.second_approver_named": _("Second approver named"),
    "authority.withdrawn": _("Decision withdrawn"),
    "bill.account_mapped": _("Account string set"),
    "bill.drafted": _("Bill drafted"),
    "bill.issue_repeated": _("Issuing repeated, nothing changed"),
    "bill.issued": _("Bill issued"),
    "bill.line_queried": _("Bill line asked about or disputed"),
    "bill.pack_made": _("Proof of a bill made"),
    "bill.preview_opened": _("Bill shown as a preview"),
    "bill.query_answered": _("Question answered"),
    "catalogue.bundle_put": _("Bundle saved"),
    "catalogue.charge_item_put": _("Charge item saved"),
    "catalogue.service_level_put": _("Service level saved"),
    "catalogue.service_put": _("Service saved"),
    "catalogue.unit_put": _("Unit saved"),
    "close.allocate_begun": _("Close: allocating costs begun"),
    "close.allocate_done": _("Close: costs allocated"),
    "close.approve_done": _("Close: bills approved"),
    "close.approve_refused": _("Close: bills not approved"),
    "close.asked": _("Close asked for"),
    "close.decision_asked": _("Close: decision on the bills asked for"),
    "close.draft_begun": _("Close: drafting bills begun"),
    "close.draft_done": _("Close: bills drafted"),
    "close.freeze_begun": _("Close: freezing usage begun"),
    "close.freeze_done": _("Close: usage frozen"),
    "close.issue_begun": _("Close: issuing bills begun"),
    "close.issue_done": _("Close: bills issued"),
    "close.notify_begun": _("Close: telling agencies begun"),
    "close.notify_done": _("Close: agencies told"),
    "close.post_begun": _("Close: posting journals begun"),
    "close.post_done": _("Close: journals posted"),
    "close.preview_begun": _("Close: preview begun"),
    "close.preview_done": _("Close: preview ended"),
    "close.prove_begun": _("Close: proof by a second path begun"),
    "close.prove_done": _("Close: proved by a second path"),
    "close.rate_begun": _("Close: rating usage begun"),
    "close.rate_done": _("Close: usage rated"),
    "close.run_here": _("Close run at the command line"),
    "close.seal_begun": _("Close: sealing the month begun"),
    "close.seal_done": _("Close: month sealed"),
    "close.started": _("Close started"),
    "close.stop_heeded": _("Close stopped as asked"),
    "close.stop_requested": _("Stop of the close asked for"),
    "close.stopped": _("Close stopped at a problem"),
    "costs.allocated": _("Costs allocated"),
    "costs.allocation_repeated": _("Allocation repeated, nothing changed"),
    "costs.driver_measured": _("Driver's values saved"),
    "costs.driver_put": _("Driver saved"),
    "costs.file_imported": _("Large ledger file imported"),
    "costs.file_kept": _("Large ledger file kept for import"),
    "costs.file_refused": _("Large ledger file refused"),
    "costs.file_resumed": _("Import of a large ledger file resumed"),
    "costs.imported": _("Ledger file imported"),
    "costs.mapping_saved": _("Columns of a ledger file saved"),
    "costs.model_put": _("Cost model saved"),
    "costs.pool_put": _("Cost pool saved"),
    "costs.rule_put": _("Rule of a cost pool saved"),
    "costs.rule_removed": _("Rule of a cost pool removed"),
    "documents.stored": _("Document stored"),
    "documents.stored_again": _("Document stored again, nothing changed"),
    "forecast.put": _("Forecast saved"),
    "forecast.signed": _("Forecast signed"),
    "forecast.year_signed": _("Forecasts of a year signed"),
    "jobs.cancelled": _("Background work cancelled"),
    "jobs.discarded": _("Background work discarded"),
    "jobs.queued": _("Background work queued"),
    "jobs.requeued": _("Background work started again"),
    "jobs.schedule_put": _("Schedule saved"),
    "jobs.schedules_synced": _("Schedules set up"),
    "ledger.account_active_set": _("Ledger account opened or closed"),
    "ledger.batch_posted": _("Journals posted"),
    "ledger.chart_put": _("Chart of accounts saved"),
    "ledger.journal_posted": _("Journal posted"),
    "ledger.journal_replayed": _("Journal sent again, nothing changed"),
    "ledger.journal_reversed": _("Journal reversed"),
    "ledger.period_closed": _("Month of the books closed"),
    "ledger.period_opened": _("Month of the books opened"),
    "ledger.period_reopened": _("Month of the books opened again"),
    "notices.erased": _("Message erased"),
    "notices.invited": _("Person invited to sign in"),
    "notices.queued": _("Message queued"),
    "notices.queued_already": _("Message queued already, nothing changed"),
    "notices.read": _("Message read"),
    "notices.retried": _("Message sent again"),
    "notices.role_notified": _("People of a role told"),
    "notices.subscribed": _("Messages switched on"),
    "notices.unsubscribed": _("Messages switched off"),
    "party.agency_created": _("Agency made"),
    "party.agency_updated": _("Agency changed"),
    "party.bureau_created": _("Bureau made"),
    "party.bureau_updated": _("Bureau renamed"),
    "party.centre_set": _("Centre's settings saved"),
    "party.loan_ended": _("Loan of a role ended"),
    "party.membership_added": _("Role given"),
    "party.membership_ended": _("Role ended"),
    "party.person_created": _("Person added"),
    "party.person_erased": _("Person erased"),
    "party.person_updated": _("Person changed"),
    "party.role_lent": _("Role lent"),
    "party.supplier_created": _("Supplier added"),
    "party.supplier_updated": _("Supplier renamed"),
    "rate.approved": _("Rate approved"),
    "rate.decision_asked": _("Decision about a rate asked for"),
    "rate.proposed": _("Rate proposed"),
    "rate.rejected": _("Rate refused"),
    "rate.withdrawn": _("Rate withdrawn"),
    "usage.partitions_written": _("Usage files written"),
    "usage.period_frozen": _("Usage of a month frozen"),
    "usage.period_sealed": _("Usage of a month sealed"),
    "usage.quarantine_discarded": _("Quarantined record discarded"),
    "usage.quarantine_released": _("Quarantined record released"),
    "usage.rated_written": _("Rated usage written"),
    "usage.received": _("Usage received"),
    "usage.source_put": _("Usage source saved"),
    "usage.source_reported": _("Usage source reported complete"),
    "usage.upload_finished": _("Usage file taken in"),
    "usage.upload_stopped": _("Usage file stopped as asked"),
    "usage.upload_tried": _("Usage file tried"),
    "usage.upload_started": _("Usage file started"),
}

KINDS: dict[str, Any] = {
    "access.ApiToken": _("API token"),
    "access.Elevation": _("Extra permissions"),
    "access.Role": _("Role"),
    "access.User": _("Account"),
    "authority.AmountLimit": _("Limit of amounts"),
    "authority.Decision": _("Decision"),
    "authority.SecondApprover": _("Second approver"),
    "catalogue.Agreement": _("Agreement"),
    "catalogue.Bundle": _("Bundle"),
    "catalogue.ChargeItem": _("Charge item"),
    "catalogue.Ending": _("End of an agreement"),
    "catalogue.Order": _("Order"),
    "catalogue.OrderLine": _("Order line"),
    "catalogue.Service": _("Service"),
    "catalogue.ServiceLevel": _("Service level"),
    "catalogue.Unit": _("Unit"),
    "charging.AccountMap": _("Account string"),
    "charging.AllocationRun": _("Allocation"),
    "charging.Bill": _("Bill"),
    "charging.BillLine": _("Bill line"),
    "charging.CloseRun": _("Close"),
    "charging.CostImport": _("Ledger file"),
    "charging.CostMapping": _("Columns of a ledger file"),
    "charging.CostPool": _("Cost pool"),
    "charging.Driver": _("Driver"),
    "charging.Forecast": _("Forecast"),
    "charging.LineQuery": _("Question about a bill line"),
    "charging.PoolRule": _("Rule of a cost pool"),
    "charging.RateVersion": _("Rate version"),
    "documents.Document": _("Document"),
    "jobs.Job": _("Background work"),
    "jobs.Schedule": _("Schedule"),
    "ledger.Account": _("Ledger account"),
    "ledger.Journal": _("Journal"),
    "ledger.LedgerPeriod": _("Month of the books"),
    "metering.Partition": _("File of usage"),
    "metering.PeriodState": _("Usage of a month"),
    "metering.Quarantine": _("Quarantined record"),
    "metering.Source": _("Usage source"),
    "metering.SourceReport": _("Report of a usage source"),
    "metering.Upload": _("Usage file"),
    "metering.UsageBatch": _("Usage delivery"),
    "notices.Message": _("Message"),
    "notices.Subscription": _("Choice of messages"),
    "party.Agency": _("Agency"),
    "party.Bureau": _("Bureau"),
    "party.CentreProfile": _("Centre's settings"),
    "party.Delegation": _("Loan of a role"),
    "party.Membership": _("Role of a person"),
    "party.Person": _("Person"),
    "party.Supplier": _("Supplier"),
}


def plain(code: str) -> str:
    """A code as words where no better ones are known: `party.role_lent` → `Role lent`."""
    words = code.rpartition(".")[2]
    spaced = "".join(f" {each.lower()}" if each.isupper() else each for each in words)
    return str(_(spaced.replace("_", " ").strip().capitalize()))


def verb(code: str) -> str:
    """What was done."""
    return str(VERBS.get(code) or plain(code))


def kind(code: str) -> str:
    """The kind of thing that it was done to."""
    return str(KINDS.get(code) or plain(code))


def internal(text: str) -> bool:
    """Whether a text is an internal id, which says nothing to a reader."""
    return len(text) == 36 and text.count("-") == 4


def value(found: Any) -> str:
    """A figure of an event as text; of an internal id its end, which is enough to compare."""
    if found is None or found == "":
        return "–"
    if isinstance(found, bool):
        return str(_("yes")) if found else str(_("no"))
    if isinstance(found, dict):
        return "; ".join(f"{plain(name).lower()} {value(each)}" for name, each in found.items())
    if isinstance(found, (list, tuple)):
        return ", ".join(value(each) for each in found) or "–"
    text = str(found)
    return f"…{text[-8:]}" if internal(text) else text
