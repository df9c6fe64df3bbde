"""The front door of the factor warehouse: CLI, settings, embedded server, dbt in-process."""

__version__ = "0.1.0"
