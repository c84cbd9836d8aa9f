"""CounselChat's CSV files -> a post for each question, a comment for each therapist's answer.

Not Reddit: therapists answer anonymous questions in public, and readers vote (Bertagnolli 2020, MIT).
The two published files differ in their columns, and three of their traps decide what is done here:

- `questionID` of the file of 2020-03-25 is not the question's identity: 18 of its 815 ids stand for two
  questions that share nothing, and 9 questions have two ids. The question's web address is: there are 824.
  By id, answers to two questions would be compared as answers to one.
- 120 of that file's 2,129 rows repeat an answer, word for word, under the other id of its question.
- `counselchat-data.csv` has 0 upvotes in every row, of answers too that have votes in the other file.
  A file without a single upvote carries no votes: its scores are null and it gives no observations.

So a question is known by its address, and an answer by its question and its words, in both files alike.
"""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.errors import SourceError
from prefpairs.ingest.columns import quarantine_columns
from prefpairs.ingest.htmltext import plain_text
from prefpairs.ingest.inputs import TOMBSTONED, combine, identify, recogniser, shown_name
from prefpairs.ingest.records import UNKNOWN_MONTH, Reason
from prefpairs.ingest.sink import LAST_TABLE, Sink
from prefpairs.ingest.streams import SHOWN_BYTES
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import StageReport

STAGE = "ingest-counselchat"
SOURCE = SUBREDDIT = "counselchat"
DUPLICATE = "DUPLICATE"
EMPTY = "EMPTY"

_COLUMNS = {  # ours -> theirs, in lower case
    "link": ("questionlink", "questionurl"),
    "title": ("questiontitle",),
    "text": ("questiontext",),
    "therapist_link": ("therapisturl",),
    "therapist": ("therapistinfo", "therapistname"),
    "answer": ("answertext",),
    "upvotes": ("upvotes",),
    "views": ("views",),
}
_OPTIONAL = frozenset({"views"})
_LONGEST_COUNT = 15  # digits: what fits a column with room to spare


def run(settings: Settings, lake: Lake, key: ProjectKey) -> StageReport:
    """Read every CounselChat file of the settings that was not read yet.

    Raises
    ------
    SourceError
        If a file is missing, cannot be read, or lacks a column. Files that came before it are kept.

    """
    files = sorted(map(settings.path, settings.ingest.counselchat))
    limit = settings.ingest.max_line_bytes
    return combine(STAGE, [_ingest_file(lake, path, gone=recogniser(lake, key), limit=limit) for path in files])


@dataclass(frozen=True, slots=True)
class _Answer:
    """One row: a therapist's answer, and the question that it answers."""

    question: str
    title: str = field(repr=False)
    text: str = field(repr=False)
    name: str
    therapist: str | None = field(repr=False)
    body: str = field(repr=False)
    upvotes: int
    views: int | None


@dataclass(slots=True)
class _File:
    """What a file holds."""

    answers: dict[str, _Answer] = field(default_factory=dict, repr=False)
    faults: list[tuple[int, str, bytes]] = field(default_factory=list, repr=False)
    dropped: Counter[str] = field(default_factory=Counter)
    rows: int = 0


def _ingest_file(lake: Lake, path: Path, *, gone: Callable[[str], bool] | None, limit: int) -> StageReport:
    digest = identify(path)
    application, inputs = f"ingest:{digest}", {shown_name(path): digest}
    if lake.transaction_version(LAST_TABLE, application) is not None:
        return StageReport(stage=STAGE, counts={"files_already_read": 1}, inputs=inputs, skipped=True)
    found = _read(path, gone=gone, limit=limit)
    posts, comments, observations = _tables(list(found.answers.values()), digest)
    faults = quarantine_columns(found.faults, source=SOURCE, input_hash=digest, input_name=shown_name(path))
    with Sink(lake, application) as sink:
        sink.write("quarantine", faults)
        sink.write("score_observations", observations)
        sink.write("comments", comments)
        sink.write("posts", posts)
        sink.commit()
    return StageReport(
        stage=STAGE,
        rows_in=found.rows,
        rows_out=comments.num_rows,  # a row of the file is an answer, and its question comes with it
        dropped=dict(sorted(found.dropped.items())),
        counts={"posts": posts.num_rows, "comments": comments.num_rows, "files_read": 1},
        quarantined=dict(sorted(Counter(reason for _, reason, _ in found.faults).items())),
        inputs=inputs,
        notes=() if observations.num_rows else (f"{shown_name(path)} carries no votes: every upvote is 0.",),
    )


def _read(path: Path, *, gone: Callable[[str], bool] | None, limit: int) -> _File:
    found = _File()
    # A byte that is not UTF-8 costs its own row, not the file.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream, _field_limit(limit):
        rows = csv.reader(stream, strict=True)
        places = _places(path, next(rows, []))
        for row in _rows(rows):
            found.rows += 1
            result = _answer(row, places)
            if isinstance(result, Reason):
                shown = ",".join(row).encode("utf-8", "surrogateescape")[:SHOWN_BYTES]
                found.faults.append((found.rows, result.value, shown))
            elif not result.body:
                found.dropped[EMPTY] += 1
            elif gone is not None and (gone(result.name) or gone(result.question)):
                found.dropped[TOMBSTONED] += 1
            elif result.name in found.answers:
                found.dropped[DUPLICATE] += 1
            else:
                found.answers[result.name] = result
    return found


def _rows(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Give every row; one that is not CSV is an empty row, and the next line starts anew."""
    while True:
        try:
            yield next(rows)
        except csv.Error:
            yield []
        except StopIteration:
            return


def _places(path: Path, header: Sequence[str]) -> dict[str, int]:
    lower = [name.strip().lower() for name in header]
    places = {ours: lower.index(name) for ours, names in _COLUMNS.items() for name in names if name in lower}
    if missing := [
        " or ".join(_COLUMNS[ours]) for ours in _COLUMNS if ours not in places and ours not in _OPTIONAL
    ]:
        msg = f"{path} is no CounselChat file: it lacks the columns {', '.join(missing)}."
        raise SourceError(msg)
    return {**places, "": len(header)}


def _answer(row: Sequence[str], places: dict[str, int]) -> _Answer | Reason:
    text = "".join(row)
    if len(row) != places[""]:
        return Reason.NOT_A_RECORD
    if "\0" in text:
        return Reason.NUL
    if not _is_utf8(text):
        return Reason.INVALID_UTF8
    value = {ours: row[place].strip() for ours, place in places.items() if ours}
    question = _last_part(value["link"]) or _words(value["title"])
    if not question:
        return Reason.MISSING_ID
    views = value.get("views", "")
    if not _is_count(value["upvotes"]) or (views and not _is_count(views)):
        return Reason.BAD_FIELD
    body = plain_text(value["answer"])
    return _Answer(
        question=f"counselchat_q{_short_hash(question)}",
        title=plain_text(value["title"]),
        text=plain_text(value["text"]),
        name=f"counselchat_a{_short_hash(question, _words(body))}",
        therapist=_last_part(value["therapist_link"]) or value["therapist"] or None,
        body=body,
        upvotes=int(value["upvotes"]),
        views=int(views) if views else None,
    )


def _tables(answers: Sequence[_Answer], digest: str) -> tuple[pa.Table, pa.Table, pa.Table]:
    has_votes = any(answer.upvotes for answer in answers)
    questions = {answer.question: answer for answer in reversed(answers)}
    posts = [
        {"name": name, "title": first.title, "selftext": first.text, "is_self": True}
        for name, first in sorted(questions.items())
    ]
    comments = [
        {
            "name": answer.name,
            "link_id": answer.question,
            "parent_id": answer.question,
            "author": answer.therapist,
            "body": answer.body,
            "score": answer.upvotes if has_votes else None,
        }
        for answer in answers
    ]
    looks = [
        {"name": answer.name, "score": answer.upvotes, "views": answer.views} for answer in answers if has_votes
    ]
    common = {"source": SOURCE, "input_hash": digest}
    item = {**common, "subreddit": SUBREDDIT, "month": UNKNOWN_MONTH, "was_deleted_later": False}
    return (
        _table("posts", posts, item),
        _table("comments", comments, item),
        _table("score_observations", looks, common),
    )


def _table(table: str, rows: Sequence[dict[str, Any]], common: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([{**common, **row} for row in rows], schema=contract(table).schema)


@contextmanager
def _field_limit(limit: int) -> Iterator[None]:
    """Let one field be as long as a line of a dump. The csv module's limit is 128 KiB, and of the process."""
    before = csv.field_size_limit(limit)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_count(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_COUNT


def _last_part(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[-1].lower()


def _words(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _short_hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
