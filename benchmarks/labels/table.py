"""Figures -> the rows of the tables, with what is to be reached beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.labels.score import Figures

_WIDTH = 115
_METHODS = ("raw_gap", "llumi", "stackexchange", "shp", "calibrated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A number to reach: between `low` and `high`."""

    key: str
    what: str
    low: float | None = None
    high: float | None = None

    def row(self, figures: Figures, spread: Figures) -> tuple[str, str, str, str]:
        """Return what, the figure, its spread over the seeds, and what is to be reached."""
        value = figures[self.key]
        ends = [
            f"≥ {self.low:g}" if self.low is not None else "",
            f"≤ {self.high:g}" if self.high is not None else "",
        ]
        reached = "reached" if self.reached(value) else "NOT reached"
        wanted = " and ".join(end for end in ends if end)
        moved = f"± {spread[self.key] / 2:.3f}" if self.key in spread else ""
        return self.what, f"{value:.3f}", moved, f"{wanted}: {reached}"

    def reached(self, value: float) -> bool:
        """Say whether a figure reaches it; one that is unknown does not."""
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high)


TARGETS = (
    Target(key="error_ratio_at_shp_yield", what="errors for one of SHP's, at SHP's yield, mean", high=0.25),
    Target(key="error_ratio_at_shp_yield_worst", what="… worst mechanism", high=0.5),
    Target(key="yield_ratio_at_shp_accuracy", what="pairs for one of SHP's, at SHP's accuracy, mean", low=6),
    Target(key="yield_ratio_at_shp_accuracy_worst", what="… worst mechanism", low=3),
    Target(key="gain_over_raw_gap_worst", what="accuracy over the raw gap's at equal yield, smallest", low=0),
    Target(key="ece_assumed", what="calibration error where the assumptions hold", high=0.03),
    Target(key="ece_other", what="… worst of the other mechanisms", high=0.08),
    Target(key="earlier_wins_share", what="earlier wins, published pairs of the demo corpus", low=0.45, high=0.55),
)  # fmt: skip


def show(by_mechanism: Mapping[str, Figures], spreads: Mapping[str, Figures]) -> None:
    """Print what each mechanism gives, then each method over all mechanisms."""
    console = Console(width=_WIDTH)
    console.print(_of_mechanisms(by_mechanism, spreads))
    console.print(_accuracies(by_mechanism))
    console.print(_of_methods(by_mechanism))


def _of_mechanisms(by_mechanism: Mapping[str, Figures], spreads: Mapping[str, Figures]) -> Table:
    columns = (
        ("errors at\nSHP's yield", "error_ratio_at_shp_yield", 3),
        ("… after\nthe caps", "error_ratio_at_shp_yield_published", 2),
        ("pairs at\nSHP's acc.", "yield_ratio_at_shp_accuracy", 1),
        ("… after\nthe caps", "yield_ratio_at_shp_accuracy_published", 1),
        ("gain over\nraw gap", "gain_over_raw_gap", 3),
        ("calibration\nerror", "ece", 3),
    )
    title = "calibrated against SHP and the raw gap (mean ± half the range over the seeds)"
    table = _table(title, "mechanism", *(heading for heading, _, _ in columns))
    for name, figures in by_mechanism.items():
        cells = (_figure(figures[key], spreads[name][key], digits) for _, key, digits in columns)
        table.add_row(name, *cells)
    return table


def _figure(value: float, spread: float, digits: int) -> str:
    return f"{value:.{digits}f} ±{spread / 2:.{digits}f}"


def _accuracies(by_mechanism: Mapping[str, Figures]) -> Table:
    table = _table(
        "Accuracy of the pairs that each preset admits / of as many of calibrated's surest", "mechanism", *_METHODS
    )
    for name, figures in by_mechanism.items():
        own = (f"{figures[f'{method}.accuracy']:.3f}" for method in _METHODS)
        ours = (f"{figures[f'{method}.calibrated_accuracy']:.3f}" for method in _METHODS)
        table.add_row(name, *(f"{one} / {other}" for one, other in zip(own, ours, strict=True)))
    return table


def _of_methods(by_mechanism: Mapping[str, Figures]) -> Table:
    table = _table(
        "Every preset, mean over the mechanisms (worst in brackets)",
        "preset", "pairs before\ncaps", "accuracy", "pairs after\ncaps", "accuracy",
        "earlier\nwins", "longer\nwins",
    )  # fmt: skip
    for method in _METHODS:
        values = {
            key: np.array([figures[f"{method}.{key}"] for figures in by_mechanism.values()])
            for key in ("admissible", "accuracy", "published", "published_accuracy", "earlier_wins", "longer_wins")
        }
        table.add_row(
            method,
            f"{values['admissible'].mean():,.0f}",
            f"{values['accuracy'].mean():.3f} ({values['accuracy'].min():.3f})",
            f"{values['published'].mean():,.0f}",
            f"{values['published_accuracy'].mean():.3f} ({values['published_accuracy'].min():.3f})",
            f"{values['earlier_wins'].mean():.3f}",
            f"{values['longer_wins'].mean():.3f}",
        )
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, justify="left" if heading == headings[0] else "right")
    return table


def targets(figures: Figures, spread: Figures) -> Sequence[tuple[str, str, str, str]]:
    """Return the rows of the numbers to reach, for what was measured."""
    return [target.row(figures, spread) for target in TARGETS if target.key in figures]
