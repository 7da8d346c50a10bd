"""The local database: PostgreSQL over a Unix socket, for demo, tests and small centres."""

from .errors import LocalDatabaseError
from .provider import (
    LOCAL_DATABASE,
    Database,
    Status,
    discard_database,
    ensure_database,
    revive_database,
    running_database,
    status,
    stop_database,
)

__all__ = [
    "LOCAL_DATABASE",
    "Database",
    "LocalDatabaseError",
    "Status",
    "discard_database",
    "ensure_database",
    "revive_database",
    "running_database",
    "status",
    "stop_database",
]
