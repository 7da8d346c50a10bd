"""Reads of charging, one file per noun."""
