"""Pure calculation of charging, one file per noun."""
