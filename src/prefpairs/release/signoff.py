"""A candidate and a person -> a sign-off that names the bytes, and the check that it names these.

It names the content root (the data), the SHA-256 of the manifest (which names every file) and of the card.
"""

import unicodedata
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prefpairs.config import Settings
from prefpairs.errors import ApprovalError, VerificationError
from prefpairs.files import pretty_json, sha256_file, write_atomic
from prefpairs.release.manifest import (
    CARD_NAME,
    MANIFEST_NAME,
    SIGNOFF_NAME,
    Sha256,
    VersionName,
    read_manifest,
    verify,
)
from prefpairs.release.registry import candidate_folder, released

_MAX_NAME = 200
_MAX_STATEMENT = 4000

Decision = Literal["approved", "rejected"]


class SignOff(BaseModel):
    """One person's decision on exactly these bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    version: VersionName
    decision: Decision
    content_root: Sha256
    manifest_sha256: Sha256
    card_sha256: Sha256
    by: Annotated[str, Field(min_length=1, max_length=_MAX_NAME)]
    signed_at: str
    """UTC, ISO 8601."""
    statement: Annotated[str, Field(max_length=_MAX_STATEMENT)] = ""


def approve(settings: Settings, version: str, *, by: str, now: float, statement: str = "") -> SignOff:
    """Sign a candidate for release. `now` is in seconds since 1970 UTC.

    Signing the same bytes again, by the same person with the same words, changes nothing.

    Raises
    ------
    ApprovalError
        If there is no such candidate, its bytes are not those of its manifest, nobody is named,
        or it is already released.

    """
    return _sign(settings, version, decision="approved", by=by, now=now, statement=statement)


def reject(settings: Settings, version: str, *, by: str, now: float, statement: str = "") -> SignOff:
    """Refuse a candidate: it cannot be released unless somebody approves it later. Raises as `approve` does."""
    return _sign(settings, version, decision="rejected", by=by, now=now, statement=statement)


def check(folder: Path) -> SignOff:
    """Return the sign-off of a version if it approves exactly this manifest and card.

    The other files are checked against the manifest by `manifest.verify`.

    Raises
    ------
    ApprovalError
        If it is missing, malformed, a rejection, or names other bytes.

    """
    sign_off = read(folder)
    if sign_off is None:
        version = read_manifest(folder).version
        msg = f"{version} has no sign-off. A steward signs it: prefpairs approve {version} --by NAME"
        raise ApprovalError(msg)
    check_bytes(folder, sign_off)
    if sign_off.decision != "approved":
        msg = f"{sign_off.version} was rejected by {sign_off.by!r} at {sign_off.signed_at}."
        raise ApprovalError(msg)
    return sign_off


def check_bytes(folder: Path, sign_off: SignOff) -> None:
    """Refuse a sign-off, of whichever decision, that names another manifest, card or content root.

    Raises
    ------
    ApprovalError
        If it does.

    """
    named = (sign_off.version, sign_off.content_root, sign_off.manifest_sha256, sign_off.card_sha256)
    if named != _bytes_of(folder):
        msg = f"The sign-off of {sign_off.version} names other bytes than those in {folder}. Sign it again."
        raise ApprovalError(msg)


def read(folder: Path) -> SignOff | None:
    """Return the sign-off in a folder, or None if there is none.

    Raises
    ------
    ApprovalError
        If the file is not a valid sign-off.

    """
    path = folder / SIGNOFF_NAME
    if path.is_symlink() or not path.is_file():
        return None
    try:
        return SignOff.model_validate_json(path.read_bytes())
    except ValidationError:
        msg = f"{path} is not a valid sign-off. Sign the version again."
        raise ApprovalError(msg) from None


def _sign(settings: Settings, version: str, *, decision: Decision, by: str, now: float, statement: str) -> SignOff:
    name = _name_of_a_person(by)
    folder = candidate_folder(settings, version)
    if version in released(settings):
        msg = f"{version} is already released, and a released version never changes."
        raise ApprovalError(msg)
    try:
        verify(folder)
    except VerificationError as error:
        msg = f"{version} cannot be signed: its bytes changed since it was made. {error}"
        raise ApprovalError(msg) from None
    named_version, root, manifest_sha256, card_sha256 = _bytes_of(folder)
    if named_version != version:
        msg = f"The folder {version} holds the version {named_version}. It cannot be signed."
        raise ApprovalError(msg)
    sign_off = SignOff(
        version=version,
        decision=decision,
        content_root=root,
        manifest_sha256=manifest_sha256,
        card_sha256=card_sha256,
        by=name,
        signed_at=timestamp(now),
        statement=statement.strip()[:_MAX_STATEMENT],
    )
    with suppress(ApprovalError):  # an invalid file is replaced
        before = read(folder)
        if before is not None and before.model_copy(update={"signed_at": sign_off.signed_at}) == sign_off:
            return before
    # Staged outside: a file that a killed process leaves in the folder would make it no version any more.
    write_atomic(folder / SIGNOFF_NAME, pretty_json(sign_off.model_dump(mode="json")), staged_in=folder.parent)
    return sign_off


def timestamp(now: float) -> str:
    """Return seconds since 1970 UTC as ISO 8601, to the second."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name_of_a_person(by: str) -> str:
    name = by.strip()
    if not name or len(name) > _MAX_NAME or any(unicodedata.category(letter).startswith("C") for letter in name):
        msg = f"A sign-off needs the name of a person: 1 to {_MAX_NAME} printable characters."
        raise ApprovalError(msg)
    return name


def _bytes_of(folder: Path) -> tuple[str, str, str, str]:
    manifest = read_manifest(folder)
    card = folder / CARD_NAME
    if not card.is_file():
        msg = f"{card} is missing."
        raise VerificationError(msg)
    return manifest.version, manifest.content_root, sha256_file(folder / MANIFEST_NAME), sha256_file(card)
