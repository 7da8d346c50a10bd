"""The small world, at noon of 15 October 2026 in the centre's zone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.tests.world import NOON, World, build_world


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The centre and two agencies."""
    with at(NOON):
        yield build_world()
