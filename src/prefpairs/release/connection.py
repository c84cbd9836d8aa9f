"""An endpoint and a token -> a Hub client that speaks to that endpoint only, and errors that show no secret."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import DisabledRepoError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # its HTTP library, whichever it is
from huggingface_hub.utils.logging import get_verbosity, set_verbosity
from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

from prefpairs.errors import ConfigError, PrefpairsError, ReleaseError, TransientError
from prefpairs.files import sha256_file

HUGGING_FACE = "https://huggingface.co"
# The Hub itself writes this file into every repository: it decides what is stored as LFS.
HUBS_OWN_FILE = ".gitattributes"

_CHUNK_BYTES = 1 << 20
# What the client raises: HTTP errors, lost connections, a failed upload (RuntimeError), and answers
# that are not what the protocol says (a JSON error is a ValueError, a missing key a LookupError).
_FAILURES = (httpx.HTTPError, OSError, RuntimeError, ValueError, LookupError)
_TRY_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


@contextmanager
def connection(endpoint: str, token: str | None) -> Iterator[HfApi]:
    """Give a client for `endpoint` that uses this token or none, never one that lies about on the machine.

    The client's constants are read from the environment at import, so they are set here: without
    `HF_HUB_DISABLE_XET` it sends large files to Xet, whatever the server is; telemetry goes to
    huggingface.co, whatever the endpoint is.

    Raises
    ------
    ConfigError
        If the endpoint is not an HTTP address.

    """
    address = urlsplit(endpoint)
    if address.scheme not in {"http", "https"} or not address.hostname or address.username:
        msg = "The Hub endpoint must be an address like https://hub.example.org, without a user name in it."
        raise ConfigError(msg)
    wanted = {
        "HF_HUB_DISABLE_XET": constants.HF_HUB_DISABLE_XET or address.hostname != urlsplit(HUGGING_FACE).hostname,
        "HF_HUB_DISABLE_TELEMETRY": True,
    }
    before = {name: getattr(constants, name) for name in wanted}
    silent, verbosity = are_progress_bars_disabled(), get_verbosity()
    _set(wanted)
    set_verbosity(logging.ERROR)  # it warns of every retry of every file; what comes of them is said once, by us
    if not silent:
        disable_progress_bars()
    try:
        yield HfApi(endpoint=endpoint.rstrip("/"), token=token or False)
    finally:
        _set(before)
        set_verbosity(verbosity)
        if not silent:
            enable_progress_bars()


@contextmanager
def explained(doing: str, *, otherwise: type[PrefpairsError] = ReleaseError) -> Iterator[None]:
    """Turn what the Hub client raises into one of our errors, which quotes neither headers nor bodies.

    `doing` says what was tried, as in "reading acme/pairs at https://hub.example.org".
    """
    try:
        yield
    except PrefpairsError:
        raise
    except _FAILURES as error:
        raise explain(error, doing, otherwise=otherwise) from None


def explain(error: BaseException, doing: str, *, otherwise: type[PrefpairsError] = ReleaseError) -> PrefpairsError:
    """Return our error for an exception of the Hub client."""
    status = status_of(error)
    shown = f" ({status})" if status else ""
    kinds = _chain(error)
    if any(isinstance(kind, DisabledRepoError) for kind in kinds):
        return otherwise(
            f"{doing}: the repository was withdrawn, access to it is disabled. Stop using its copies."
        )
    if status == 401:
        return ConfigError(
            f"{doing}: the Hub does not accept the token{shown}, or needs one: PREFPAIRS_HUB_TOKEN."
        )
    if status == 403:
        return ConfigError(f"{doing}: the token may not do this{shown}. Ask for the right, or use another token.")
    if any(isinstance(kind, RevisionNotFoundError) for kind in kinds):
        return otherwise(f"{doing}: there is no such version{shown}.")
    if any(isinstance(kind, RepositoryNotFoundError) for kind in kinds):
        return ConfigError(f"{doing}: there is no such repository{shown}, or the token may not see it.")
    if status in _TRY_LATER or (status is None and any(_is_connection(kind) for kind in kinds)):
        return TransientError(f"{doing}: the Hub is not available{shown}. Try again later.")
    if status == 409:
        return otherwise(f"{doing}: the Hub reports a conflict{shown} with something that is there already.")
    if status == 412:
        return otherwise(f"{doing}: somebody else changed the repository meanwhile{shown}.")
    if isinstance(error, OSError) and error.errno is not None:
        return otherwise(f"{doing}: {error.strerror}.")
    reason = shown or f" ({type(error).__name__})"
    return otherwise(f"{doing}: the Hub refused, or gave an answer that the client does not understand{reason}.")


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status behind an exception, or None if there was no answer."""
    return next(
        (int(kind.response.status_code) for kind in _chain(error) if getattr(kind, "response", None)), None
    )


def is_same_file(sibling: Any, path: Path) -> bool:
    """Say whether a file as the Hub lists it (size, and SHA-256 or git id) is the local file."""
    if sibling.size != path.stat().st_size:
        return False
    if sibling.lfs is not None:
        return bool(sibling.lfs["sha256"] == sha256_file(path))
    return bool(sibling.blob_id == git_id(path))


def git_id(path: Path) -> str:
    """Return the id that git gives to a file's content: SHA-1 over a header and the bytes."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _set(values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(constants, name, value)


def _chain(error: BaseException | None) -> list[Any]:
    found: list[Any] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__
    return found


def _is_connection(error: BaseException) -> bool:
    return isinstance(error, httpx.TransportError | ConnectionError | TimeoutError)
