"""Answers -> the pairs of answers to one post, a block at a time."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from prefpairs.votes_report.counting import Numbers, Whole

THREAD_PART = 200
"""Of a post with more answers, about so many are compared, evenly over its time."""


def evenly(answers: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return the answers to compare, by post and time, and how many posts had too many to take them all."""
    ordered = answers.sort("link_id", "created_utc", "name", nulls_last=True).with_columns(
        number=pl.int_range(pl.len()).over("link_id"), size=pl.len().over("link_id").cast(pl.Int64)
    )
    part = pl.col("number") * THREAD_PART // pl.col("size")
    before = (pl.col("number") - 1) * THREAD_PART // pl.col("size")
    large = pl.col("size") > THREAD_PART
    kept = ordered.filter(~large | (pl.col("number") == 0) | (part != before))
    return kept, ordered.filter(large)["link_id"].n_unique()


def siblings(answers: pl.DataFrame) -> Iterator[tuple[Whole, Whole]]:
    """Yield all pairs of rows with one post, in blocks; `answers` are as `evenly` returns them."""
    post = answers["link_id"].rank("dense").to_numpy()
    first = np.arange(answers.height)
    for step in range(1, THREAD_PART):
        # Posts lie together: at each step only the rows with a sibling so far on are left.
        first = first[first + step < answers.height]
        first = first[post[first] == post[first + step]]
        if not len(first):
            return
        yield first, first + step


def numbers(answers: pl.DataFrame, column: str) -> Numbers:
    """Return a column as floating point numbers, NaN where it is null."""
    return answers[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
