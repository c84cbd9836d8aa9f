"""A signed candidate -> a released version, in a directory or on a Hub."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prefpairs.config import Credentials, Settings
from prefpairs.errors import ApprovalError, ConfigError, ReleaseError, VerificationError
from prefpairs.files import sha256_file
from prefpairs.release import directory, signoff
from prefpairs.release.manifest import MANIFEST_NAME, Manifest, verify
from prefpairs.release.registry import Receipt, candidate_folder, read_receipt, write_receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Where a version is now.

    Attributes
    ----------
    version, target
        Its name, and `directory` or `hub`.
    commit
        The Hub's commit id; for a directory, the SHA-256 of the manifest.
    location
        Where to look at it.
    unchanged
        True if it was there before, with the same bytes, and nothing was done.

    """

    version: str
    target: Literal["directory", "hub"]
    commit: str
    location: str
    unchanged: bool


def release(
    settings: Settings,
    version: str,
    *,
    credentials: Credentials,
    now: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Released:
    """Publish a candidate that somebody approved. Doing it again says so and changes nothing.

    `now` is in seconds since 1970 UTC; `sleep` waits between the tries of a Hub that is unavailable.

    Raises
    ------
    ConfigError
        If text is to be released without a recorded legal basis, or the target is not configured.
    ApprovalError
        If there is no such candidate, or its sign-off is missing, a rejection, or names other bytes.
    ReleaseError
        If other content is published under this version, or what was published is not what was sent.
    TransientError
        If the Hub stays unavailable.

    """
    folder = candidate_folder(settings, version)
    manifest = _approved(folder, version)
    _require_basis(settings, manifest)
    _refuse_other_release(settings, manifest, folder)
    released = (
        _to_hub(settings, folder, manifest, credentials=credentials, sleep=sleep)
        if settings.release.target == "hub"
        else _to_directory(settings, folder, manifest)
    )
    if read_receipt(settings, version) is None:
        write_receipt(settings, _receipt(released, folder, manifest, now=now))
    return released


def _approved(folder: Path, version: str) -> Manifest:
    try:
        manifest = verify(folder)
    except VerificationError as error:
        msg = f"{version} cannot be released: its bytes are not those that were made. {error}"
        raise ApprovalError(msg) from None
    signoff.check(folder)
    if manifest.version != version:
        msg = f"The folder {folder} holds the version {manifest.version}. It cannot be released as {version}."
        raise ApprovalError(msg)
    return manifest


def _require_basis(settings: Settings, manifest: Manifest) -> None:
    if manifest.mode == "text" and not settings.basis.recorded:
        msg = (
            f"{manifest.version} holds text, and no legal basis is recorded. Fill in basis.statement and "
            'basis.approval_id, or make a version with release.mode = "labels-only".'
        )
        raise ConfigError(msg)


def _refuse_other_release(settings: Settings, manifest: Manifest, folder: Path) -> None:
    receipt = read_receipt(settings, manifest.version)
    if receipt is not None and receipt.manifest_sha256 != sha256_file(folder / MANIFEST_NAME):
        msg = (
            f"{manifest.version} was released at {receipt.released_at} to {receipt.location} with other content. "
            "A released version never changes."
        )
        raise ReleaseError(msg)


def _to_directory(settings: Settings, folder: Path, manifest: Manifest) -> Released:
    path, already = directory.publish(folder, manifest, releases=settings.release_folder)
    return Released(
        version=manifest.version,
        target="directory",
        commit=sha256_file(path / MANIFEST_NAME),
        location=str(path),
        unchanged=already,
    )


def _to_hub(
    settings: Settings,
    folder: Path,
    manifest: Manifest,
    *,
    credentials: Credentials,
    sleep: Callable[[float], None],
) -> Released:
    from prefpairs.release import hub  # the Hub client takes half a second to import

    if not settings.release.repo_id:
        msg = 'release.target = "hub" needs release.repo_id, as "organisation/name".'
        raise ConfigError(msg)
    if credentials.hub_token is None:
        msg = "Releasing to a Hub needs a token with write access: set PREFPAIRS_HUB_TOKEN."
        raise ConfigError(msg)
    published = hub.publish(
        folder,
        manifest,
        destination=hub.Destination(
            endpoint=settings.release.endpoint,
            repo_id=settings.release.repo_id,
            private=settings.release.visibility == "private",
            attempts=settings.release.hub_attempts,
            wait_seconds=settings.release.hub_wait_seconds,
        ),
        token=credentials.hub_token.get_secret_value(),
        sleep=sleep,
    )
    return Released(
        version=manifest.version,
        target="hub",
        commit=published.commit,
        location=published.url,
        unchanged=published.already,
    )


def _receipt(released: Released, folder: Path, manifest: Manifest, *, now: float) -> Receipt:
    return Receipt(
        version=released.version,
        target=released.target,
        location=released.location,
        commit=released.commit,
        content_root=manifest.content_root,
        manifest_sha256=sha256_file(folder / MANIFEST_NAME),
        released_at=signoff.timestamp(now),
    )
