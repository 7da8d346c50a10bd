"""The clock engine: from events and terms to cycles, each figure explained. Pure."""

from .engine import run
from .terms import Cycle, Event, Level, Terms

__all__ = ["Cycle", "Event", "Level", "Terms", "run"]
