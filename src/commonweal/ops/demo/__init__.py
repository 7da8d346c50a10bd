"""The demo centre: State of Meridian Shared Services, invented, built from published rates."""
