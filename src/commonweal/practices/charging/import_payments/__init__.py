"""Bank statements into entries: camt.053, CSV, and a bank's own layout by a saved mapping."""
