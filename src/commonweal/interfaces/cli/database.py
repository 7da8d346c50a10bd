"""`commonweal database`: bring the database to this version, or look at it."""

from __future__ import annotations

import argparse

from .kit import Verbs, add_group, add_verb, say, table

EXAMPLES = """\
  commonweal database migrate     after installing or upgrading; safe to repeat
  commonweal database status      which version, what is pending, is the wall between agencies up
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "database", help="bring the database to this version", examples=EXAMPLES)
    add_verb(
        own,
        "migrate",
        help="create and change tables, apply rights, create default roles and schedules",
        about="Runs as the owner (DATABASE_URL). Nothing is lost; repeating it changes nothing.",
        examples="  commonweal database migrate",
        run=migrate,
    )
    add_verb(
        own,
        "status",
        help="show the server, pending migrations and the check of the serving role",
        examples="  commonweal database status",
        run=status,
    )


def migrate(args: argparse.Namespace) -> int:
    """Tables, rights, roles, schedules."""
    from commonweal.kernel.access.public import SYSTEM, act_as, check_database
    from commonweal.kernel.jobs.public import sync_schedules
    from commonweal.kernel.party.public import sync_roles
    from commonweal.ops.schema import migrate as bring_up

    say("Tables and rights")
    bring_up()
    check_database()
    changed = sync_roles()
    with act_as(SYSTEM):
        added = sync_schedules()
    print(f"The database is ready. Roles changed: {len(changed)}, schedules added: {len(added)}.")
    return 0


def status(args: argparse.Namespace) -> int:
    """What is there; status 1 if something is pending."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    from commonweal.kernel.access.public import check_database

    owner = connections["owner"]
    executor = MigrationExecutor(owner)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT current_setting('server_version'), current_user,
                      pg_size_pretty(pg_database_size(current_database()))"""
        )
        version, role, size = cursor.fetchone()
    rows = [
        ("server", f"PostgreSQL {version}"),
        ("serving role", role),
        ("size", size),
        ("pending", ", ".join(f"{m.app_label}.{m.name}" for m, _ in waiting) or "nothing"),
    ]
    table(("what", "is"), rows, "")
    if waiting:
        say("Run `commonweal database migrate`.")
        return 1
    check_database()
    print("The serving role owns nothing, and every agency's rows are walled off.")
    return 0
