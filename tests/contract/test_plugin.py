"""A service from outside this repository brings tables, permissions and pages by entry point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.conftest import pages_world

__all__ = ["pages_world"]

PLUGIN = Path(__file__).parent / "plugin"
CENTRE = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
from commonweal.kernel.access.models import User
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.party import public as party
from commonweal.kernel.party.models import Agency, Person
from commonweal.ops.schema import migrate, sync
migrate()
sync()
from fleet.models import Vehicle
with act_as(SYSTEM):
    water, desk = Agency.objects.get(code="WATER"), Person.objects.get(email="parks@example.test")
    bureau = party.create_bureau(actor=SYSTEM, agency_id=water.pk, code="DOCK", name="Docks")
    party.add_membership(actor=SYSTEM, person_id=desk.pk, role="agency_usage",
                         agency_id=water.pk, bureau_id=bureau.pk)
    for code in ("PARKS", "WATER"):
        Vehicle.objects.create(agency=Agency.objects.get(code=code), plate="CAR OF " + code)
def seen(email, path):
    browser = Client()
    if email:
        browser.force_login(User.objects.get(email=email))
    answer = browser.get(path)
    return [answer.status_code, answer.content.decode()]
print(json.dumps({
    "officer": seen("parks@example.test", "/fleet/"),
    "director": seen("director@example.test", "/fleet/"),
    "owner": seen("owner@example.test", "/fleet/"),
    "nobody": seen("", "/fleet/"),
    "overview": seen("director@example.test", "/centre/bills/"),
}))
"""


def _environment(folder: Path, name: str) -> dict[str, str]:
    urls = {
        key: urlsplit(os.environ[key])._replace(path=f"/{name}").geturl()
        for key in ("DATABASE_URL", "DATABASE_APP_URL")
    }
    return {
        **os.environ,
        **urls,
        "PYTHONPATH": os.pathsep.join([str(PLUGIN), *filter(None, sys.path)]),
        "DJANGO_SETTINGS_MODULE": "commonweal.settings",
        "COMMONWEAL_DATA": str(folder),
    }


@pytest.fixture
def installed(pages_world: tuple[str, Path, World], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a centre of its own in which the plug-in is installed."""
    name = f"cw_plugin_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{pages_world[0]}"')
    yield _environment(tmp_path, name)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _python(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


def test_its_pages_tables_and_roles_are_as_ours(installed: dict[str, str]) -> None:
    done = _python(CENTRE, installed)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    status, page = found["officer"]
    assert (status, "CAR OF PARKS" in page, "CAR OF WATER" in page) == (200, True, False)
    assert 'href="/fleet/"' in page  # its place at the top
    assert "CAR OF WATER" in found["director"][1]
    assert 'href="/fleet/"' in found["overview"][1]
    assert found["owner"][0] == 403
    assert found["nobody"][0] == 302


WRONG = {
    "PLUGIN-101": "object.__setattr__(fleet.pages.SECTION, 'prefix', 'centre/')",
    "PLUGIN-102": "del fleet.urls.urlpatterns[0].callback.access",
}


@pytest.mark.parametrize("code", WRONG)
def test_a_plug_in_that_would_open_a_door_is_refused(code: str, installed: dict[str, str]) -> None:
    change = f"import django; django.setup(); import fleet.pages, fleet.urls; {WRONG[code]}\n"
    done = _python(change + "import commonweal.interfaces.web.urls", installed)
    assert done.returncode != 0
    assert code in done.stderr
