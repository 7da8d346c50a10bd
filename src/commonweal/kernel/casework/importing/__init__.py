"""Taking in cases and their events from files: read, checked, computed and written in bulk."""
