"""The errors that prefpairs raises: few, each says what happened, to which thing, and what to do.

Messages carry paths, ids, line numbers and counts, never text from a post or a comment:
Prefect stores the message of every exception that leaves a task.
"""


class PrefpairsError(Exception):
    """Base of every error that prefpairs raises on purpose."""


class ConfigError(PrefpairsError):
    """A setting, a key, a credential or an installed part is missing or wrong."""


class ContractError(PrefpairsError):
    """A table, a file or a document does not match its contract in `schemas/`."""


class SourceError(PrefpairsError):
    """A source (an archive, Reddit, a CSV) could not be read. What was read before is kept."""


class TransientError(SourceError):
    """A source or the Hub is unavailable for now: the same call may succeed later."""


class DeidentifyError(PrefpairsError):
    """Text could not be de-identified. Nothing of it was written."""


class GateError(PrefpairsError):
    """A candidate failed validation, or validation could not be carried out."""


class ApprovalError(PrefpairsError):
    """A sign-off is missing, expired, or names other bytes."""


class ReleaseError(PrefpairsError):
    """A release could not be published, or what was published is not what was sent."""


class VerificationError(PrefpairsError):
    """The bytes of a version are not the bytes that its manifest names."""


class BusyError(PrefpairsError):
    """Another run holds the lake."""
