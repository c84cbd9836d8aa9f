"""What users, moderators or Reddit took away -> dropped, whoever still has the text."""

from collections.abc import Sequence

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.rules import Rule

# What Reddit shows instead of a text, compared in lower case: dumps hold `[Deleted]` too.
_DELETED_TEXTS = ("[deleted]", "[deleted by user]")
_REMOVED_TEXTS = ("[removed]", "[ removed by reddit ]", "[removed by reddit]", "[unicode encode error]")
DELETED_AUTHOR = "[deleted]"
PROFILE_PREFIX = "u_"


def rules(settings: Curate) -> list[Rule]:
    """Return the rules on deletion and removal, the strongest first."""
    texts = ("title", "body")
    author_gone = pl.col("author").str.to_lowercase() == DELETED_AUTHOR
    found = [
        Rule("DELETED_LATER", pl.col("was_deleted_later") | pl.col("removal_type").is_not_null()),
        Rule("DELETED", _holds_any(texts, _DELETED_TEXTS)),
        Rule("REMOVED", _holds_any(texts, _REMOVED_TEXTS) | pl.col("removed_by_category").is_not_null()),
    ]
    found.append(Rule("PROFILE", is_profile()))
    if not settings.keep_deleted_author:
        found.append(Rule("AUTHOR_DELETED", author_gone))
    return found


def is_profile() -> pl.Expr:
    """Return true for rows of a profile: a community whose name is its owner's."""
    return pl.col("subreddit").str.to_lowercase().str.starts_with(PROFILE_PREFIX)


def gone_in_another_look(current: pl.LazyFrame, looks: pl.LazyFrame, texts: Sequence[str]) -> pl.LazyFrame:
    """Return `current` with `was_deleted_later` set where another look at the item found its text taken away.

    A live look wins over a dump, also over one that was made later, when the text was gone. What its author
    deleted stays deleted, whenever that was seen; what moderators removed may come back, so a removal counts
    only if it was seen after the look that has the text.

    Parameters
    ----------
    current, looks
        One row for each `name`, and all of them, with `retrieved_on`, `removed_by_category` and the texts.
    texts
        The columns that hold text.

    """
    deleted = _holds_any(texts, _DELETED_TEXTS)
    removed = _holds_any(texts, _REMOVED_TEXTS) | pl.col("removed_by_category").is_not_null()
    gone = (
        looks.select("name", "retrieved_on", deleted=deleted, removed=removed)
        .filter(pl.col("deleted") | pl.col("removed"))
        .group_by("name")
        .agg(pl.col("deleted").any(), removed_at=pl.col("retrieved_on").filter("removed").max())
    )
    elsewhere = pl.col("deleted") | (pl.col("removed_at") > pl.col("retrieved_on")).fill_null(value=False)
    # The current look's own state has reason codes of its own.
    elsewhere &= ~(deleted | removed)
    return (
        current.join(gone, on="name", how="left")
        .with_columns(pl.col("was_deleted_later") | elsewhere.fill_null(value=False))
        .drop("deleted", "removed_at")
    )


def _holds_any(texts: Sequence[str], markers: Sequence[str]) -> pl.Expr:
    shown = pl.col(texts).str.strip_chars().str.to_lowercase()
    return pl.any_horizontal(shown.is_in(list(markers)).fill_null(value=False))
