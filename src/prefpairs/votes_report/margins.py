"""Published pairs -> how far apart their two sides are, how long they are, and what the caps did."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from prefpairs.config_pairs import Pairs
from prefpairs.votes_report.counting import Limits, bins, histogram, middle
from prefpairs.votes_report.report import Cap, Lengths, Margins
from prefpairs.votes_report.tables import Tables

_GAPS = (0, 1, 2, 4, 8, 16, 32, 64, 128)
_GAP_LABELS = ("< 0", "0", "1", "2", "4", "8", "16", "32", "64", "128")
_RATIOS = (1, 1.5, 2, 3, 5, 10, 20)
_RATIO_LABELS = ("< 1", "1", "1.5", "2", "3", "5", "10", "20")
_UNDEFINED = "none"
_PROBABILITIES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
_PROBABILITY_LABELS = ("< .5", ".50", ".55", ".60", ".65", ".70", ".75", ".80", ".85", ".90", ".95")
_SDS = (0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15)
_SD_LABELS = ("< .01", ".01", ".02", ".04", ".06", ".08", ".10", ".15")
_WORDS = (10, 20, 35, 50, 75, 100, 150, 200, 300, 500)
_WORD_LABELS = ("< 10", "10", "20", "35", "50", "75", "100", "150", "200", "300", "500")
_TIMES = (1, 2, 3, 5, 8, 12, 20, 50, 100)
_TIMES_SHOWN = 8


def margins(tables: Tables, limits: Limits) -> Margins | None:
    """Return the distributions of the margins, or None without enough pairs."""
    pairs = tables.pairs
    if pairs.height < limits.least:
        return None
    # A ratio that is not defined gets a bin of its own, above all others.
    ratio = pairs["score_ratio"].cast(pl.Float64).fill_null(float("inf")).to_numpy()
    edges = (*_RATIOS, float("inf"))
    return Margins(
        pairs=pairs.height,
        score_gap=histogram(pairs["score_gap"].cast(pl.Float64).to_numpy(), _GAPS, _GAP_LABELS, limits),
        score_ratio=histogram(ratio, edges, (*_RATIO_LABELS, _UNDEFINED), limits),
        probability=histogram(
            pairs["preference_probability"].to_numpy(), _PROBABILITIES, _PROBABILITY_LABELS, limits
        ),
        probability_sd=histogram(pairs["preference_sd"].to_numpy(), _SDS, _SD_LABELS, limits),
    )


def lengths(tables: Tables, limits: Limits) -> Lengths | None:
    """Return the distributions of the lengths, or None without enough pairs."""
    pairs = tables.pairs
    if pairs.height < limits.least:
        return None
    sides = {side: pairs[f"words_{side}"].cast(pl.Float64).to_numpy() for side in ("chosen", "rejected")}
    return Lengths(
        pairs=pairs.height,
        chosen=histogram(sides["chosen"], _WORDS, _WORD_LABELS, limits),
        rejected=histogram(sides["rejected"], _WORDS, _WORD_LABELS, limits),
        median_chosen=middle(pairs["words_chosen"]) or 0.0,
        median_rejected=middle(pairs["words_rejected"]) or 0.0,
    )


def caps(tables: Tables, settings: Pairs, limits: Limits) -> list[Cap]:
    """Return how often posts, responses and authors are in the selected pairs, against the caps."""
    selected = tables.selected
    if selected.height < limits.least:
        return []
    both = pl.concat([selected["chosen_name"], selected["rejected_name"]])
    found = [
        _cap("post", settings.max_pairs_per_post, _times(selected["link_id"]), limits),
        _cap("response", settings.max_pairs_per_response, _times(both), limits),
    ]
    if tables.authors.len():
        found.append(_cap("author", settings.max_pairs_per_author, _times(tables.authors), limits))
    return found


def _times(names: pl.Series) -> pl.Series:
    return names.value_counts()["count"]


def _cap(of: str, limit: int, times: pl.Series, limits: Limits) -> Cap:
    edges, labels = _time_bins(limit)
    counts = np.bincount(np.searchsorted(np.asarray(edges), times.to_numpy(), side="right"), minlength=len(labels))
    return Cap.model_validate(
        {
            "of": of,
            "limit": limit,
            "at_limit": limits.count(int((times >= limit).sum())),
            "total": limits.count(times.len()),
            "bins": bins(labels, counts.astype(np.int64), limits),
        }
    )


def _time_bins(limit: int) -> tuple[Sequence[int], Sequence[str]]:
    """Return the edges and labels of 1, 2, 3 ... times, coarser where a cap is high; the last is the cap."""
    every = range(1, limit + 1)
    steps = [*every] if limit <= _TIMES_SHOWN else [*(step for step in _TIMES if step < limit), limit]
    labels = [
        str(step) if following == step + 1 else f"{step}–{following - 1}" for step, following in pairwise(steps)
    ]
    return steps[1:], [*labels, str(limit)]
