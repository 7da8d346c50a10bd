"""Vehicles that agencies share."""
