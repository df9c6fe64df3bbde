"""The command line `factorium`."""

from factorium.cli.main import app

__all__ = ["app"]
