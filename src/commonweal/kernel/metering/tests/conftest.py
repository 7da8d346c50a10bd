"""Fixtures of metering's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
def small_centre(kept_world: Callable[[str, Callable[[], World]], World]) -> World:
    """The small centre, built once: half a second of signing that each test would repeat."""
    forget_centre()
    return kept_world("metering", build_world)


@pytest.fixture
def world(small_centre: World, db: None, data_dir: Path) -> Iterator[World]:
    """In the centre's scope, on 20 October 2026; what a test does to it is rolled back."""
    forget_centre()
    with at(MOMENT), act_as(SYSTEM):
        yield small_centre
    forget_centre()
