"""Chosen and rejected, by number -> rows of `selected_pairs`, with everything that tells them apart."""

import polars as pl

from prefpairs.config_pairs import Pairs
from prefpairs.contracts import contract
from prefpairs.pairs.matching import Selection
from prefpairs.pairs.posterior import FloatArray, preference_probability, preference_sd
from prefpairs.pairs.presets import score_ratio
from prefpairs.published import published_number, published_probability

_OF_POST = ("link_id", "subreddit", "month", "split", "post_crisis")
_OF_RESPONSE = (
    "name", "score", "birth", "percentile", "created_utc", "score_age_h", "expected_votes", "quality",
    "quality_sd", "exposure_variance", "crisis", "harmful",
)  # fmt: skip


def rows(responses: pl.DataFrame, selection: Selection, labels: pl.LazyFrame, settings: Pairs) -> pl.DataFrame:
    """Return the selected pairs with every margin column, whatever the preset, in the order of the selection.

    `responses` are all judged responses in the order of their number, with what the exposure model says of them.
    """
    # `response` is the row number, so that both sides are gathered, not joined.
    chosen = responses.select(*_OF_POST, *_OF_RESPONSE)[selection.pairs["chosen"]]
    rejected = responses.select(_OF_RESPONSE)[selection.pairs["rejected"]]
    sides = pl.concat([chosen, rejected.rename(lambda name: f"rejected_{name}")], how="horizontal")
    ratio = score_ratio(chosen["score"].to_numpy(), rejected["score"].to_numpy())
    harmful = pl.col("rejected_harmful")
    crisis = pl.any_horizontal("post_crisis", "crisis", "rejected_crisis")
    return (
        sides.with_columns(_preference(sides))
        .with_columns(
            chosen_name="name",
            rejected_name="rejected_name",
            score_chosen="score",
            score_rejected="rejected_score",
            score_gap=pl.col("score") - pl.col("rejected_score"),
            score_ratio=pl.Series(ratio, dtype=pl.Float64).fill_nan(None),
            percentile_chosen="percentile",
            percentile_rejected="rejected_percentile",
            seconds_between=pl.col("created_utc") - pl.col("rejected_created_utc"),
            age_h_chosen="score_age_h",
            age_h_rejected="rejected_score_age_h",
            unvoted=pl.col("rejected_score") == pl.col("rejected_birth"),
            preference_probability=published_probability("preference_probability"),
            preference_sd=published_number("preference_sd"),
            quality_gap=published_number("quality_gap"),
            expected_votes_chosen=published_number("expected_votes"),
            expected_votes_rejected=published_number("rejected_expected_votes"),
            config=pl.when(crisis)
            .then(pl.lit("crisis"))
            .when(harmful)
            .then(pl.lit("safety_contrast"))
            .otherwise(pl.lit("default")),
            preset=pl.lit(settings.preset),
        )
        .pipe(_with_labels, labels)
        .select(contract("selected_pairs").columns)
    )


def _preference(sides: pl.DataFrame) -> list[pl.Series]:
    quality, rejected_quality = _numbers(sides, "quality")
    sd, rejected_sd = _numbers(sides, "quality_sd")
    exposure, rejected_exposure = _numbers(sides, "exposure_variance")
    gap, variance = quality - rejected_quality, sd**2 + rejected_sd**2
    spread = preference_sd(gap, variance, exposure + rejected_exposure)
    return [
        pl.Series("preference_probability", preference_probability(gap, variance)),
        pl.Series("preference_sd", spread),
        pl.Series("quality_gap", gap),
    ]


def _numbers(sides: pl.DataFrame, column: str) -> tuple[FloatArray, FloatArray]:
    return (
        sides[column].cast(pl.Float64).to_numpy(),
        sides[f"rejected_{column}"].cast(pl.Float64).to_numpy(),
    )


def _with_labels(pairs: pl.DataFrame, labels: pl.LazyFrame) -> pl.DataFrame:
    """Add the labels and topics of the post and of both responses. A text without any has an empty list."""
    sides = {"labels_prompt": "link_id", "labels_chosen": "chosen_name", "labels_rejected": "rejected_name"}
    names = pl.concat([pairs[name] for name in ("link_id", "chosen_name", "rejected_name")]).unique()
    found = (
        labels.join(pl.DataFrame({"name": names}).lazy(), on="name", how="semi")
        .select("name", labels=pl.concat_list("labels", "topics").list.sort())
        .collect()
    )
    for column, name in sides.items():
        of_side = found.select(pl.col("name").alias(name), pl.col("labels").alias(column))
        pairs = pairs.join(of_side, on=name, how="left", maintain_order="left")
        pairs = pairs.with_columns(pl.col(column).fill_null(pl.lit([], pl.List(pl.String))))
    return pairs
