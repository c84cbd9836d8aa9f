"""What the sources share: a file's identity, the items that must not come back, many inputs' counts -> one."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from prefpairs.errors import SourceError
from prefpairs.files import sha256_file
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import StageReport

TOMBSTONED = "TOMBSTONED"
"""Dropped: the item was deleted, and an input brings it again."""


def shown_name(path: Path) -> str:
    """Return a file's name as text that every table can hold."""
    return path.name.encode("utf-8", "replace").decode()


def identify(path: Path) -> str:
    """Return the SHA-256 that a file is known by.

    Raises
    ------
    SourceError
        If it cannot be read.

    """
    try:
        return sha256_file(path)
    except OSError as error:
        msg = f"{path} could not be read: {error.strerror}."
        raise SourceError(msg) from None


def file_state(path: Path) -> tuple[int, int]:
    """Return the size and the time of the newest change: what differs once a file was written to."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def recogniser(lake: Lake, key: ProjectKey | None) -> Callable[[str], bool] | None:
    """Return what says of a fullname that it has a tombstone; None if nothing has, or without a key."""
    if key is None:
        return None
    hashes = frozenset(lake.scan("tombstones").select("name_hash").collect()["name_hash"])
    names = key.derive("names")
    return (lambda name: names.keyed_hash(name) in hashes) if hashes else None


def combine(stage: str, reports: Iterable[StageReport]) -> StageReport:
    """Return one report that sums up the reports of several inputs."""
    reports = list(reports)
    totals: dict[str, Counter[str]] = {name: Counter() for name in ("dropped", "counts", "quarantined")}
    inputs: dict[str, str] = {}
    for report in reports:
        for name, total in totals.items():
            total.update(getattr(report, name))
        for name, digest in report.inputs.items():
            # Files of one name in two folders are two inputs.
            inputs[name if inputs.get(name, digest) == digest else f"{name} ({digest[:8]})"] = digest
    return StageReport(
        stage=stage,
        rows_in=sum(report.rows_in for report in reports),
        rows_out=sum(report.rows_out for report in reports),
        **{name: dict(sorted(total.items())) for name, total in totals.items()},
        inputs=inputs,
        skipped=all(report.skipped for report in reports),
        notes=tuple(note for report in reports for note in report.notes),
    )
