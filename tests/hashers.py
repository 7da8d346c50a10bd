"""Passwords in tests: of the kind that is served, at a hundredth of its work.

What is stored says its own cost, so that the real hasher opens it too (a server in a process of
its own).
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Quick(Argon2PasswordHasher):
    """Argon2 with next to no memory and one turn: its work is not what tests prove."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
