"""A version's folder -> the document that names every byte of it, and the check against that document.

Imported by the training box too: standard library, pydantic and PyArrow only.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from prefpairs.errors import VerificationError
from prefpairs.files import pretty_json, sha256_file, sha256_json
from prefpairs.stage import StageReport

MANIFEST_NAME = "manifest.json"
SIGNOFF_NAME = "signoff.json"
CARD_NAME = "README.md"
TERMS_NAME = "LICENSE.md"
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

VERSION_PATTERN = r"^v(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$"
_VERSION = re.compile(VERSION_PATTERN.removesuffix("$"))
# No part starts with a dot: neither `..` nor a hidden file can be named.
_PATH_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$"
_NAME_PATTERN = r"^[a-z][a-z0-9_]*$"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
VersionName = Annotated[str, Field(pattern=VERSION_PATTERN)]
Name = Annotated[str, Field(pattern=_NAME_PATTERN)]
Count = Annotated[int, Field(ge=0)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEntry(_Document):
    """One file of a version. Data files (`data/<config>/<split>-...`) have rows, a config and a split."""

    path: Annotated[str, Field(pattern=_PATH_PATTERN)]
    sha256: Sha256
    bytes: Count
    rows: Count | None = None
    config: Name | None = None
    split: Split | None = None

    @property
    def is_data(self) -> bool:
        """True for the files that the content root covers."""
        return self.path.startswith("data/")

    @model_validator(mode="after")
    def _data_files_say_what_they_hold(self) -> Self:
        if self.is_data != (self.rows is not None and self.config is not None and self.split is not None):
            msg = "a file under data/, and no other, has rows, config and split"
            raise ValueError(msg)
        if self.is_data and not self.path.startswith(f"data/{self.config}/{self.split}-"):
            msg = "a data file's path starts with data/<config>/<split>-"
            raise ValueError(msg)
        return self


class FieldEntry(_Document):
    """One column of a config, as its contract describes it."""

    name: str
    type: str
    nullable: bool
    unit: str | None
    privacy: str
    description: str


class ConfigEntry(_Document):
    """One config: the contract that its files keep, and its rows by split."""

    contract: Name
    contract_version: str
    description: str
    fields: tuple[FieldEntry, ...]
    rows: dict[str, Count]


class Tombstones(_Document):
    """The high-water mark of deletions that were known when the version was made."""

    count: Count
    newest_requested_at: int | None
    """Seconds since 1970 UTC."""


class Manifest(_Document):
    """What a version is: its files, what they were made from, and how. It holds no clock time."""

    format: Literal[1] = 1
    version: VersionName
    series: str
    parent: VersionName | None
    """The newest version that was released before this one."""
    mode: Literal["text", "labels-only"]
    content_root: Sha256
    """SHA-256 over the sorted (path, SHA-256, bytes) of the data files."""
    files: tuple[FileEntry, ...]
    configs: dict[Name, ConfigEntry]
    preset: str
    config_hash: Sha256
    settings: dict[str, Any]
    """The settings that decide the content."""
    code_version: str
    packages: dict[str, str]
    tables: dict[str, int]
    """Table -> the Delta version that was read."""
    tombstones: Tombstones
    policy_hash: str | None
    """The de-identification policy: settings, recognizers and versions."""
    masked_spans: dict[str, Count]
    """Entity type -> spans found under that policy in the texts of the lake."""
    funnel: tuple[StageReport, ...]
    """The counts of every stage."""

    @model_validator(mode="after")
    def _counts_and_root_agree(self) -> Self:
        paths = [entry.path for entry in self.files]
        if len(set(paths)) != len(paths) or {MANIFEST_NAME, SIGNOFF_NAME} & set(paths):
            msg = "files name a path twice, or the manifest or the sign-off"
            raise ValueError(msg)
        if self.content_root != content_root(self.files):
            msg = "content_root is not the root of files"
            raise ValueError(msg)
        if {name: config.rows for name, config in self.configs.items()} != rows_by_config(self.files):
            msg = "the rows of configs are not the rows of files"
            raise ValueError(msg)
        return self

    def to_bytes(self) -> bytes:
        """Return the document as it is written: sorted keys, two spaces, the same bytes every time."""
        return pretty_json(self.model_dump(mode="json"))

    def data_files(self) -> Iterator[FileEntry]:
        """Yield the data files, in path order."""
        yield from sorted((entry for entry in self.files if entry.is_data), key=lambda entry: entry.path)


def content_root(files: Iterable[FileEntry]) -> str:
    """Return the one hash over the data files: equal for equal data, whatever the card says."""
    return sha256_json(sorted([entry.path, entry.sha256, entry.bytes] for entry in files if entry.is_data))


def rows_by_config(files: Iterable[FileEntry]) -> dict[str, dict[str, int]]:
    """Return config -> split -> rows."""
    totals: dict[str, dict[str, int]] = {}
    for entry in files:
        if entry.config is not None and entry.split is not None:
            splits = totals.setdefault(entry.config, {})
            splits[entry.split] = splits.get(entry.split, 0) + (entry.rows or 0)
    return totals


def is_version(name: str) -> bool:
    """Say whether a name is a version: `v`, and three numbers with dots."""
    return _VERSION.fullmatch(name) is not None


def version_key(version: str) -> tuple[int, ...]:
    """Return what versions are ordered by: v0.10.0 comes after v0.9.0."""
    return tuple(int(part) for part in version.removeprefix("v").split("."))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder, without looking at the other files.

    Raises
    ------
    VerificationError
        If it is missing or is not a valid manifest.

    """
    path = folder / MANIFEST_NAME
    if path.is_symlink() or not path.is_file():
        msg = f"{path} is missing: this folder is not a version."
        raise VerificationError(msg)
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        # Only places: pydantic's own message quotes what it found.
        places = sorted({".".join(str(part) for part in item["loc"]) or item["msg"] for item in error.errors()})
        msg = f"{path} is not a valid manifest: {', '.join(places)}."
        raise VerificationError(msg) from None


def verify(folder: Path) -> Manifest:
    """Check that a folder holds exactly the files of its manifest, byte for byte; return the manifest.

    Raises
    ------
    VerificationError
        Names the first file that is missing, extra, a link, of another size or hash, or has other rows.

    """
    manifest = read_manifest(folder)
    _verify_names(folder, manifest)
    for entry in manifest.files:
        _verify_file(folder / entry.path, entry)
    return manifest


def _verify_names(folder: Path, manifest: Manifest) -> None:
    found = set(_names(folder))
    expected = {entry.path for entry in manifest.files} | {MANIFEST_NAME}
    if missing := sorted(expected - found):
        msg = f"{folder / missing[0]} is missing (files missing: {len(missing)})."
        raise VerificationError(msg)
    if extra := sorted(found - expected - {SIGNOFF_NAME}):
        msg = f"{str(folder / extra[0])!r} is not in the manifest (extra files: {len(extra)})."
        raise VerificationError(msg)


def _names(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if path.is_symlink():
                msg = f"{str(path)!r} is a link; a version holds files only."
                raise VerificationError(msg)
        yield from (Path(parent, name).relative_to(folder).as_posix() for name in files)


def _verify_file(path: Path, entry: FileEntry) -> None:
    size = path.stat().st_size
    if size != entry.bytes:
        msg = f"{path} has {size} bytes; the manifest names {entry.bytes}."
        raise VerificationError(msg)
    digest = sha256_file(path)
    if digest != entry.sha256:
        msg = f"{path} has the SHA-256 {digest[:16]}…; the manifest names {entry.sha256[:16]}…."
        raise VerificationError(msg)
    if entry.is_data and (rows := parquet_rows(path)) != entry.rows:
        msg = f"{path} has {rows} rows; the manifest names {entry.rows}."
        raise VerificationError(msg)


def parquet_rows(path: Path) -> int:
    """Return the rows that a Parquet file says it has.

    Raises
    ------
    VerificationError
        If the file cannot be read as Parquet.

    """
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        msg = f"{path} cannot be read as Parquet."
        raise VerificationError(msg) from None
