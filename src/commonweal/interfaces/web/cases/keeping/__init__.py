"""Keeping cases: how long, what for, what is erased, what is proved, and files in and out."""
