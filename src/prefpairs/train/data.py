"""The pairs of a version -> token ids, one prompt with its responses at a time, or a counted reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from prefpairs.config import Train
from prefpairs.errors import ContractError
from prefpairs.train.encoding import Encoder, Ids

_TEXT = ("thread_id", "prompt", "chosen", "rejected")
_BASELINES = ("words_chosen", "words_rejected", "seconds_between")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One released pair: what training and the baselines need of it."""

    thread_id: str
    prompt: str = field(repr=False)
    chosen: str = field(repr=False)
    rejected: str = field(repr=False)
    words_chosen: int
    words_rejected: int
    seconds_between: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two positions in the responses of a thread, and what the baselines look at.

    Attributes
    ----------
    extra_words
        Words of the chosen response minus words of the rejected one.
    seconds_between
        Written time of the chosen response minus that of the rejected one; None if unknown.

    """

    chosen: int
    rejected: int
    extra_words: int
    seconds_between: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One prompt, its distinct responses and their pairs, as token ids that fit the token limit together."""

    prompt: Ids
    responses: tuple[Ids, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A split, tokenised.

    Attributes
    ----------
    threads
        In the order of the files.
    dropped
        Reason -> pairs dropped for it. A pair is counted once, under its first reason.
    prompts_cut, prompt_tokens_cut
        Prompts that lost tokens at their start, and how many tokens they lost.

    """

    threads: tuple[Thread, ...]
    rows: int
    dropped: Mapping[str, int]
    prompts_cut: int
    prompt_tokens_cut: int

    @property
    def pairs(self) -> int:
        """How many pairs are left."""
        return sum(len(thread.pairs) for thread in self.threads)

    @property
    def responses(self) -> int:
        """How many distinct responses those pairs use."""
        return sum(len(thread.responses) for thread in self.threads)

    def counts(self) -> dict[str, int]:
        """Return the numbers that a report carries."""
        return {
            "rows": self.rows,
            "pairs": self.pairs,
            "threads": len(self.threads),
            "responses": self.responses,
            "prompts_cut": self.prompts_cut,
            "prompt_tokens_cut": self.prompt_tokens_cut,
        }


def read_rows(files: Iterable[Path]) -> list[Row]:
    """Read pairs from Parquet files, in order.

    Raises
    ------
    ContractError
        If a file is not Parquet, or lacks a column or a value that training needs.

    """
    return [row for file in files for row in _read_file(file)]


def _read_file(file: Path) -> list[Row]:
    columns = [*_TEXT, *_BASELINES]
    try:
        missing = [name for name in columns if name not in pq.read_schema(file).names]
        if not missing:
            table = pq.read_table(file, columns=columns)
    except (pa.ArrowException, OSError) as error:
        msg = f"{file} cannot be read as Parquet ({type(error).__name__})."
        raise ContractError(msg) from None
    if missing:
        msg = f"{file} lacks the columns {missing}. A labels-only version has no text to train on."
        raise ContractError(msg)
    empty = [name for name in columns[:-1] if table.column(name).null_count]
    if empty:
        msg = f"{file} has nulls in the columns {empty}, which its contract forbids."
        raise ContractError(msg)
    return [Row(**row) for row in table.to_pylist()]


def encode(rows: Iterable[Row], encoder: Encoder, *, settings: Train) -> Split:
    """Tokenise pairs, thread by thread: a text that stands in several pairs of a thread is encoded once."""
    threads: dict[tuple[str, str], list[Row]] = {}
    read = 0
    for row in rows:
        threads.setdefault((row.thread_id, row.prompt), []).append(row)
        read += 1
    dropped: Counter[str] = Counter()
    kept: list[Thread] = []
    cuts: list[int] = []
    for group in threads.values():
        thread, cut = _thread(group, encoder, settings=settings, dropped=dropped)
        if thread is not None:
            kept.append(thread)
            cuts.append(cut)
    return Split(
        threads=tuple(kept),
        rows=read,
        dropped=dict(sorted(dropped.items())),
        prompts_cut=sum(cut > 0 for cut in cuts),
        prompt_tokens_cut=sum(cuts),
    )


def _thread(
    rows: Sequence[Row], encoder: Encoder, *, settings: Train, dropped: Counter[str]
) -> tuple[Thread | None, int]:
    rows = _without(rows, lambda row: encoder.objection(row.prompt, row.chosen, row.rejected), dropped)
    if not rows:
        return None, 0
    prompt = encoder.prompt(rows[0].prompt)
    encoded = {text: encoder.response(prompt, text) for text in _texts(rows)}
    limit = settings.max_tokens - max(settings.min_prompt_tokens, prompt.frame_tokens)
    rows = _without(
        rows, lambda row: _length_objection(encoded[row.chosen], encoded[row.rejected], limit), dropped
    )
    if not rows:
        return None, 0
    texts = _texts(rows)
    # The prompt is cut once for the whole thread: both sides of a pair must answer the same prompt.
    ids, cut = prompt.fitted(settings.max_tokens - max(len(encoded[text]) for text in texts))
    position = {text: number for number, text in enumerate(texts)}
    responses = tuple(encoded[text] for text in texts)
    return Thread(prompt=ids, responses=responses, pairs=tuple(_pair(row, position) for row in rows)), cut


def _without(rows: Sequence[Row], objection: Callable[[Row], str | None], dropped: Counter[str]) -> Sequence[Row]:
    kept = []
    for row in rows:
        if (reason := objection(row)) is None:
            kept.append(row)
        else:
            dropped[reason] += 1
    return kept


def _texts(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(text for row in rows for text in (row.chosen, row.rejected)))


def _pair(row: Row, position: Mapping[str, int]) -> Pair:
    return Pair(
        chosen=position[row.chosen],
        rejected=position[row.rejected],
        extra_words=row.words_chosen - row.words_rejected,
        seconds_between=row.seconds_between,
    )


def _length_objection(chosen: Ids, rejected: Ids, limit: int) -> str | None:
    return "response_too_long" if max(len(chosen), len(rejected)) > limit else None
