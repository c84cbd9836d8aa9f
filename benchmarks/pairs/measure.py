"""Votes -> scored, capped pairs of preset `calibrated`: what it costs. Nothing else is imported here."""

import resource
import time
from pathlib import Path
from typing import Any

import polars as pl

from prefpairs.config_pairs import Pairs
from prefpairs.pairs import exposure_fit
from prefpairs.pairs.matching import Selection, select_pairs
from prefpairs.pairs.posterior import preference_probability

_LABELLED = ("response", "post", "author", "score", "created_utc", "quality", "quality_sd")


def calibrated(corpus: Path) -> dict[str, float]:
    """Fit, label and select, once, with the probability of every pair."""
    settings = Pairs(preset="calibrated")
    responses = pl.read_parquet(corpus)
    started = time.process_time()
    model = exposure_fit.fit(responses, settings.exposure)
    fitted = time.process_time()
    responses = model.label(responses, settings.exposure).select(_LABELLED)
    labelled = time.process_time()
    selection = select_pairs(responses, settings)
    probability = _probability(responses, selection)
    done = time.process_time()
    return {
        "cpu_s": done - started,
        "fit_cpu_s": fitted - started,
        "label_cpu_s": labelled - fitted,
        "select_cpu_s": done - labelled,
        "process_cpu_s": done,
        "rss_gb": peak_gb(),
        "comments": responses.height,
        "pairs": len(probability),
        "admissible": selection.admissible,
    }


def peak_gb() -> float:
    """Return the most memory that this process has had, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _probability(responses: pl.DataFrame, selection: Selection) -> Any:
    sides = (responses.select("quality", "quality_sd")[selection.pairs[side]] for side in ("chosen", "rejected"))
    (quality, sd), (other_quality, other_sd) = ((side["quality"], side["quality_sd"]) for side in sides)
    variance = (sd**2 + other_sd**2).cast(pl.Float64).to_numpy()
    return preference_probability((quality - other_quality).cast(pl.Float64).to_numpy(), variance)
