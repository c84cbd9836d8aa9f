"""Text that says the same over and over -> dropped.

Gopher's rules on repetition (Rae et al. 2021, table A1), with the thresholds that datatrove uses, for texts of
at least 50 words. Paragraphs are lines here. A sequence of words counts from its second time on, and no
character twice.
"""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.rules import Rule

_Shares = npt.NDArray[np.float64]
# An odd number with well-mixed bits: multiplying by it keeps the order of words in a hash.
_ODD = np.uint64(0x9E3779B97F4A7C15)
# Texts in one go: some 100 MB of words.
_BATCH = 20_000


def rules(settings: Curate) -> list[Rule]:
    """Return the rule on repetition."""
    long = pl.col("words") >= settings.repetition_min_words
    # The body alone: many posts start with their title again.
    texts = pl.when(long & ~pl.col("crisis_line")).then("body")
    judge = partial(repetitive, settings=settings)
    return [Rule("REPETITION", texts.map_batches(judge, return_dtype=pl.Boolean, is_elementwise=True))]


def repetitive(texts: pl.Series, settings: Curate) -> pl.Series:
    """Return which of `texts` are long enough and repeat themselves more than the settings allow; null is not."""
    flags = np.zeros(len(texts), dtype=np.bool_)
    rows = pl.DataFrame({"row": pl.arange(len(texts), eager=True), "text": texts}).filter(
        pl.col("text").str.count_matches(r"\S+") >= settings.repetition_min_words
    )
    for batch in rows.iter_slices(_BATCH):
        numbers = batch.get_column("row").to_numpy()
        flags[numbers] = _repeats_lines(batch, settings) | _repeats_words(batch, settings)
    return pl.Series(texts.name, flags, dtype=pl.Boolean)


def _repeats_lines(batch: pl.DataFrame, settings: Curate) -> npt.NDArray[np.bool_]:
    lines = (
        batch.lazy()
        .with_row_index("text_number")
        .filter(pl.col("text").str.contains("\n", literal=True))
        .select("text_number", line=pl.col("text").str.to_lowercase().str.split("\n"))
        .explode("line")
        .with_columns(pl.col("line").str.strip_chars())
        .filter(pl.col("line") != "")
        .with_columns(
            chars=pl.col("line").str.len_chars(), again=~pl.struct("text_number", "line").is_first_distinct()
        )
        .group_by("text_number")
        .agg(
            lines=pl.col("again").mean(),
            chars=pl.col("chars").filter("again").sum() / pl.col("chars").sum(),
        )
        .filter(
            (pl.col("lines") > settings.max_repeated_lines) | (pl.col("chars") > settings.max_repeated_line_chars)
        )
        .collect()
    )
    flags = np.zeros(batch.height, dtype=np.bool_)
    flags[lines.get_column("text_number").to_numpy()] = True
    return flags


def _repeats_words(batch: pl.DataFrame, settings: Curate) -> npt.NDArray[np.bool_]:
    words = _Words.of(batch.get_column("text"))
    top, repeated = settings.max_top_gram_share, settings.max_repeated_gram_share
    pairs, fives = words.share_of_top_gram(2, settings.top_gram_min_count), words.share_of_repeated_grams(5)
    flags: npt.NDArray[np.bool_] = (pairs > top[0]) | (fives > repeated[0])
    # Nearly all texts are done after this look. Of three or four frequent words, two at one end hold half of the
    # characters; and what repeats ten words repeats five.
    numbers = np.flatnonzero(~flags & ((pairs > min(top[1:]) / 2) | (fives > min(repeated[1:]))))
    rest = _Words.of(batch.get_column("text").gather(numbers))
    for length, most in enumerate(top[1:], start=3):
        flags[numbers] |= rest.share_of_top_gram(length, settings.top_gram_min_count) > most
    for length, most in enumerate(repeated[1:], start=6):
        flags[numbers] |= rest.share_of_repeated_grams(length) > most
    return flags


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of many texts, one after the other: of which text, its hash, its characters."""

    text: npt.NDArray[np.int64]
    word: npt.NDArray[np.uint64]
    chars: npt.NDArray[np.float64]
    texts: int

    @classmethod
    def of(cls, texts: pl.Series) -> Self:
        found = texts.str.to_lowercase().str.extract_all(r"[\p{L}\p{M}\p{N}']+")
        words = found.explode(empty_as_null=False)
        return cls(
            text=np.repeat(np.arange(len(texts)), found.list.len().to_numpy()),
            word=words.hash().to_numpy(),
            chars=words.str.len_chars().cast(pl.Float64).to_numpy(),
            texts=len(texts),
        )

    def share_of_top_gram(self, length: int, min_count: int) -> _Shares:
        """Return for each text the share of characters in its most frequent `length` words."""
        start, key = self._grams(length)
        sums = np.concatenate(([0.0], np.cumsum(self.chars)))
        grams = pl.DataFrame({"key": key, "text": self.text[start], "chars": sums[start + length] - sums[start]})
        most = (
            grams.filter(pl.col("key").is_duplicated())
            .group_by("key")
            .agg(pl.len(), pl.col("text").first(), chars=pl.col("chars").sum())
            .filter(pl.col("len") >= min_count)
            .group_by("text")
            .agg(pl.col("chars").max())
        )
        shares = np.zeros(self.texts)
        shares[most.get_column("text").to_numpy()] = most.get_column("chars").to_numpy()
        return shares / self._characters()

    def share_of_repeated_grams(self, length: int) -> _Shares:
        """Return for each text the share of characters in sequences of `length` words that stood there before."""
        start, key = self._grams(length)
        again = start[~pl.Series(key).is_first_distinct().to_numpy()]
        covered = np.zeros(len(self.text), dtype=np.bool_)
        for step in range(length):
            covered[again + step] = True
        return np.bincount(self.text, self.chars * covered, self.texts) / self._characters()

    def _grams(self, length: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
        """Return where each sequence of `length` words of one text starts, and a number that stands for both."""
        count = max(len(self.text) - length + 1, 0)
        start = np.flatnonzero(self.text[:count] == self.text[length - 1 :][:count])
        key = self.text[start].astype(np.uint64)
        for step in range(length):
            key = key * _ODD + self.word[start + step]
            key ^= key >> np.uint64(29)
        return start, key

    def _characters(self) -> _Shares:
        return np.maximum(np.bincount(self.text, self.chars, self.texts), 1)
