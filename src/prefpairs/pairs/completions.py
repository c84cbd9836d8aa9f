"""Pairs with their texts -> responses that a supervised step may imitate: chosen at least once, rejected never.

Neither the response may be rejected in a pair of its thread, nor its text under the id of another response.

Whatever the preset, the rule reads the published pairs of the config `default` and nothing else, so that a reader
of a version can check it. Taking every chosen response instead would teach in SFT what DPO then takes back: of
a > b > c the middle one is chosen once and rejected once. And what wins three pairs would be imitated three times.
"""

import polars as pl

from prefpairs.contracts import contract

TABLE = "sft"

_RESPONSE = ("thread_id", "response_id")


def completions(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `sft` that follow from the rows of `pairs`, each response once, sorted by keyed ids."""
    published = pairs.filter(pl.col("config") == "default")
    lost = published.select("thread_id", "rejected", response_id="rejected_id")
    won = published.select(
        "thread_id", "prompt", "subreddit", "month", "words_prompt", "preference_probability", "labels_prompt",
        "preset", "split",
        response_id="chosen_id", completion="chosen", words_completion="words_chosen", score="score_chosen",
        percentile="percentile_chosen", labels_completion="labels_chosen",
    )  # fmt: skip
    summed = ("pairs_won", "preference_probability")
    same = [name for name in contract(TABLE).columns if name not in (*_RESPONSE, *summed)]
    return (
        won.join(lost, on=_RESPONSE, how="anti")
        .join(lost, left_on=_text("completion"), right_on=_text("rejected"), how="anti")
        .group_by(_RESPONSE)
        .agg(
            *(pl.col(name).first() for name in same),
            pairs_won=pl.len().cast(pl.Int32),
            preference_probability=pl.col("preference_probability").min(),
        )
        .select(contract(TABLE).columns)
        .sort(_RESPONSE)
    )


def _text(column: str) -> list[pl.Expr]:
    return [pl.col("thread_id"), pl.col(column).str.strip_chars()]
