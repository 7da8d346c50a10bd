"""What consolidation announces."""

from commonweal.kernel.authority.public import register_subject
from commonweal.kernel.schema.domain import Manifest

from .actions.baselines import baseline_not_signed, baseline_signed
from .actions.claims import claim_confirmed, claim_not_confirmed
from .rules import BASELINE, CLAIM, CLAIMED, CONFIRM, ENTER, INDEX, SIGN, VIEW

register_subject(BASELINE, SIGN, baseline_signed, baseline_not_signed, words="a baseline")
register_subject(CLAIMED, CONFIRM, claim_confirmed, claim_not_confirmed, words="a saving")

MANIFEST = Manifest(
    name="consolidation",
    refers=("consolidation.PriceIndex", "consolidation.IndexValue"),
    permissions={
        VIEW: "See baselines, own costs and what sharing saved or lost",
        ENTER: "Enter the agency's baselines and own costs",
        SIGN: "Sign the agency's baselines",
        CLAIM: "Claim what of a saving is cashable and what it came from",
        CONFIRM: "Confirm the agency's claimed savings",
        INDEX: "Enter price indices",
    },
    roles={
        "director": [VIEW, CLAIM],
        "finance_officer": [VIEW, INDEX],
        "service_owner": [VIEW, CLAIM],
        "auditor": [VIEW],
        "agency_finance": [VIEW, ENTER, SIGN, CONFIRM],
        "agency_approver": [VIEW, ENTER, SIGN, CLAIM],
        "agency_liaison": [VIEW, ENTER],
    },
)
