"""The lake -> the columns that the report needs, in memory, without a text."""

from dataclasses import dataclass

import polars as pl

from prefpairs.contracts import contract
from prefpairs.lake import Lake
from prefpairs.pairs.responses import score_at_birth

INPUTS = (
    "decisions",
    "labels",
    "pairs",
    "responses",
    "safety_queue",
    "score_observations",
    "selected_pairs",
)
_ASIDE = ("NO_POST", "NOT_TOP_LEVEL", "OWN_REPLY", "NO_SCORE")
"""Reasons of select that leave nothing to compare: no answer to the post by another person with a score."""
_TEXTS = ("deidentified", "restricted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What the figures are made from.

    Attributes
    ----------
    comments
        How many comments of `decisions` there are by subreddit, keep and reason: `count`.
    responses
        `responses` with created_utc and words of `decisions`, and `votes`, which others gave it.
    selected, pairs
        As in their tables; `pairs` without the texts.
    authors
        Hash of the author of chosen, for each selected pair that has one.
    labels, queue
        As in their tables.
    observations
        Looks at scores.

    """

    comments: pl.DataFrame
    responses: pl.DataFrame
    selected: pl.DataFrame
    authors: pl.Series
    pairs: pl.DataFrame
    labels: pl.DataFrame
    queue: pl.DataFrame
    observations: pl.LazyFrame

    @property
    def answers(self) -> pl.DataFrame:
        """The responses that answer their post and have a score."""
        aside = pl.col("reason").is_in(_ASIDE).fill_null(value=False)
        return self.responses.filter(~aside & pl.col("score").is_not_null())


def read(lake: Lake) -> Tables:
    """Read the tables. One that was never written is empty."""
    comments = lake.scan("decisions").filter(pl.col("kind") == "comment")
    selected = lake.scan("selected_pairs").collect()
    chosen = selected.lazy().select(name="chosen_name")
    return Tables(
        comments=comments.group_by("subreddit", "keep", "reason").agg(count=pl.len().cast(pl.Int64)).collect(),
        responses=_responses(lake, comments),
        selected=selected,
        authors=chosen.join(comments, on="name").select("author_hash").collect()["author_hash"].drop_nulls(),
        pairs=lake.scan("pairs").select(_without_texts("pairs")).collect(),
        labels=lake.scan("labels").collect(),
        queue=lake.scan("safety_queue").collect(),
        observations=lake.scan("score_observations"),
    )


def _responses(lake: Lake, comments: pl.LazyFrame) -> pl.DataFrame:
    of_decisions = comments.select("name", "created_utc", "words", community="subreddit")
    return (
        lake.scan("responses")
        .drop("comments")
        .join(of_decisions, on="name", how="left")
        .with_columns(
            # Where its post is gone, a response has no community of its own.
            subreddit=pl.coalesce("community", "subreddit"),
            votes=pl.col("score") - score_at_birth(pl.col("name")),
        )
        .drop("community")
        .sort("name")
        .collect()
    )


def _without_texts(table: str) -> list[str]:
    return [field.name for field in contract(table).fields if field.privacy not in _TEXTS]
