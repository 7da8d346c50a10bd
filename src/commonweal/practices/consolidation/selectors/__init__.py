"""Reads: baselines and price indices; years with their figures; sums."""
