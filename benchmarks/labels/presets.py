"""Comments with votes -> the pairs of every preset, as the product makes them: before its caps and after.

The exposure model is fitted on each corpus anew. It is given what a source tells, never the truth.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.labels.measure import FloatArray, IntArray, sibling_pairs
from prefpairs.config_pairs import Llumi, Pairs
from prefpairs.pairs.exposure_fit import fit
from prefpairs.pairs.matching import select_pairs
from prefpairs.pairs.posterior import preference_probability
from prefpairs.pairs.presets import PRESETS
from prefpairs.reasons import first_reason

_MODEL_COLUMNS = (
    "response", "post", "author", "community", "created_utc", "post_created_utc", "arrival", "comments", "depth",
    "score", "birth", "post_score", "views", "percentile",
)  # fmt: skip
_NO_CAP = {f"max_pairs_per_{what}": 1 << 40 for what in ("post", "response", "author")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Row numbers of the chosen and the rejected comment of each pair, and how probable the model holds it.

    `probability` is the exposure model's, also for the pairs of other presets: P(chosen is better).
    """

    chosen: IntArray
    rejected: IntArray
    probability: FloatArray

    def __len__(self) -> int:
        return len(self.chosen)


def methods(settings: Pairs) -> dict[str, Pairs]:
    """Return the settings of every preset, and of the naive method: a higher score wins, wide gaps first."""
    named: tuple[tuple[str, dict[str, Any]], ...] = (
        ("raw_gap", {"preset": "llumi", "llumi": Llumi(chosen_percentile=0, rejected_percentile=100, min_gap=1)}),
        ("llumi", {"preset": "llumi"}),
        ("stackexchange", {"preset": "stackexchange"}),
        ("shp", {"preset": "shp"}),
        ("calibrated", {"preset": "calibrated"}),
    )
    return {name: settings.model_copy(update=changes) for name, changes in named}


def answers(comments: pl.DataFrame, settings: Pairs) -> pl.DataFrame:
    """Fit the exposure model on all comments; return the answers to posts, labelled, in order of post.

    Only the columns that a source can give reach the model.
    """
    known = comments.select(*_MODEL_COLUMNS)
    labelled = fit(known, settings.exposure).label(known, settings.exposure)
    new = [name for name in labelled.columns if name not in comments.columns]
    return (
        comments.with_columns(labelled.select(*new))
        .filter(pl.col("depth") == 0)
        .with_columns(
            may_be_chosen=pl.lit(value=True),
            post_is_self=pl.lit(value=True),
            post_over_18=pl.lit(value=False),
            post_edited=pl.lit(None, pl.Int64),
        )
        .sort("post", "response")
    )


def published(labelled: pl.DataFrame, method: Pairs) -> Pairing:
    """Return the pairs of a method that the caps leave."""
    rules = PRESETS[method.preset].post_rules(method)
    # A literal in `filter` fails on frames of more than one morsel (Polars 2.1), so it is a column first.
    taking_part = labelled.with_columns(reason=first_reason(rules)).filter(pl.col("reason").is_null())
    pairs = select_pairs(taking_part, method).pairs
    numbers = labelled["response"].to_numpy()
    row_of = np.full(int(numbers.max(initial=-1)) + 1, -1, dtype=np.int64)
    row_of[numbers] = np.arange(len(numbers))
    return _pairing(labelled, row_of[pairs["chosen"].to_numpy()], row_of[pairs["rejected"].to_numpy()])


def admissible(labelled: pl.DataFrame, method: Pairs) -> Pairing:
    """Return every pair that a method admits, without caps."""
    return published(labelled, method.model_copy(update=_NO_CAP))


def every_pair(labelled: pl.DataFrame) -> Pairing:
    """Return all pairs of answers to one post; the chosen one is whom the model holds better."""
    first, second = sibling_pairs(labelled["post"].to_numpy())
    quality = labelled["quality"].to_numpy()
    swap = quality[second] > quality[first]
    return _pairing(labelled, np.where(swap, second, first), np.where(swap, first, second))


def _pairing(labelled: pl.DataFrame, chosen: npt.NDArray[np.int64], rejected: npt.NDArray[np.int64]) -> Pairing:
    quality = labelled["quality"].to_numpy().astype(np.float64)
    variance = labelled["quality_sd"].to_numpy().astype(np.float64) ** 2
    probability = preference_probability(
        quality[chosen] - quality[rejected], variance[chosen] + variance[rejected]
    )
    return Pairing(chosen=chosen, rejected=rejected, probability=np.asarray(probability, dtype=np.float64))
