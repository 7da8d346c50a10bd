"""What others may use of the help desk."""

from .actions import set_up

__all__ = ["set_up"]
