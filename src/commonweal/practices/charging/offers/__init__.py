"""What charging offers to interfaces, by subject; `public` has all of it."""
