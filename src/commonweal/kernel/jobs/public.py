"""What other modules may use of jobs."""

from .actions import cancel, put_schedule, requeue, sync_schedules
from .domain import Cancelled, JobError, Later, back_off
from .manifests import all_manifests, all_permissions
from .models import Job, Schedule
from .progress import report
from .queueing import enqueue
from .selectors import job, jobs, schedules, unfinished
from .worker import Worker, stepwise

__all__ = [
    "Cancelled",
    "Job",
    "JobError",
    "Later",
    "Schedule",
    "Worker",
    "all_manifests",
    "all_permissions",
    "back_off",
    "cancel",
    "enqueue",
    "job",
    "jobs",
    "put_schedule",
    "report",
    "requeue",
    "schedules",
    "stepwise",
    "sync_schedules",
    "unfinished",
]
