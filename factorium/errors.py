"""Errors the front door can raise.

FactoriumError
├── ServerError          the embedded server could not be started or reached
├── MigrationError       a migration or a SQL object could not be applied
├── BuildError           dbt stopped; the message names the models
└── NotReady             something has to be done first; the message says what
"""


class FactoriumError(Exception):
    """Base of all errors with a message meant for the user."""


class ServerError(FactoriumError):
    """The embedded server could not be started or reached."""


class MigrationError(FactoriumError):
    """A migration or a SQL object could not be applied."""


class BuildError(FactoriumError):
    """dbt stopped; the message names the models."""


class NotReady(FactoriumError):
    """Something has to be done first; the message says what."""
