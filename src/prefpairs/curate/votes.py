"""Score observations -> the one look at a score that counts, or why there is none.

The first look after the settle window counts: later looks never change a decision, so a rerun never
flips a pair. An older archive that arrives late may bring an earlier look, and that one counts then.
A hidden score is unknown, whatever number came with it.
"""

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.rules import Rule, is_kind

# A dump without times may hold an item twice. Which of two such looks counts must not hang on how files lie.
_LAST_RESORT = ("score", "age_h", "upvote_ratio", "views")


def settled_votes(observations: pl.LazyFrame, settings: Curate) -> pl.LazyFrame:
    """Return one row for each `name`: score, score_age_h, upvote_ratio, views and what is wrong with it.

    `score_state` is SETTLED, HIDDEN, UNSETTLED or NO_SCORE.
    """
    old_enough = pl.col("age_h") >= settings.settle_hours
    if settings.unknown_score_age == "keep":
        old_enough = old_enough.fill_null(value=True)
    hidden = pl.col("score_hidden").fill_null(value=False)
    state = (
        pl.when(pl.col("score").is_null())
        .then(pl.lit(3))
        .when(~old_enough.fill_null(value=False))
        .then(pl.lit(2))
        .when(hidden)
        .then(pl.lit(1))
        .otherwise(pl.lit(0))
    )
    best = (
        observations.with_columns(state=state)
        # A known time of observation beats an unknown one; the rest makes the order total.
        .sort("name", "state", "observed_at", "source", "input_hash", *_LAST_RESORT, nulls_last=True)
        .unique("name", keep="first", maintain_order=True)
    )
    known = pl.col("state") == 0
    return best.select(
        "name",
        score=pl.when(known).then("score"),
        score_age_h=pl.when(known).then("age_h"),
        upvote_ratio=pl.when(known).then("upvote_ratio"),
        views="views",
        score_state=pl.col("state").replace_strict(
            {0: "SETTLED", 1: "HIDDEN", 2: "UNSETTLED", 3: "NO_SCORE"}, return_dtype=pl.String
        ),
    )


def rules(settings: Curate) -> list[Rule]:
    """Return the rules on a comment's score. A post without one is kept: its comments carry the votes."""
    state = pl.col("score_state").fill_null("NO_SCORE")
    found = [
        # Contest mode hides every score of a thread for as long as it lasts.
        Rule("HIDDEN_SCORE", is_kind("comment") & ((state == "HIDDEN") | pl.col("contest_mode"))),
        Rule("UNSETTLED_SCORE", is_kind("comment") & (state == "UNSETTLED")),
        Rule("NO_SCORE", is_kind("comment") & (state == "NO_SCORE")),
    ]
    if settings.unknown_created == "drop":
        found.append(Rule("UNKNOWN_CREATED", pl.col("created_utc").is_null()))
    return found
