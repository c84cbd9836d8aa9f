"""Bytes on disk: private permissions, atomic writes, hashes."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_CHUNK_BYTES = 1 << 20


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_json(value: Any) -> str:
    """Return the SHA-256 of a JSON value in canonical form (`canonical_json`)."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def canonical_json(value: Any) -> bytes:
    """Return the one byte string that stands for a JSON value: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def pretty_json(value: Any) -> bytes:
    """Return a JSON value as people read it: sorted keys, two spaces, a final newline."""
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def make_private_folder(path: Path) -> Path:
    """Create `path` and its missing parents, readable by the owner only; return it."""
    missing = [path, *path.parents]
    for folder in reversed([folder for folder in missing if not folder.exists()]):
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return path


def write_atomic(path: Path, content: bytes, *, staged_in: Path | None = None) -> None:
    """Write a file so that a reader, or a crash, sees either the old content or the whole new one.

    A process that is killed leaves a hidden file beside `path`, or in `staged_in` on the same disk.
    """
    make_private_folder(path.parent)
    with replacing(path, staged_in=staged_in) as temporary:
        temporary.write_bytes(content)


@contextmanager
def replacing(path: Path, *, staged_in: Path | None = None) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to; on a clean exit it becomes `path`, durably."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=staged_in or path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
        fsync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def fsync_folder(path: Path) -> None:
    """Make the names in a folder durable: without it a power cut can undo a rename."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
