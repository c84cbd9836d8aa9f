"""Dump files -> rows of `posts`, `comments`, `score_observations` and `quarantine`, each file once.

A file is known by its SHA-256. Of a cut or damaged file the good lines are kept, and it is reported as
incomplete: the whole file has another hash, so it is read when it comes, and `current_items` gives one
row for each id. Which communities of a file were read is stored with its rows, so naming another one
later reads that one, and only that one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
import pyarrow as pa

from prefpairs.config import Ingest, Settings
from prefpairs.errors import SourceError
from prefpairs.files import sha256_json
from prefpairs.ingest.columns import ARCHIVE, item_columns, observation_columns, quarantine_columns
from prefpairs.ingest.inputs import TOMBSTONED, combine, file_state, identify, recogniser, shown_name
from prefpairs.ingest.records import Comment, Reason, RecordReader, Submission, surely_elsewhere
from prefpairs.ingest.sink import LAST_TABLE, Sink
from prefpairs.ingest.streams import ENDINGS, SHOWN_BYTES, Fault, LineReader
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import Progress, StageReport

STAGE = "ingest-archives"
OTHER_SUBREDDIT = "OTHER_SUBREDDIT"

_WHY = {
    Fault.CUT_ARCHIVE: "ends in the middle (an interrupted download?)",
    Fault.CORRUPT_ARCHIVE: "is damaged, or of another kind than its name says",
    Fault.WINDOW_TOO_LARGE: "needs more memory than ingest.max_window_bytes allows",
    Fault.EXPANSION_TOO_LARGE: "expands more than ingest.max_expansion allows",
}


def run(settings: Settings, lake: Lake, key: ProjectKey, *, progress: Progress | None = None) -> StageReport:
    """Read every archive of the settings that was not read yet, in the order of their paths.

    `progress` is told how many files are done.

    Raises
    ------
    SourceError
        If a path is missing or cannot be read. Files that came before it are kept.

    """
    files = archive_files(settings)
    reports = []
    for number, path in enumerate(files, start=1):
        reports.append(ingest_file(lake, path, source=ARCHIVE, settings=settings.ingest, key=key))
        if progress:
            progress(number, len(files))
    report = combine(STAGE, reports)
    return replace(report, notes=(*report.notes, *_empty_folders(settings, files)))


def _empty_folders(settings: Settings, files: Collection[Path]) -> Iterator[str]:
    for folder in map(settings.path, settings.ingest.archives):
        if not any(file.is_relative_to(folder) for file in files):
            yield f"No archive lies in {folder}: an archive ends in {', '.join(ENDINGS)}."


def archive_files(settings: Settings) -> list[Path]:
    """Return the files that `ingest.archives` names, sorted; of a folder, those that end like an archive.

    Raises
    ------
    SourceError
        If a path does not exist.

    """
    files: set[Path] = set()
    for path in map(settings.path, settings.ingest.archives):
        if path.is_dir():
            files.update(
                file
                for file in path.rglob("*")
                if file.suffix in ENDINGS and not file.name.startswith(".") and file.is_file()
            )
        elif path.exists():
            files.add(path)
        else:
            msg = f"There is no archive at {path}. Correct ingest.archives, or put the file there."
            raise SourceError(msg)
    return sorted(files)


def ingest_file(
    lake: Lake,
    path: Path,
    *,
    source: str,
    settings: Ingest,
    key: ProjectKey | None = None,
    transaction: tuple[str, int] | None = None,
) -> StageReport:
    """Read one file into the lake, unless it was read before.

    `source` is `archive`, or `reddit` for things that were captured with `raw_json=1`. `key` recognises
    items that were deleted (`tombstones`), which are dropped; without it nothing is recognised.
    `transaction` is a watermark to store in `posts`, in the commit that completes the file.

    Raises
    ------
    SourceError
        If the file cannot be read, or changes while it is read. Nothing of it is kept then.

    """
    digest, state = identify(path), file_state(path)
    scope = _scope(lake, digest, settings.subreddits)
    if scope is None:
        if (
            transaction is not None
            and (lake.transaction_version(LAST_TABLE, transaction[0]) or 0) < transaction[1]
        ):
            lake.writer(LAST_TABLE).commit(transaction=transaction)
        return _already_read(lake, path, digest)
    reader = LineReader(path, settings)
    sorter = _Sorter(wanted=scope.communities, gone=recogniser(lake, key))
    known = _known_positions(lake, digest)
    with Sink(lake, scope.application) as sink:
        for first, lines in reader:
            faults = sorter.sort(first, lines) + [
                (number, Reason.LINE_TOO_LONG.value, shown) for number, shown in reader.too_long
            ]
            sorter.count(faults)
            for table, records in (("comments", sorter.comments), ("posts", sorter.submissions)):
                items = item_columns(table, records, source=source, input_hash=digest)
                sink.write(table, items)
                sink.write("score_observations", observation_columns(items))
            sink.write("quarantine", _quarantine(faults, known, path, source, digest))
        if reader.fault is not None:
            ending = [(reader.lines + 1, reader.fault.value, b"")]
            sorter.count(ending)
            sink.write("quarantine", _quarantine(ending, known, path, source, digest))
        if file_state(path) != state:
            msg = f"The archive {path} changed while it was read; nothing of it was kept. Run again."
            raise SourceError(msg)
        sink.commit(also=[*scope.markers, *([transaction] if transaction else [])])
    return sorter.report(path, digest, reader)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What is still to be read of a file: these communities (None: all), under this application id."""

    application: str
    communities: frozenset[str] | None
    markers: tuple[tuple[str, int], ...]


def _scope(lake: Lake, digest: str, subreddits: tuple[str, ...]) -> _Scope | None:
    whole = f"ingest:{digest}"
    parts = {name.lower(): f"{whole}/{name.lower()}" for name in sorted(subreddits)}
    done = lake.transaction_versions(LAST_TABLE, [whole, *parts.values()])
    missing = frozenset(name for name, marker in parts.items() if marker not in done)
    if whole in done or (parts and not missing):
        return None
    if not parts:
        return _Scope(application=whole, communities=None, markers=())
    return _Scope(
        application=f"{whole}:{sha256_json(sorted(missing))[:16]}",
        communities=missing,
        markers=tuple((parts[name], 1) for name in sorted(missing)),
    )


@dataclass(slots=True, kw_only=True)
class _Sorter:
    """Puts each line where it belongs, and counts."""

    wanted: frozenset[str] | None
    gone: Callable[[str], bool] | None
    comments: list[Comment] = field(default_factory=list, repr=False)
    submissions: list[Submission] = field(default_factory=list, repr=False)
    _reader: RecordReader = field(default_factory=RecordReader)
    _counts: Counter[str] = field(default_factory=Counter)
    _dropped: Counter[str] = field(default_factory=Counter)
    _quarantined: Counter[str] = field(default_factory=Counter)

    def sort(self, first: int, lines: list[bytes]) -> list[tuple[int, str, bytes]]:
        """Fill `comments` and `submissions` anew; return (line number, reason, first bytes) of the rest."""
        comments: list[Comment] = []
        submissions: list[Submission] = []
        faults: list[tuple[int, str, bytes]] = []
        wanted, gone, read = self.wanted, self.gone, self._reader.read
        elsewhere = tombstoned = 0
        for number, line in enumerate(lines, first):
            if wanted is not None and surely_elsewhere(line, wanted):
                elsewhere += 1
                continue
            record = read(line)
            if isinstance(record, Reason):
                if line.strip():
                    faults.append((number, record.value, line[:SHOWN_BYTES]))
            elif wanted is not None and record.subreddit.lower() not in wanted:
                elsewhere += 1
            elif gone is not None and gone(record.name):
                tombstoned += 1
            elif isinstance(record, Comment):
                comments.append(record)
            else:
                submissions.append(record)
        self.comments, self.submissions = comments, submissions
        self._counts.update(comments=len(comments), posts=len(submissions))
        self._dropped.update({OTHER_SUBREDDIT: elsewhere, TOMBSTONED: tombstoned})
        return faults

    def count(self, faults: list[tuple[int, str, bytes]]) -> None:
        self._quarantined.update(reason for _, reason, _ in faults)

    def report(self, path: Path, digest: str, reader: LineReader) -> StageReport:
        rows_out = self._counts.total()
        lost = sum(count for reason, count in self._quarantined.items() if reason not in set(Fault))
        return StageReport(
            stage=STAGE,
            rows_in=rows_out + self._dropped.total() + lost,
            rows_out=rows_out,
            dropped={reason: count for reason, count in sorted(self._dropped.items()) if count},
            counts={
                "comments": self._counts["comments"],
                "posts": self._counts["posts"],
                "files_read": 1,
                "incomplete_files": int(reader.fault is not None),
                "decompressed_bytes": reader.decompressed,
            },
            quarantined=dict(sorted(self._quarantined.items())),
            inputs={shown_name(path): digest},
            notes=() if reader.fault is None else (_incomplete(path, reader.fault),),
        )


def _already_read(lake: Lake, path: Path, digest: str) -> StageReport:
    faults = (
        lake.scan("quarantine")
        .filter(pl.col("input_hash") == digest, pl.col("reason").is_in([fault.value for fault in Fault]))
        .select("reason")
        .collect()["reason"]
    )
    return StageReport(
        stage=STAGE,
        counts={"files_already_read": 1, "incomplete_files": int(len(faults) > 0)},
        inputs={shown_name(path): digest},
        skipped=True,
        notes=tuple(_incomplete(path, Fault(fault)) for fault in faults.unique().sort()),
    )


def _incomplete(path: Path, fault: Fault) -> str:
    return (
        f"{shown_name(path)} {_WHY[fault]}: it is incomplete. Its readable lines are kept; "
        "the whole file will be read when it is there."
    )


def _known_positions(lake: Lake, digest: str) -> frozenset[int]:
    rows = lake.scan("quarantine").filter(pl.col("input_hash") == digest).select("position").collect()
    return frozenset(rows["position"])


def _quarantine(
    faults: list[tuple[int, str, bytes]], known: frozenset[int], path: Path, source: str, digest: str
) -> pa.Table:
    new = sorted(fault for fault in faults if fault[0] not in known)
    return quarantine_columns(new, source=source, input_hash=digest, input_name=shown_name(path))
