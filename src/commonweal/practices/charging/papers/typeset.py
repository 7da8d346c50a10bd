"""A tagged PDF (PDF/UA-1) made by typst: same template and data, same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any

import typst


def typeset(template: str, data: Mapping[str, Any], day: date | None) -> bytes:
    """The PDF of a template of this folder. `day`: typst stamps the file with a time unless given
    one; the paper's own day keeps bytes the same."""
    stamp = datetime.combine(day, datetime.min.time(), UTC) if day else None
    made: bytes = typst.compile(
        (resources.files(__package__) / template).read_bytes(),
        format="pdf",
        sys_inputs={"data": json.dumps(data, sort_keys=True, ensure_ascii=False)},
        pdf_standards="ua-1",
        timestamp=stamp,
        ignore_system_fonts=True,
    )
    return made
