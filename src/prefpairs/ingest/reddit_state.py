"""The lake -> where the last crawl of a community ended, what is known already, which scores are due."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from prefpairs.config import RedditSource
from prefpairs.lake import Lake

SOURCE = "reddit"
_SECONDS_PER_HOUR = 3600.0
# What a reader of a page can see change, in Reddit's own field names.
_VISIBLE = {
    "posts": (
        "author", "title", "selftext", "score", "upvote_ratio", "num_comments", "hide_score", "over_18",
        "stickied", "distinguished", "edited", "contest_mode", "quarantine", "removed_by_category",
    ),
    "comments": (
        "author", "body", "score", "score_hidden", "controversiality", "stickied", "distinguished", "edited",
        "collapsed_reason_code",
    ),
}  # fmt: skip

Row = Mapping[str, Any]


def application(subreddit: str) -> str:
    """Return the application id under which a community's watermark is stored with its rows."""
    return f"reddit:{subreddit.lower()}"


def watermark(lake: Lake, subreddit: str) -> int | None:
    """Return the second up to which every post of a community was read with its comments, or None."""
    return lake.transaction_version("posts", application(subreddit))


def table_of(name: str) -> str:
    """Return the table of a fullname."""
    return "posts" if name.startswith("t3_") else "comments"


def known_rows(lake: Lake, things: Mapping[str, Row]) -> dict[str, Row]:
    """Return the newest row that live reading stored for each of `things`, by fullname."""
    rows: dict[str, Row] = {}
    communities = sorted({str(thing.get("subreddit")) for thing in things.values()})
    for table, visible in _VISIBLE.items():
        names = sorted(name for name in things if table_of(name) == table)
        if not names:
            continue
        frame = (
            lake.scan(table)
            .filter(
                pl.col("subreddit").is_in(communities),
                pl.col("source") == SOURCE,
                pl.col("name").is_in(names),
            )
            .select("name", "retrieved_on", *visible)
            .sort("name", "retrieved_on", *visible)
            .collect()
        )
        rows.update((row["name"], row) for row in frame.iter_rows(named=True))
    return rows


def is_unchanged(name: str, thing: Row, row: Row | None) -> bool:
    """Say whether a thing shows nothing that the newest stored row of it does not."""
    return row is not None and all(
        _comparable(field, thing.get(field)) == _comparable(field, row[field])
        for field in _VISIBLE[table_of(name)]
    )


def due_names(lake: Lake, subreddit: str, *, settings: RedditSource, now: float) -> list[str]:
    """Return the fullnames whose age has passed one of `rescore_hours` with no look at that age yet."""
    if not settings.rescore_hours:
        return []
    born = pl.col("created_utc")
    candidates = [
        lake.scan(table)
        .filter(
            pl.col("subreddit").str.to_lowercase() == subreddit.lower(),
            pl.col("source").is_in([SOURCE, "archive"]),
            born.is_between(
                now - settings.rescore_max_hours * _SECONDS_PER_HOUR,
                now - min(settings.rescore_hours) * _SECONDS_PER_HOUR,
            ),
        )
        .select("name", "created_utc")
        for table in _VISIBLE
    ]
    age_h = (now - born) / _SECONDS_PER_HOUR
    steps = [pl.when(age_h >= hours).then(pl.lit(hours, pl.Float64)) for hours in settings.rescore_hours]
    looks = lake.scan("score_observations").group_by("name").agg(looked_at_h=pl.col("age_h").max())
    due = (
        pl.concat(candidates)
        .unique("name")
        .join(looks, on="name", how="left")
        .filter(pl.max_horizontal(steps) > pl.col("looked_at_h").fill_null(-1.0))
        .select("name")
        .collect()
    )
    return sorted(due["name"].to_list())


def _comparable(field: str, value: Any) -> Any:
    """Return a value as both Reddit's JSON and a stored row have it."""
    if value is None or value is False or value == "":
        return None
    if field == "edited":
        # True is an edit so old that its time is not known; rows have 0 for it.
        return 0 if value is True else int(value)
    return value
