"""The errors that prefpairs raises: few, each says what happened, to which thing, and what to do.

Messages carry paths, ids, line numbers and counts, never text from a post or a comment:
Prefect stores the message of every exception that leaves a task.
"""

import functools
import os
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_PLACES_TOLD = 4
_SYSTEM_ERROR = re.compile(r"\(os error (\d{1,3})\)")  # as Rust libraries write it


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


def without_text(what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function raise nothing that can hold a text: our own errors, or only a type and a place.

    Another library's message may quote a comment, and an error that is raised while it is handled would
    keep it as its context. `what` begins the sentence, as in "The stage 'curate'".
    """

    def guard(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except PrefpairsError as error:
                told = type(error)(*error.args)
            except BaseException as error:
                if not (isinstance(error, Exception) or _is_panic(error)):
                    raise
                told = PrefpairsError(_type_and_place(what, error))
            raise told  # out here, where nothing is being handled: it has no cause and no context

        return guarded

    return guard


def system_words(error: BaseException) -> str | None:
    """Return the operating system's own words for what it refused ("No space left on device"), or None.

    They quote nothing, whatever the library that passes them on has put around them.
    """
    number = getattr(error, "errno", None)
    if not isinstance(number, int):
        found = _SYSTEM_ERROR.search(str(error))
        number = int(found[1]) if found else None
    return None if number is None else os.strerror(number)


def _is_panic(error: BaseException) -> bool:
    # What a Rust library (Polars, Delta) raises where it gives up: no `Exception`, so that nobody goes on.
    return type(error).__name__ == "PanicException"


def _where(error: BaseException) -> str:
    # Only an absolute path is one for sure: a library that takes a text for a file's name has no such thing.
    path = getattr(error, "filename", None)
    return f" for {path}" if isinstance(path, str) and Path(path).is_absolute() else ""


def _type_and_place(what: str, error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[: -_PLACES_TOLD - 1 : -1]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    if words := system_words(error):
        return (
            f"{what} stopped: {words}{_where(error)} ({type(error).__name__} at {places}). "
            "What was finished is kept; put this right, then run again."
        )
    return (
        f"{what} stopped: {type(error).__name__} at {places}. "
        "Its message is not shown, because it may quote a text."
    )
