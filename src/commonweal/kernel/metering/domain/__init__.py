"""Usage records: their form, their checks and what can be wrong with them. Pure."""

from .facts import Fact, Raw, Usage
from .problems import Problem, UsageError

__all__ = ["Fact", "Problem", "Raw", "Usage", "UsageError"]
