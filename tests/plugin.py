"""Starts the local database before Django's settings are read, when none was given.

`./run test` has done so already; this serves `python -m pytest` called by hand. Loaded by `-p`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
os.environ.setdefault("COMMONWEAL_DATA", str(ROOT / ".commonweal" / "test"))

if "DATABASE_URL" not in os.environ:
    from commonweal.ops.localdb import ensure_database

    database = ensure_database(Path(os.environ["COMMONWEAL_DATA"]), durable=False)
    os.environ["DATABASE_URL"] = database.owner_url
    os.environ["DATABASE_APP_URL"] = database.app_url
