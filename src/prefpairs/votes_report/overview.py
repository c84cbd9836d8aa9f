"""Tables -> the funnel, the communities, the labels and the figures at the top."""

from typing import Literal

import numpy as np
import polars as pl

from prefpairs.explain.meanings import CURATION
from prefpairs.pairs.responses import REASONS as SELECT_REASONS
from prefpairs.votes_report.counting import Limits, bins, middle
from prefpairs.votes_report.report import (
    Bin,
    Community,
    Funnel,
    LabelCount,
    Labels,
    Reason,
    Totals,
    Wins,
)
from prefpairs.votes_report.tables import Tables

OTHERS = "all others"
_COMMUNITIES = 25
_CONFIGS = ("default", "crisis", "safety_contrast")
_SPLITS = ("train", "validation", "test")


def totals(tables: Tables, wins: Wins | None, limits: Limits) -> Totals:
    """Return the figures at the top."""
    pairs = tables.pairs
    everything = wins.earlier[-1] if wins else None
    return Totals(
        comments=limits.count(int(tables.comments["count"].sum())),
        responses=limits.count(tables.responses.height),
        responses_in_pairs=limits.count(int(tables.responses["reason"].is_null().sum())),
        pairs=limits.count(pairs.height),
        threads=limits.count(pairs["thread_id"].n_unique()),
        median_probability=middle(pairs["preference_probability"]) if pairs.height >= limits.least else None,
        earlier_wins_before=everything.before if everything else None,
        earlier_wins_after=everything.after if everything else None,
    )


def funnel(tables: Tables, limits: Limits) -> Funnel | None:
    """Return why comments are in no pair: curation's reasons, then those of selection; None without comments."""
    total = int(tables.comments["count"].sum())
    if not total:
        return None
    kept, dropped = (tables.comments.filter(pl.col("keep") == keep) for keep in (True, False))
    curated = dropped.group_by("reason").agg(pl.col("count").sum())
    selected = tables.responses.drop_nulls("reason").group_by("reason").agg(count=pl.len().cast(pl.Int64))
    return Funnel(
        comments=limits.count(total),
        kept=limits.count(int(kept["count"].sum())),
        in_pairs=limits.count(int(tables.responses["reason"].is_null().sum())),
        reasons=[
            *_reasons("curate", curated, {code: known.why for code, known in CURATION.items()}, limits),
            *_reasons("select", selected, SELECT_REASONS, limits),
        ],
    )


def communities(tables: Tables, limits: Limits) -> list[Community]:
    """Return the largest communities by kept comments, and all others together."""
    # Small communities may point to their members: they are counted together.
    sizes = tables.responses.group_by("subreddit").len().sort(["len", "subreddit"], descending=[True, False])
    large = sizes.filter(pl.col("len") >= limits.least).head(_COMMUNITIES)["subreddit"].to_list()
    found = [_community(name, tables, pl.col("subreddit") == name, limits) for name in large]
    if sizes.height > len(large):
        found.append(_community(OTHERS, tables, ~pl.col("subreddit").is_in(large), limits))
    return found


def labels(tables: Tables, limits: Limits) -> Labels | None:
    """Return how often each label and topic was given, and the parts of the release; None without either."""
    if not (tables.labels.height or tables.pairs.height):
        return None
    return Labels(
        labels=_label_counts(tables.labels, "labels", limits),
        topics=_label_counts(tables.labels, "topics", limits),
        waiting=limits.count(tables.queue.height),
        configs=_parts(tables.pairs, "config", _CONFIGS, limits),
        splits=_parts(tables.pairs, "split", _SPLITS, limits),
    )


def _reasons(
    stage: Literal["curate", "select"], counted: pl.DataFrame, meanings: dict[str, str], limits: Limits
) -> list[Reason]:
    return [
        Reason(stage=stage, code=code, meaning=meanings.get(code, ""), count=limits.count(count))
        for code, count in counted.sort(["count", "reason"], descending=[True, False]).iter_rows()
    ]


def _community(name: str, tables: Tables, inside: pl.Expr, limits: Limits) -> Community:
    comments, responses, pairs = (
        frame.filter(inside) for frame in (tables.comments, tables.responses, tables.pairs)
    )
    apart = pairs.filter(pl.col("seconds_between") != 0)
    return Community(
        name=name,
        comments=limits.count(int(comments["count"].sum())),
        responses=limits.count(responses.height),
        in_pairs=limits.count(int(responses["reason"].is_null().sum())),
        pairs=limits.count(pairs.height),
        median_probability=middle(pairs["preference_probability"]) if pairs.height >= limits.least else None,
        earlier_wins=limits.rate(int((apart["seconds_between"] < 0).sum()), apart.height),
    )


def _label_counts(frame: pl.DataFrame, column: str, limits: Limits) -> list[LabelCount]:
    counted = (
        frame.select("kind", code=column)
        .explode("code", empty_as_null=True, keep_nulls=True)
        .drop_nulls("code")
        .group_by("code")
        .agg(posts=(pl.col("kind") == "post").sum(), comments=(pl.col("kind") == "comment").sum())
    )
    order = sorted(counted.rows(named=True), key=lambda row: (-row["posts"] - row["comments"], row["code"]))
    return [
        LabelCount(code=row["code"], posts=limits.count(row["posts"]), comments=limits.count(row["comments"]))
        for row in order
    ]


def _parts(pairs: pl.DataFrame, column: str, known: tuple[str, ...], limits: Limits) -> list[Bin]:
    found = dict(pairs[column].value_counts().iter_rows())
    names = [*(name for name in known if name in found), *sorted(set(found) - set(known))]
    return bins(names, np.asarray([found[name] for name in names], dtype=np.int64), limits)
