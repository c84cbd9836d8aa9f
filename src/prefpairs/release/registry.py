"""The folders of a project -> which versions are candidates, which are released, and which comes next."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from prefpairs.config import Settings
from prefpairs.errors import ApprovalError, ReleaseError
from prefpairs.files import pretty_json, write_atomic
from prefpairs.release.manifest import MANIFEST_NAME, Sha256, VersionName, is_version, version_key


class Receipt(BaseModel):
    """Where a version was released to, kept in the working folder. The target's own bytes are the truth."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: VersionName
    target: Literal["directory", "hub"]
    location: str
    commit: str
    content_root: Sha256
    manifest_sha256: Sha256
    released_at: str


def candidates(settings: Settings) -> list[str]:
    """Return the versions that have a candidate folder, oldest first."""
    return versions_in(settings.candidates_folder)


def released(settings: Settings) -> list[str]:
    """Return the versions that this project has released, to whatever target, oldest first."""
    receipts = _receipts_folder(settings)
    named = [path.stem for path in receipts.glob("v*.json")] if receipts.is_dir() else []
    return _in_order([*named, *versions_in(settings.release_folder)])


def next_version(settings: Settings) -> str:
    """Return the next minor version after everything that exists: v0.1.0 first."""
    known = _in_order([*candidates(settings), *released(settings)])
    if not known:
        return "v0.1.0"
    major, minor, _ = version_key(known[-1])
    return f"v{major}.{minor + 1}.0"


def candidate_folder(settings: Settings, version: str) -> Path:
    """Return the folder of a candidate.

    Raises
    ------
    ApprovalError
        If there is none; it names those that there are.

    """
    folder = settings.candidates_folder / version
    if is_version(version) and (folder / MANIFEST_NAME).is_file():
        return folder
    known = ", ".join(candidates(settings)) or "none yet, run `prefpairs refresh`"
    msg = f"There is no candidate {version!r} in {settings.candidates_folder}. Candidates: {known}."
    raise ApprovalError(msg)


def versions_in(folder: Path) -> list[str]:
    """Return the versions that have a folder in `folder`, oldest first."""
    if not folder.is_dir():
        return []
    return _in_order(path.name for path in folder.iterdir() if path.is_dir())


def read_receipt(settings: Settings, version: str) -> Receipt | None:
    """Return the receipt of a release, or None.

    Raises
    ------
    ReleaseError
        If the file cannot be read as a receipt.

    """
    path = _receipts_folder(settings) / f"{version}.json"
    if not path.is_file():
        return None
    try:
        return Receipt.model_validate_json(path.read_bytes())
    except ValidationError:
        msg = f"{path} is not a receipt of a release. Move it away, then release again: the target is read back."
        raise ReleaseError(msg) from None


def write_receipt(settings: Settings, receipt: Receipt) -> None:
    """Keep the receipt of a release."""
    path = _receipts_folder(settings) / f"{receipt.version}.json"
    write_atomic(path, pretty_json(receipt.model_dump(mode="json")))


def _receipts_folder(settings: Settings) -> Path:
    return settings.work / "released"


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if is_version(name)}, key=version_key)
