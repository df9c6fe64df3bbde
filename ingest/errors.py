"""Errors an ingestor can raise.

IngestError
├── VendorUnavailable   the vendor did not answer; the job may be retried
├── UnexpectedPayload   the vendor answered with something else; do not retry
├── TooManyRejects      more rows were rejected than the stated threshold
├── DatasetBusy         another process is landing the same dataset
├── StorageFull         the server has no room; nothing of the load was kept
└── ServerGone          the server went away; nothing of the load was kept
"""


class IngestError(Exception):
    """Base of all errors of landing, with a message meant for the user."""


class VendorUnavailable(IngestError):
    """The vendor did not answer; the job may be retried."""


class UnexpectedPayload(IngestError):
    """The vendor answered with something else; do not retry."""


class TooManyRejects(IngestError):
    """More rows were rejected than the stated threshold."""


class DatasetBusy(IngestError):
    """Another process is landing the same dataset."""


class StorageFull(IngestError):
    """The server has no room; nothing of the load was kept."""


class ServerGone(IngestError):
    """The server went away; nothing of the load was kept."""
