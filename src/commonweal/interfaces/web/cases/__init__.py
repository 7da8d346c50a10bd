"""Pages of cases: the agents' desk, the agencies' own, and the public door."""
