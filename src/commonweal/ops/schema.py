"""Bringing the database to this version: migrations, rights, triggers, default roles."""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command

from commonweal.kernel.schema.public import apply_rights


def migrate() -> None:
    """Migrate as the owner and apply every table's rights; safe to repeat."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    apply_rights(settings.DATABASES["default"]["USER"])
