"""Writes of charging, one file per noun."""
