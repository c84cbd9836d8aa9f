"""Selected pairs -> a low answer as a draft, a high one as the better text. Whether they agree is asked later."""

import polars as pl

from prefpairs.config import Settings
from prefpairs.improve.candidates import conform, kept_comments
from prefpairs.lake import Lake


def candidates(settings: Settings, lake: Lake) -> pl.DataFrame:
    """Return the pairs of the default config of which the model is sure enough."""
    sure = pl.col("preference_probability") >= settings.improvement.contrast.min_probability
    pairs = lake.scan("selected_pairs").filter((pl.col("config") == "default") & sure)
    authors = kept_comments(lake).select("name", "author", "parent_id")
    chosen = authors.select(better_name="name", better_author="author", parent_id="parent_id")
    rejected = authors.select(draft_name="name", draft_author="author")
    return conform(
        pairs.select(
            "link_id",
            "preference_probability",
            draft_name="rejected_name",
            draft_field=pl.lit("body"),
            better_name="chosen_name",
            better_field=pl.lit("body"),
            made_by=pl.lit("contrast"),
            score_draft="score_rejected",
            score_better="score_chosen",
        )
        .join(chosen, on="better_name", how="left")
        .join(rejected, on="draft_name", how="left")
        .with_columns(comment_kept=pl.lit(value=True))
    )
