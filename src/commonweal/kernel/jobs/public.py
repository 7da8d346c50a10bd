"""What other modules may use of jobs."""

from .manifests import all_manifests

__all__ = ["all_manifests"]
