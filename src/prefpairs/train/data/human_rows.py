"""A file of pairs that people judged -> threads, and a counted reason for every line that is no pair."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from prefpairs.errors import ConfigError, ContractError
from prefpairs.release.manifest import SPLITS
from prefpairs.release.manifest import Split as SplitName
from prefpairs.train.data.trees import Pair, Split
from prefpairs.train.data.version_rows import Thread, extra_words_of
from prefpairs.train.recipe import Task

_TEXTS = ("prompt", "chosen", "rejected")
_OPTIONAL_TEXTS = ("draft", "subreddit", "split")
_NUMBERS = ("weight", "probability")
_BATCH_ROWS = 1024

Line: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanPairs:
    """What a file holds for one task and split.

    Attributes
    ----------
    threads
        Pairs of the same prompt (and draft) together, in the order of the file.
    dropped
        Reason -> lines that are no pair for this task, in whatever split they are.
    first_bad_line
        The first of those lines, from 1; None if there is none.

    """

    threads: tuple[Thread, ...]
    dropped: dict[str, int]
    first_bad_line: int | None

    def noted(self, split: Split, *, path: Path) -> Split:
        """Return a split that counts the lines that are no pair too, and says where the first of them is."""
        if self.first_bad_line is None:
            return split
        bad = sum(self.dropped.values())
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.dropped.items())
        note = f"{path}: {bad} lines are no pair ({reasons}); the first is line {self.first_bad_line}."
        dropped = Counter(split.dropped) + Counter(self.dropped)
        return replace(
            split, rows=split.rows + bad, dropped=dict(sorted(dropped.items())), notes=(*split.notes, note)
        )


def read_human_pairs(path: Path, *, task: Task, split: SplitName) -> HumanPairs:
    """Read Parquet, or JSON lines, with `prompt`, `chosen` and `rejected`.

    `weight`, `probability`, `subreddit`, `split` and `draft` may stand there too. A line without `split` is for
    training. The improvement task takes the lines with a draft, every other task those without, so that one
    file can serve both models.

    Raises
    ------
    ConfigError
        If the file cannot be opened.
    ContractError
        If it is no Parquet though its name says so, lacks a column, or holds no pair at all.

    """
    groups: defaultdict[tuple[str, str | None, str | None], list[tuple[int, Line]]] = defaultdict(list)
    dropped: Counter[str] = Counter()
    first_bad_line = None
    usable = 0
    for number, line in _lines(path):
        reason = "not_a_json_object" if line is None else _objection(line, task)
        if line is None or reason is not None:
            dropped[str(reason)] += 1
            first_bad_line = first_bad_line or number
            continue
        usable += 1
        if (line.get("split") or "train") == split:
            groups[line["prompt"], line.get("draft"), line.get("subreddit")].append((number, line))
    if not usable:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items())) or "it is empty"
        place = "" if first_bad_line is None else f" The first is line {first_bad_line}."
        msg = f"{path} holds no pair for the task {task}: {reasons}.{place} It needs prompt, chosen and rejected."
        raise ContractError(msg)
    threads = tuple(_thread(*key, lines) for key, lines in groups.items())
    return HumanPairs(threads=threads, dropped=dict(sorted(dropped.items())), first_bad_line=first_bad_line)


def _thread(prompt: str, draft: str | None, community: str | None, lines: list[tuple[int, Line]]) -> Thread:
    # Named by line: a hash of the text would let whoever guesses it know that it is there.
    first = lines[0][0]
    texts = [text for _, line in lines for text in (line["chosen"], line["rejected"])]
    ids = [f"line-{number}:{side}" for number, _ in lines for side in ("chosen", "rejected")]
    return Thread(
        thread_id=f"line-{first}",
        community=community,
        prompt=prompt,
        draft=draft,
        responses=tuple(texts),
        response_ids=tuple(ids),
        pairs=tuple(
            Pair(
                chosen=2 * place,
                rejected=2 * place + 1,
                weight=1.0 if line.get("weight") is None else float(line["weight"]),
                probability=line.get("probability"),
                extra_words=extra_words_of(line["chosen"], line["rejected"]),
            )
            for place, (_, line) in enumerate(lines)
        ),
    )


def _objection(line: Line, task: Task) -> str | None:
    if missing := next((name for name in _TEXTS if line.get(name) is None), None):
        return f"{missing}_missing"
    texts = [line.get(name) for name in (*_TEXTS, *_OPTIONAL_TEXTS)]
    if not all(text is None or isinstance(text, str) for text in texts):
        return "not_a_text"
    if (line.get("split") or "train") not in SPLITS:
        return "split_unknown"
    weight, probability = line.get("weight"), line.get("probability")
    if weight is not None and not (_is_number(weight) and weight > 0):
        return "weight_not_positive"
    if probability is not None and not (_is_number(probability) and 0 <= probability <= 1):
        return "probability_not_a_share"
    return None if (line.get("draft") is not None) == (task == "improvement") else "for_another_task"


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # JSON knows whole numbers of any length
        return False


def _lines(path: Path) -> Iterator[tuple[int, Line | None]]:
    """Yield number, from 1, and line; None where a line is no JSON object."""
    try:
        yield from _parquet_lines(path) if path.suffix == ".parquet" else _json_lines(path)
    except pa.ArrowException as error:
        msg = f"{path} cannot be read as Parquet ({type(error).__name__})."
        raise ContractError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror or type(error).__name__})."
        raise ConfigError(msg) from None


def _json_lines(path: Path) -> Iterator[tuple[int, Line | None]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()  # what some editors put at the start of a file
            if not text:
                continue
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                value = None
            yield number, value if isinstance(value, dict) else None


def _parquet_lines(path: Path) -> Iterator[tuple[int, Line | None]]:
    with pq.ParquetFile(path) as parquet:
        known = parquet.schema_arrow.names
        if missing := [name for name in _TEXTS if name not in known]:
            msg = f"{path} lacks the columns {missing}. Pairs that people judged have prompt, chosen and rejected."
            raise ContractError(msg)
        columns = [name for name in (*_TEXTS, *_OPTIONAL_TEXTS, *_NUMBERS) if name in known]
        number = 0
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
            values = {name: _values(batch.column(name)) for name in batch.schema.names}
            for row in zip(*values.values(), strict=True):
                number += 1
                yield number, dict(zip(values, row, strict=True))


def _values(column: pa.Array) -> list[Any]:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return list(column.to_pylist())
    # Arrow does not look whether a text is UTF-8, and would fail on the whole batch.
    return [_decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]


def _decoded(value: bytes | None) -> str | bytes | None:
    try:
        return value if value is None else value.decode()
    except UnicodeDecodeError:
        return value
