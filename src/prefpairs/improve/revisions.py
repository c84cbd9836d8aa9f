"""Files of revisions, written by people or by a local model -> rows of `revisions`, each file once.

A file is known by its SHA-256, and one that has changed is read as a new one; the same line in two files is
the same revision. A line that cannot be used is quarantined with its reason, and costs no other line.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.errors import SourceError
from prefpairs.files import sha256_file
from prefpairs.improve.revision_lines import Reason, parse
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import StageReport

STAGE = "ingest-revisions"
TABLE = "revisions"
SOURCE = "revisions"
TOMBSTONED = "TOMBSTONED"

_SHOWN_BYTES = 200
_WAITING_ROWS = 10_000
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class _File:
    """What a file holds."""

    rows: int = 0
    lines: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str, bytes]] = field(default_factory=list, repr=False)


def run(settings: Settings, lake: Lake, key: ProjectKey) -> StageReport:
    """Read every file of `improvement.revisions` that was not read yet.

    Raises
    ------
    SourceError
        If a file is missing, cannot be read, or changes while it is read. Files before it are kept.

    """
    files = sorted({settings.path(path) for path in settings.improvement.revisions})
    limit = settings.ingest.max_line_bytes
    reports = [_ingest_file(lake, path, key, limit=limit) for path in files]
    return StageReport(
        stage=STAGE,
        rows_in=sum(report.rows_in for report in reports),
        rows_out=sum(report.rows_out for report in reports),
        dropped=_total(report.dropped for report in reports),
        counts=_total(report.counts for report in reports),
        quarantined=_total(report.quarantined for report in reports),
        inputs={name: digest for report in reports for name, digest in report.inputs.items()},
        skipped=all(report.skipped for report in reports),
    )


def _total(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def _ingest_file(lake: Lake, path: Path, key: ProjectKey, *, limit: int) -> StageReport:
    shown = path.name.encode("utf-8", "replace").decode()
    try:
        state, digest = _state(path), sha256_file(path)
    except OSError as error:
        msg = f"The revisions {path} could not be read: {error.strerror}. Correct improvement.revisions."
        raise SourceError(msg) from None
    application, inputs = f"revisions:{digest}", {shown: digest}
    if lake.transaction_version(TABLE, application) is not None:
        return StageReport(stage=STAGE, counts={"files_already_read": 1}, inputs=inputs, skipped=True)
    found = _File()
    with lake.writer(TABLE) as writer:
        for rows in _rows(path, key, found, gone=_recogniser(lake, key), input_hash=digest, limit=limit):
            writer.write(pa.Table.from_pylist(rows, contract(TABLE).schema))
        if _state(path) != state:
            msg = f"The revisions {path} changed while they were read; nothing was kept. Run again."
            raise SourceError(msg)
        # Quarantine first: the commit of `revisions` says that the file is done.
        if lake.transaction_version("quarantine", application) is None and found.faults:
            lake.append("quarantine", _quarantine(found.faults, digest, shown), transaction=(application, 1))
        writer.commit(transaction=(application, 1))
    return StageReport(
        stage=STAGE,
        rows_in=found.lines,
        rows_out=found.rows,
        dropped=dict(sorted(found.dropped.items())),
        counts={"files_read": 1},
        quarantined=dict(sorted(Counter(reason for _, reason, _ in found.faults).items())),
        inputs=inputs,
    )


def _rows(
    path: Path, key: ProjectKey, found: _File, *, gone: Callable[[str], bool], input_hash: str, limit: int
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a file, some thousand at a time, and count in `found`."""
    waiting: list[dict[str, Any]] = []
    with path.open("rb") as stream:
        for position, line, whole in _lines(stream, limit):
            if not line.strip():
                continue
            found.lines += 1
            result = parse(line) if whole else Reason.LINE_TOO_LONG
            if isinstance(result, Reason):
                found.faults.append((position, result.value, line[:_SHOWN_BYTES]))
            elif gone(str(result.name or result.post)):
                found.dropped[TOMBSTONED] += 1
            else:
                found.rows += 1
                waiting.append(result.row(key, input_hash=input_hash, position=position))
            if len(waiting) >= _WAITING_ROWS:
                yield waiting
                waiting = []
    if waiting:
        yield waiting


def _lines(stream: BinaryIO, limit: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the number of a line, the line, and whether it is whole: of one that is too long, the beginning."""
    position = 0
    while line := stream.readline(limit + 1):
        position += 1
        whole = line.endswith(b"\n") or len(line) <= limit
        rest = line
        while not whole and rest and not rest.endswith(b"\n"):
            rest = stream.readline(limit + 1)
        yield position, line.removeprefix(_BOM) if position == 1 else line, whole


def _recogniser(lake: Lake, key: ProjectKey) -> Callable[[str], bool]:
    hashes = frozenset(lake.scan("tombstones").select("name_hash").collect()["name_hash"])
    return lambda name: bool(hashes) and key.name_hash(name) in hashes


def _quarantine(faults: list[tuple[int, str, bytes]], input_hash: str, input_name: str) -> pa.Table:
    rows = [
        {
            "source": SOURCE,
            "input_hash": input_hash,
            "input_name": input_name,
            "position": position,
            "reason": reason,
            "first_bytes": shown,
        }
        for position, reason, shown in faults
    ]
    return pa.Table.from_pylist(rows, contract("quarantine").schema)


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
