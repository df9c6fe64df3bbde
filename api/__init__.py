"""The read-only HTTP API over `marts`."""
