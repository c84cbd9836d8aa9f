"""A mechanism and a seed -> flat figures: every method against the truth, and `calibrated` against the others."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from benchmarks.labels import measure
from benchmarks.labels.measure import Curve, Mask
from benchmarks.labels.mechanisms import simulate
from benchmarks.labels.presets import Pairing, admissible, answers, every_pair, methods, published
from prefpairs.config_pairs import Pairs

Figures = dict[str, float]
_UNKNOWN = float("nan")
_PROBABILITIES = (0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 0.995)


def figures(mechanism: str, *, seed: int, posts: int, settings: Pairs) -> Figures:
    """Simulate, label, pair and measure."""
    return judge(answers(simulate(mechanism, seed=seed, posts=posts), settings), settings)


def judge(labelled: pl.DataFrame, settings: Pairs) -> Figures:
    """Return the figures of labelled answers whose `true_quality` is known; NaN where there is nothing to count.

    Of each method: `<method>.admissible` and `.published` (pairs before the caps and after), `.accuracy` and
    `.published_accuracy` (share whose chosen response is truly better), `.calibrated_accuracy` (of calibrated's
    surest pairs, as many as the method admits: accuracy at equal yield), `.earlier_wins` and `.longer_wins` (of
    published pairs). Over all: `error_ratio_at_shp_yield`, `yield_ratio_at_shp_accuracy`, `gain_over_raw_gap`,
    `ece` (over all sibling pairs), `ece_published` and `earlier_wins_share`. With `_published`, both sides
    keep the caps, and `min_probability` is raised until yield, or accuracy, is SHP's.
    """
    truth = _Truth(labelled)
    every = every_pair(labelled)
    surest = truth.curve(every)
    found: Figures = {"sibling_pairs": len(every), "answers": labelled.height}
    before: dict[str, Pairing] = {}
    after: dict[str, Pairing] = {}
    for name, method in methods(settings).items():
        before[name], after[name] = admissible(labelled, method), published(labelled, method)
        figures_ = truth.of_method(before[name], after[name])
        figures_["calibrated_accuracy"] = surest.accuracy(len(before[name]))
        found |= {f"{name}.{key}": value for key, value in figures_.items()}
    shp, shp_published = truth.right(before["shp"]), truth.right(after["shp"])
    stricter = [truth.curve(published(labelled, method)) for method in _stricter(settings)]
    return found | {
        "error_ratio_at_shp_yield": measure.error_ratio(surest, shp),
        "error_ratio_at_shp_yield_published": measure.error_ratio_published(stricter, shp_published),
        "yield_ratio_at_shp_accuracy": measure.yield_ratio(surest, shp),
        "yield_ratio_at_shp_accuracy_published": measure.yield_ratio_published(stricter, shp_published),
        "gain_over_raw_gap": measure.smallest_gain(surest, truth.widest_gaps(before["raw_gap"])),
        "ece": measure.calibration_error(every.probability, truth.right(every)),
        "ece_published": measure.calibration_error(
            after["calibrated"].probability, truth.right(after["calibrated"])
        ),
        "earlier_wins_share": found["calibrated.earlier_wins"],
    }


def _stricter(settings: Pairs) -> list[Pairs]:
    """Return calibrated with a `min_probability` that rises step by step."""
    return [
        settings.model_copy(
            update={
                "preset": "calibrated",
                "calibrated": settings.calibrated.model_copy(update={"min_probability": probability}),
            }
        )
        for probability in _PROBABILITIES
    ]


class _Truth:
    """What pairs are held against."""

    def __init__(self, labelled: pl.DataFrame) -> None:
        self._quality = labelled["true_quality"].to_numpy()
        self._score = labelled["score"].to_numpy()
        self._created = labelled["created_utc"].to_numpy()
        self._words = labelled["words"].to_numpy()

    def right(self, pairs: Pairing) -> Mask:
        better: Mask = self._quality[pairs.chosen] > self._quality[pairs.rejected]
        return better

    def curve(self, pairs: Pairing) -> Curve:
        return Curve.of(self.right(pairs), pairs.probability)

    def widest_gaps(self, pairs: Pairing) -> Curve:
        gap = self._score[pairs.chosen] - self._score[pairs.rejected]
        return Curve.of(self.right(pairs), gap.astype(np.float64))

    def of_method(self, before: Pairing, after: Pairing) -> Figures:
        return {
            "admissible": len(before),
            "published": len(after),
            "accuracy": _mean(self.right(before)),
            "published_accuracy": _mean(self.right(after)),
            "earlier_wins": measure.share(-self._created[after.chosen], -self._created[after.rejected]),
            "longer_wins": measure.share(self._words[after.chosen], self._words[after.rejected]),
        }


def over_mechanisms(by_mechanism: Mapping[str, Figures], *, holding: frozenset[str]) -> Figures:
    """Return the figures over all mechanisms; `holding`: where the model's assumptions hold."""

    def values(key: str) -> list[float]:
        return [figures_[key] for figures_ in by_mechanism.values()]

    errors, yields = values("error_ratio_at_shp_yield"), values("yield_ratio_at_shp_accuracy")
    return {
        "error_ratio_at_shp_yield": float(np.mean(errors)),
        "error_ratio_at_shp_yield_worst": max(errors),
        "yield_ratio_at_shp_accuracy": float(np.mean(yields)),
        "yield_ratio_at_shp_accuracy_worst": min(yields),
        "gain_over_raw_gap_worst": min(values("gain_over_raw_gap")),
        "ece_assumed": max(by_mechanism[name]["ece"] for name in holding),
        "ece_other": max(figures_["ece"] for name, figures_ in by_mechanism.items() if name not in holding),
    }


def over_seeds(runs: list[Figures]) -> tuple[Figures, Figures]:
    """Return the mean of every figure over the seeds, and its spread: highest less lowest."""
    values = {key: np.array([run[key] for run in runs]) for key in runs[0]}
    return (
        {key: float(found.mean()) for key, found in values.items()},
        {key: float(np.ptp(found)) for key, found in values.items()},
    )


def _mean(values: Mask) -> float:
    return float(values.mean()) if len(values) else _UNKNOWN
