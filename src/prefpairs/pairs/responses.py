"""Decisions -> the responses that may be compared, and for every other one the reason why not."""

from collections.abc import Sequence

import polars as pl

from prefpairs.config import Pairs
from prefpairs.pairs.presets import PRESETS, Rule, percentile

REASONS: dict[str, str] = {
    "NO_POST": "their post was dropped or is not in the lake",
    "NOT_TOP_LEVEL": "they answer another comment, not the post (pairs.top_level_only)",
    "OWN_REPLY": "the author of the post wrote them",
    "NOT_SELF_POST": "their post is not a text post (pairs.shp.require_self_post)",
    "POST_OVER_18": "their post is marked as not safe for work (pairs.shp.drop_over_18)",
    "POST_EDITED": "their post was edited (pairs.shp.drop_edited_posts)",
    "POST_SCORE": "the score of their post is too low or unknown (pairs.shp.min_post_score)",
    "NO_SCORE": "they have no settled score",
    "SCORE_BELOW_MINIMUM": "their score is too low (pairs.shp.min_score)",
    "NO_TIME": "it is not known when they were written (pairs.shp.require_later)",
    "NOT_EXTREME": "their score is neither in the top nor in the bottom of the corpus (pairs.llumi)",
    "ONLY_RESPONSE": "nothing else that could be compared answers the same post",
    "MEGA_THREAD": "they are in the middle of a huge thread (pairs.max_responses_per_post)",
    "NO_PARTNER": "no other response to their post differs from them as the preset asks",
    "CAPPED": "other pairs of their post or their author came first (pairs.max_pairs_per_...)",
}
"""Reason code -> why responses are in no pair, in the order in which the reasons are looked for."""


def judged_responses(decisions: pl.LazyFrame, settings: Pairs) -> pl.DataFrame:
    """Return every kept comment, with its post, its percentile and the first reason against comparing it.

    The frame is sorted by `name`; `response` numbers its rows, `post` numbers the posts by name. The
    percentile base is every scored response that answers its kept post, whatever the preset asks besides.
    """
    kept = decisions.filter("keep")
    posts = _posts(kept)
    comments = kept.filter(pl.col("kind") == "comment").select(
        "name", "link_id", "parent_id", "author_hash", "created_utc", "score", "score_age_h"
    )
    answers_post = first_reason(_place_rules(settings)).is_null()
    in_base = pl.when(answers_post).then(pl.col("score"))
    rules = [*_place_rules(settings), *PRESETS[settings.preset].post_rules(settings)]
    rules.append(("NO_SCORE", pl.col("score").is_null()))
    return (
        comments.join(posts, on="link_id", how="left")
        .sort("name")
        .with_row_index("response")
        .with_columns(percentile=percentile(in_base))
        .with_columns(reason=first_reason(rules))
        .collect()
    )


def first_reason(rules: Sequence[Rule]) -> pl.Expr:
    """Return the code of the first rule that drops a row, or null."""
    if not rules:
        return pl.lit(None, pl.String)
    return pl.coalesce([pl.when(drops.fill_null(value=False)).then(pl.lit(code)) for code, drops in rules])


def _posts(kept: pl.LazyFrame) -> pl.LazyFrame:
    return (
        kept.filter(pl.col("kind") == "post")
        .sort("name")
        .with_row_index("post")
        .select(
            "post",
            "subreddit",
            "month",
            link_id="name",
            post_author="author_hash",
            post_is_self="is_self",
            post_over_18="over_18",
            post_edited="edited",
            post_score="score",
        )
    )


def _place_rules(settings: Pairs) -> list[Rule]:
    rules: list[Rule] = [("NO_POST", pl.col("post").is_null())]
    if settings.top_level_only:
        rules.append(("NOT_TOP_LEVEL", pl.col("parent_id") != pl.col("link_id")))
    rules.append(("OWN_REPLY", pl.col("author_hash") == pl.col("post_author")))
    return rules
