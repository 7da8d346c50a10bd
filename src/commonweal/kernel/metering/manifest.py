"""What metering announces."""

from django.utils.translation import gettext_noop

from ..authority.public import register_subject
from ..catalogue.public import register_use
from ..schema.public import Manifest
from .actions.late import APPROVE, SUBJECT, drop_policy, put_policy
from .background import KIND, take_file
from .leaving import usage_files
from .selectors import last_used, open_from
from .tasks import clean_orphans, clean_uploads

register_use(open_from, last_used)
register_subject(SUBJECT, APPROVE, put_policy, drop_policy, words="a rule about late usage")

MANIFEST = Manifest(
    name="metering",
    permissions={
        "metering.submit": "Send usage records",
        "metering.view": "See usage records",
        "metering.decide_quarantine": "Release or discard quarantined usage records",
        "metering.manage_sources": "Register sources and report a period complete for them",
        "metering.propose_late_policy": "Propose what becomes of a service's late usage",
        "metering.approve_late_policy": "Approve or reject what becomes of late usage",
        "metering.decide_late": "Accept or decline late usage that is held",
        "metering.close": "Freeze and seal the usage of a period",
    },
    by_bureau=["metering.view"],
    roles={
        "director": ["metering.view", "metering.approve_late_policy"],
        "finance_officer": [
            "metering.submit",
            "metering.view",
            "metering.decide_quarantine",
            "metering.decide_late",
            "metering.propose_late_policy",
            "metering.manage_sources",
            "metering.close",
        ],
        "service_owner": [
            "metering.submit",
            "metering.view",
            "metering.decide_quarantine",
            "metering.decide_late",
            "metering.propose_late_policy",
        ],
        "administrator": ["metering.view", "metering.manage_sources"],
        "auditor": ["metering.view"],
        "agency_finance": ["metering.view"],
        "agency_liaison": ["metering.view"],
        "agency_approver": ["metering.view"],
        "agency_usage": ["metering.view"],
    },
    jobs={
        "metering.clean_orphans": clean_orphans,
        "metering.clean_uploads": clean_uploads,
        KIND: take_file,
    },
    schedules={
        "metering.clean_orphans": "daily 03:30",
        "metering.clean_uploads": "daily 03:50",
    },
    work={
        "metering.clean_orphans": gettext_noop("Remove files that belong to nothing"),
        "metering.clean_uploads": gettext_noop("Remove uploaded files that nobody went on with"),
        KIND: gettext_noop("Take in a usage file"),
    },
    shown={"metering.LatePolicy": {"state": "approved"}},
    refers=("metering.Source", "metering.LatePolicy"),
    stays={
        "metering.UsageFact": "Usage records are below usage/, month by month.",
        "metering.Partition": "An index of sealed usage files, whose records are below usage/.",
    },
    leaves=usage_files,
    remedies={
        "USAGE-216": gettext_noop(
            "The file is not kept any more. Upload the same file again: it goes on where it "
            "stopped. Then discard this."
        ),
    },
)
