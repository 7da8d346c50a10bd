"""Bringing the database to this version: migrations, rights, triggers, roles, schedules."""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.jobs.public import sync_schedules
from commonweal.kernel.party.public import centre, sync_roles
from commonweal.kernel.schema.public import apply_rights


def migrate() -> None:
    """Migrate as the owner and apply every table's rights; safe to repeat."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    apply_rights(settings.DATABASES["default"]["USER"])


def sync() -> None:
    """Give new permissions to roles and put the modules' schedules in place; safe to repeat."""
    sync_roles()
    with act_as(SYSTEM):
        sync_schedules(actor=SYSTEM, zone=centre().zone)
