"""Candidates, sign-offs and releases -> one line for each version."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prefpairs.config import Settings
from prefpairs.errors import ApprovalError, VerificationError
from prefpairs.release import signoff
from prefpairs.release.manifest import Manifest, read_manifest, version_key
from prefpairs.release.registry import candidates, read_receipt, released

State = Literal["candidate", "approved", "rejected", "released", "damaged"]
_ROWS_OF = ("pairs", "labels")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionEntry:
    """A version and its state. `damaged`: the manifest or the card is not what was made or signed."""

    version: str
    state: State
    pairs: int
    content_root: str
    signed_by: str | None


def list_versions(settings: Settings) -> list[VersionEntry]:
    """Return every version that the project has made, oldest first. Data files are not read."""
    known = {*candidates(settings), *released(settings)}
    return [_entry(settings, version) for version in sorted(known, key=version_key)]


def _entry(settings: Settings, version: str) -> VersionEntry:
    is_released = version in released(settings)
    folder = _folder(settings, version)
    if folder is None:
        receipt = read_receipt(settings, version)
        root = receipt.content_root if receipt else ""
        return VersionEntry(version=version, state="released", pairs=0, content_root=root, signed_by=None)
    try:
        manifest = read_manifest(folder)
    except VerificationError:
        return VersionEntry(version=version, state="damaged", pairs=0, content_root="", signed_by=None)
    state, signed_by = _signed(folder)
    return VersionEntry(
        version=version,
        state="released" if is_released and state == "approved" else state,
        pairs=_pairs(manifest),
        content_root=manifest.content_root,
        signed_by=signed_by,
    )


def _folder(settings: Settings, version: str) -> Path | None:
    places = (settings.candidates_folder / version, settings.release_folder / version)
    return next((folder for folder in places if folder.is_dir()), None)


def _signed(folder: Path) -> tuple[State, str | None]:
    try:
        decided = signoff.read(folder)
        if decided is None:
            return "candidate", None
        signoff.check_bytes(folder, decided)
    except (ApprovalError, VerificationError):
        return "damaged", None
    return decided.decision, decided.by


def _pairs(manifest: Manifest) -> int:
    return sum(sum(manifest.configs[name].rows.values()) for name in _ROWS_OF if name in manifest.configs)
