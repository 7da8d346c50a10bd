"""Fixtures of metering's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.selectors import forget_centre

from .world import MOMENT, World, build_world


@pytest.fixture
def data_dir(tmp_path: Path, settings: Any) -> Path:
    """A data folder of its own."""
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def world(db: None, data_dir: Path) -> Iterator[World]:
    """The small centre, in the centre's scope, on 20 October 2026."""
    forget_centre()
    made = build_world()
    with at(MOMENT), act_as(SYSTEM):
        yield made
    forget_centre()
