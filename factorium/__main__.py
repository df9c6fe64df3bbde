"""`python -m factorium`."""

from factorium.cli import app

app()
