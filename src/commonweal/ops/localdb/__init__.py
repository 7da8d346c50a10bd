"""The local database: PostgreSQL over a Unix socket, for demo, tests and small centres."""

from .errors import LocalDatabaseError
from .provider import (
    Database,
    Status,
    discard_database,
    ensure_database,
    running_database,
    status,
    stop_database,
)

__all__ = [
    "Database",
    "LocalDatabaseError",
    "Status",
    "discard_database",
    "ensure_database",
    "running_database",
    "status",
    "stop_database",
]
