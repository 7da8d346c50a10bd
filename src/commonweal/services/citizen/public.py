"""What others may use of citizen service."""

from .actions import set_up

__all__ = ["set_up"]
