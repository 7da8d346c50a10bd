"""The version that every run's identity includes."""

from __future__ import annotations

# Changes whenever the same input could give another result or another byte. A test holds a golden
# result and the hash of the SQL beside it.
ENGINE_VERSION = "commonweal-engine-1"
