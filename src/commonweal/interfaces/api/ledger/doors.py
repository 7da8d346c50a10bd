"""The books: reading them, and writing what people may write."""

from .writes import door

DOORS = [door]
