"""What users, moderators or Reddit took away -> dropped, whoever still has the text."""

import polars as pl

from prefpairs.config import Curate
from prefpairs.curate.rules import Rule

# What Reddit shows instead of a text, compared in lower case: dumps hold `[Deleted]` too.
_DELETED_TEXTS = ("[deleted]", "[deleted by user]")
_REMOVED_TEXTS = ("[removed]", "[ removed by reddit ]", "[removed by reddit]", "[unicode encode error]")
DELETED_AUTHOR = "[deleted]"
PROFILE_PREFIX = "u_"


def rules(settings: Curate) -> list[Rule]:
    """Return the rules on deletion and removal, the strongest first."""
    texts = pl.concat_list(pl.col("title", "body").str.strip_chars().str.to_lowercase())
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


def _holds_any(texts: pl.Expr, markers: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(*(texts.list.contains(marker) for marker in markers))
