"""What jobs announces."""

from django.utils.translation import gettext_noop

from ..schema.public import Manifest
from .tasks import purge

MANIFEST = Manifest(
    name="jobs",
    stays={"jobs.Job": "Background work of the centre's own machine, removed after some weeks."},
    permissions={
        "jobs.view": "See background work and what failed",
        "jobs.manage": "Run failed background work again, or cancel it",
    },
    roles={
        "administrator": ["jobs.view", "jobs.manage"],
        "director": ["jobs.view"],
        "finance_officer": ["jobs.view", "jobs.manage"],
        "auditor": ["jobs.view"],
    },
    jobs={"jobs.purge": purge},
    schedules={"jobs.purge": "daily 03:40"},
    work={"jobs.purge": gettext_noop("Remove old background work")},
    remedies={
        "JOBS-102": gettext_noop(
            "This installation does not know this kind of work. Install the module that does it, "
            "restart the worker, then run it again."
        ),
        "LeaseExpired": gettext_noop(
            "Its worker stopped each time. Look at the worker's log and memory, then run it again."
        ),
        "ACCESS-403": gettext_noop(
            "Whoever asked for it may not do it any more. Ask somebody who may to start it anew."
        ),
        "OSError": gettext_noop(
            "The disk or a file was not there for it. Look at free space and the data folder's "
            "rights, then run it again."
        ),
        "OperationalError": gettext_noop(
            "The database was away. Look whether it runs, then run it again."
        ),
    },
)
