"""The start-up check: the serving role must be unable to see past row-level security."""

from __future__ import annotations

from django.db import connection

from ..errors import CommonwealError
from ..schema.public import declared_models


class UnsafeDatabase(CommonwealError):
    """The database connection would defeat the wall between agencies."""


def check_database() -> None:
    """Refuse to serve as a superuser, an owner, or beside an unforced tenant table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0]:
            raise UnsafeDatabase(
                "ACCESS-501",
                "The database role bypasses row-level security. "
                "Set DATABASE_APP_URL to a plain role.",
            )
        cursor.execute(
            """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
                      pg_get_userbyid(c.relowner) = current_user
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"""
        )
        state = {name: (secured, owned) for name, secured, owned in cursor.fetchall()}
    if any(owned for _, owned in state.values()):
        raise UnsafeDatabase(
            "ACCESS-502",
            "The database role owns tables. Serve as a role that owns nothing (DATABASE_APP_URL).",
        )
    for model in declared_models():
        name = model._meta.db_table
        if model.rights.tenant and not state.get(name, (False, False))[0]:  # type: ignore[attr-defined]
            raise UnsafeDatabase(
                "ACCESS-503",
                f"Table {name} lacks forced row-level security. Run `commonweal database migrate`.",
            )
