"""What each step of the close does: one file per step or pair of steps."""
