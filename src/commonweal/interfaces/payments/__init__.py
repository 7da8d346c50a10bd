"""The door to whoever takes fees online: a port for providers, and a provider to try it with."""
