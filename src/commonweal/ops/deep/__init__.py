"""The deep campaigns: kills and power losses by the hundred, and nothing lost, nothing doubled."""
