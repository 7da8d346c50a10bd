"""Citizen service as data: what agencies offer to the public, and who works on it."""
