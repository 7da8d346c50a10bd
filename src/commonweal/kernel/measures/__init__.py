"""Facts about how well things were done: numerator, denominator, exclusions."""
