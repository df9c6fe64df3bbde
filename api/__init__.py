"""The HTTP API over `marts`."""
