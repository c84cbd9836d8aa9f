"""Selected pairs and later looks at their scores -> how often the order stays, by how sure the model was."""

import numpy as np
import polars as pl

from prefpairs.pairs.responses import score_at_birth
from prefpairs.votes_report.counting import Limits, tidy
from prefpairs.votes_report.report import Comparison, LaterLooks, Stability
from prefpairs.votes_report.tables import Tables

_EDGES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
_LABELS = ("below .5", ".5–.6", ".6–.7", ".7–.8", ".8–.85", ".85–.9", ".9–.95", ".95–1")


def later_looks(tables: Tables, limits: Limits, *, hours: float, preset: str) -> LaterLooks | None:
    """Compare the first look of `hours` or later with the order that an earlier look gave.

    `calibrated` orders by votes for each expected vote, so that is what is compared; the other presets
    order by scores. Returns None if no pair has a later look on both sides.
    """
    comparison: Comparison = "votes for each expected vote" if preset == "calibrated" else "scores"
    seen = _with_later_scores(tables, hours)
    if seen.height < limits.least:
        return None
    chosen, rejected = (_level(seen, side, comparison) for side in ("chosen", "rejected"))
    untied = chosen != rejected
    probability = seen["preference_probability"].to_numpy()[untied]
    kept = (chosen > rejected)[untied]
    place = np.searchsorted(np.asarray(_EDGES), probability, side="right")
    bins = []
    for number, label in enumerate(_LABELS):
        inside = place == number
        if rate := limits.rate(int(kept[inside].sum()), int(inside.sum())):
            bins.append(Stability(label=label, probability=tidy(float(probability[inside].mean())), kept=rate))
    return LaterLooks(
        hours=hours,
        comparison=comparison,
        pairs=limits.count(seen.height),
        tied=limits.count(int((~untied).sum())),
        bins=bins,
    )


def _with_later_scores(tables: Tables, hours: float) -> pl.DataFrame:
    early = tables.selected.filter((pl.col("age_h_chosen") < hours) & (pl.col("age_h_rejected") < hours))
    names = pl.concat([early["chosen_name"], early["rejected_name"]]).unique()
    later = (
        tables.observations.filter(
            pl.col("name").is_in(names.implode())
            & (pl.col("age_h") >= hours)
            & pl.col("score").is_not_null()
            & ~pl.col("score_hidden").fill_null(value=False)
        )
        .sort("name", "age_h", "observed_at", "source", "input_hash", "score", nulls_last=True)
        .unique("name", keep="first", maintain_order=True)
        .select("name", later="score")
        .collect()
    )
    return early.join(later.rename({"name": "chosen_name", "later": "later_chosen"}), on="chosen_name").join(
        later.rename({"name": "rejected_name", "later": "later_rejected"}), on="rejected_name"
    )


def _level(
    seen: pl.DataFrame, side: str, comparison: Comparison
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    score = seen[f"later_{side}"].cast(pl.Float64)
    if comparison == "scores":
        return score.to_numpy()
    birth = seen.select(score_at_birth(pl.col(f"{side}_name"))).to_series()
    level: np.ndarray[tuple[int], np.dtype[np.float64]] = (
        (score - birth) / seen[f"expected_votes_{side}"]
    ).to_numpy()
    return level
