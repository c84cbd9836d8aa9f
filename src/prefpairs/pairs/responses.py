"""Decisions and labels -> the responses that may be compared, and for every other one the reason why not."""

from collections.abc import Sequence

import polars as pl

from prefpairs.config import Settings
from prefpairs.config_pairs import Pairs
from prefpairs.config_safety import Safety
from prefpairs.pairs.held_out import REASONS as HELD_OUT_REASONS
from prefpairs.pairs.presets import PRESETS, percentile
from prefpairs.reasons import Rule, first_reason

REASONS: dict[str, str] = {
    "NO_POST": "their post was dropped or is not in the lake",
    "NOT_TOP_LEVEL": "they answer another comment, not the post (pairs.top_level_only)",
    "OWN_REPLY": "the author of the post wrote them",
    "NOT_SELF_POST": "their post is not a text post (pairs.shp.require_self_post)",
    "POST_OVER_18": "their post is marked as not safe for work (drop_over_18 of the preset)",
    "POST_EDITED": "their post was edited (pairs.shp.drop_edited_posts)",
    "POST_SCORE": "the score of their post is too low or unknown (pairs.shp.min_post_score)",
    "NO_SCORE": "they have no settled score",
    "NOT_LABELLED": "nobody looked for safety labels in them or in their post",
    "UNSAFE_POST": "their post has a label of safety.drop_everywhere",
    "UNSAFE": "they have a label of safety.drop_everywhere",
    "AWAITS_STEWARD": "a steward has to judge if they or their post have a safety label (safety.queue_uncertain)",
    "CRISIS": "they or their post disclose a crisis (safety.crisis, safety.publish)",
    "HARMFUL": "they have a label of safety.drop_chosen: never chosen, and safety_contrast is not published",
    **HELD_OUT_REASONS,
    "SCORE_BELOW_MINIMUM": "their score is too low (pairs.shp.min_score)",
    "NO_TIME": "it is not known when they were written (pairs.shp.require_later)",
    "NOT_EXTREME": "their score is neither in the top nor in the bottom of the corpus (pairs.llumi)",
    "ONLY_RESPONSE": "nothing else that could be compared answers the same post",
    "MEGA_THREAD": "they are in the middle of a huge thread (pairs.max_responses_per_post)",
    "NO_PARTNER": "no other response to their post differs from them as the preset asks",
    "CAPPED": "other pairs of their post or their author came first (pairs.max_pairs_per_...)",
}
"""Reason code -> why responses are in no pair, in the order in which the reasons are looked for."""

_FLAGS = ("labelled", "unsafe", "harmful", "crisis", "waits")


def judged_responses(decisions: pl.LazyFrame, labels: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """Return every kept comment, with its post, its percentile and the first reason against comparing it.

    The frame is sorted by `name`; `response` numbers its rows, `post` numbers the posts by name. It has the
    columns that `exposure_places.places` reads, and `may_be_chosen`. The percentile base is every scored
    response that answers its kept post, whatever the preset asks besides.
    """
    kept = decisions.filter("keep")
    flags = _flags(labels, settings.safety)
    comments = kept.filter(pl.col("kind") == "comment").select(
        "name", "link_id", "parent_id", "author_hash", "created_utc", "score", "score_age_h", "views"
    )
    answers_post = first_reason(_place_rules(settings.pairs)).is_null()
    in_base = pl.when(answers_post).then(pl.col("score"))
    return (
        comments.join(_posts(kept, flags), on="link_id", how="left")
        .join(flags, on="name", how="left")
        .join(_arrivals(decisions), on="name", how="left")
        .sort("name")
        .with_row_index("response")
        .with_columns(
            percentile=percentile(in_base), birth=score_at_birth(pl.col("name")), may_be_chosen=~pl.col("harmful")
        )
        .with_columns(reason=first_reason(_rules(settings)))
        .collect()
    )


def score_at_birth(name: pl.Expr) -> pl.Expr:
    """Return 1 for Reddit, where everybody's own vote counts from the start, and 0 for other sources."""
    return name.str.starts_with("t1_").cast(pl.Int64)


def _posts(kept: pl.LazyFrame, flags: pl.LazyFrame) -> pl.LazyFrame:
    return (
        kept.filter(pl.col("kind") == "post")
        .sort("name")
        .with_row_index("post")
        .join(flags.rename(lambda column: column if column == "name" else f"post_{column}"), on="name", how="left")
        .select(
            "post",
            "subreddit",
            "month",
            *(f"post_{flag}" for flag in _FLAGS),
            link_id="name",
            post_author="author_hash",
            post_created_utc="created_utc",
            post_is_self="is_self",
            post_over_18="over_18",
            post_edited="edited",
            post_score="score",
        )
    )


def _arrivals(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """Return `arrival`, `comments` and `depth` of every comment: those count too that are dropped later."""
    comments = decisions.filter(pl.col("kind") == "comment").select("name", "link_id", "parent_id", "created_utc")
    above = comments.select(parent_id="name", grandparent="parent_id")
    answers_post = pl.col("parent_id") == pl.col("link_id")
    answers_answer = pl.col("grandparent") == pl.col("link_id")
    return (
        comments.join(above, on="parent_id", how="left")
        .sort("link_id", "created_utc", "name", nulls_last=True)
        .select(
            "name",
            arrival=pl.when(pl.col("created_utc").is_not_null()).then(
                pl.int_range(pl.len(), dtype=pl.Int32).over("link_id")
            ),
            comments=pl.len().over("link_id").cast(pl.Int32),
            depth=pl.when(answers_post).then(0).when(answers_answer).then(1).otherwise(2).cast(pl.Int8),
        )
    )


def _flags(labels: pl.LazyFrame, safety: Safety) -> pl.LazyFrame:
    """Return what the labels of each text mean for it. A tag of a response means nothing."""
    decisive = [*safety.drop_everywhere, *safety.drop_chosen, *safety.crisis]
    return labels.select(
        "name",
        labelled=pl.lit(value=True),
        unsafe=_holds_any("labels", safety.drop_everywhere),
        harmful=_holds_any("labels", safety.drop_chosen),
        crisis=_holds_any("labels", safety.crisis),
        waits=_holds_any("uncertain", decisive),
    )


def _holds_any(column: str, codes: Sequence[str]) -> pl.Expr:
    return pl.col(column).list.set_intersection(pl.lit(list(codes), dtype=pl.List(pl.String))).list.len() > 0


def _rules(settings: Settings) -> list[Rule]:
    return [
        *_place_rules(settings.pairs),
        *PRESETS[settings.pairs.preset].post_rules(settings.pairs),
        ("NO_SCORE", pl.col("score").is_null()),
        *_safety_rules(settings.safety),
    ]


def _place_rules(settings: Pairs) -> list[Rule]:
    rules: list[Rule] = [("NO_POST", pl.col("post").is_null())]
    if settings.top_level_only:
        rules.append(("NOT_TOP_LEVEL", pl.col("parent_id") != pl.col("link_id")))
    rules.append(("OWN_REPLY", pl.col("author_hash") == pl.col("post_author")))
    return rules


def _safety_rules(safety: Safety) -> list[Rule]:
    rules: list[Rule] = [
        ("NOT_LABELLED", pl.col("labelled").is_null() | pl.col("post_labelled").is_null()),
        ("UNSAFE_POST", pl.col("post_unsafe")),
        ("UNSAFE", pl.col("unsafe")),
    ]
    if safety.queue_uncertain:
        rules.append(("AWAITS_STEWARD", pl.col("waits") | pl.col("post_waits")))
    if "crisis" not in safety.publish:
        rules.append(("CRISIS", pl.col("crisis") | pl.col("post_crisis")))
    if "safety_contrast" not in safety.publish:
        rules.append(("HARMFUL", pl.col("harmful")))
    return rules
