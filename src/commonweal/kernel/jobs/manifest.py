"""What jobs announces."""

from ..schema.public import Manifest
from .tasks import purge

MANIFEST = Manifest(
    name="jobs",
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
)
