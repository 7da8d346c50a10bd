"""A sample as open files, with the plain script that draws it again."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor

from ..models import Sample
from ..selectors.room import engagement, sample, sizes
from .pack import zipped
from .tables import write_csv

FORMAT = "commonweal-sample-1"


def sample_document(row: Sample) -> dict[str, Any]:
    """A sample as plain data: everything that it takes to draw it again."""
    return {
        "format": FORMAT,
        "population": row.population,
        "first_period": row.engagement.first_period,
        "last_period": row.engagement.last_period,
        "seed": row.seed,
        "interval": row.interval_minor,
        "start": row.start_minor,
        "count": row.items,
        "total": row.total_minor,
        "size": row.picked["size"],
        "nothing": row.picked["nothing"],
        "population_hash": row.population_hash,
        "top": row.picked["top"],
        "picked": row.picked["picked"],
    }


def sample_pack(actor: Actor, sample_id: UUID) -> tuple[str, bytes]:
    """The zip of a sample: the population as it is now, the sample, and the script."""
    row = sample(actor, sample_id)
    room = engagement(actor, row.engagement_id)
    body = json.dumps(sample_document(row), indent=1, sort_keys=True) + "\n"
    script = (resources.files(__package__) / "check_sample.py").read_bytes()
    files = {
        "population.csv": write_csv(
            ("id", "amount_minor"), list(sizes(actor, room, row.population))
        ),
        "sample.json": body.encode(),
        "check_sample.py": script,
    }
    return f"sample-{row.population}-{row.pk}.zip", zipped(files)
