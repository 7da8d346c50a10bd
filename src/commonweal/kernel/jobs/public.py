"""What other modules may use of jobs."""

from .actions import cancel, discard, put_schedule, requeue, sync_schedules
from .domain import LIVE, Cancelled, JobError, Later, back_off, plain_rule
from .manifests import all_manifests, all_permissions, remedy, work_words
from .models import Job, Schedule
from .progress import report
from .queueing import enqueue, enqueue_again, withdraw
from .selectors import MOST, by_keys, job, jobs, schedules, unfinished
from .ticker import Ticker
from .worker import Worker, stepwise

__all__ = [
    "LIVE",
    "MOST",
    "Cancelled",
    "Job",
    "JobError",
    "Later",
    "Schedule",
    "Ticker",
    "Worker",
    "all_manifests",
    "all_permissions",
    "back_off",
    "by_keys",
    "cancel",
    "discard",
    "enqueue",
    "enqueue_again",
    "job",
    "jobs",
    "plain_rule",
    "put_schedule",
    "remedy",
    "report",
    "requeue",
    "schedules",
    "stepwise",
    "sync_schedules",
    "unfinished",
    "withdraw",
    "work_words",
]
