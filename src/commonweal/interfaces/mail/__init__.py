"""The inbound door for e-mail, and what leaves by it."""
