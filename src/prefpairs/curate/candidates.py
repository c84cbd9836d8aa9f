"""Raw tables -> one row for each post and comment, with its text, its votes and what rules ask about both."""

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate import bots, crisis_lines, duplicates, removed, votes, words
from prefpairs.items import current_items
from prefpairs.lake import Lake

TEXTS = ("text", "title", "body")
"""The columns that hold text: gone once every row was read once."""
_COLUMNS = (
    "name", "kind", "link_id", "parent_id", "subreddit", "title", "body", "author", "created_utc", "edited",
    "is_self", "over_18", "quarantine", "contest_mode", "stickied", "distinguished", "was_deleted_later",
    "removal_type", "removed_by_category", "month",
)  # fmt: skip


def candidate_rows(lake: Lake, settings: Curate) -> pl.LazyFrame:
    """Return posts and comments in one frame, with the votes that count, the thread's contest mode, and facts."""
    posts = _posts(lake)
    contests = posts.select(link_id="name", contest_mode="contest_mode")
    comments = _comments(lake).join(contests, on="link_id", how="left")
    rows = pl.concat([posts.select(_COLUMNS), comments.select(_COLUMNS)])
    settled = votes.settled_votes(lake.scan("score_observations"), settings)
    return with_facts(rows, settings).join(settled, on="name", how="left")


def with_facts(rows: pl.LazyFrame, settings: Curate) -> pl.LazyFrame:
    """Return `rows` with `text` (title and body), and the small columns about it that rules look at."""
    text = (pl.col("title") + "\n\n" + pl.col("body")).str.strip_chars()
    read = rows.with_columns(text=text, author_key=pl.col("author").str.to_lowercase())
    read = duplicates.with_facts(words.with_facts(read))
    return bots.with_facts(read, settings).with_columns(crisis_line=crisis_lines.is_crisis_line())


def _posts(lake: Lake) -> pl.LazyFrame:
    current = current_items(lake, "posts")
    posts = removed.gone_in_another_look(current, lake.scan("posts"), ("title", "selftext"))
    return posts.with_columns(
        kind=pl.lit("post"), link_id="name", parent_id=pl.lit(None, pl.String), body="selftext"
    )


def _comments(lake: Lake) -> pl.LazyFrame:
    uncategorised = pl.lit(None, pl.String).alias("removed_by_category")
    comments = removed.gone_in_another_look(
        current_items(lake, "comments").with_columns(uncategorised),
        lake.scan("comments").with_columns(uncategorised),
        ("body",),
    )
    return comments.with_columns(
        kind=pl.lit("comment"),
        title=pl.lit("", pl.String),
        is_self=pl.lit(None, pl.Boolean),
        over_18=pl.lit(None, pl.Boolean),
        quarantine=pl.lit(None, pl.Boolean),
    )
