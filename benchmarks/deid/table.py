"""The figures of a run -> the rows of the issue's table, for the terminal and for the documentation."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

HEADINGS = ("what", "stock Presidio", "prefpairs", "to reach", "reached")

Figures = Mapping[str, float | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number to reach.

    Attributes
    ----------
    key
        Of the figure; the peer's has the prefix `stock_`.
    what
        What it is.
    limit
        The number to reach: at least it, or, with `at_most`, at most it.
    unit
        What is written after a figure.

    """

    key: str
    what: str
    limit: float | None
    at_most: bool = False
    unit: str = ""
    digits: int = 3

    def reached(self, value: float) -> str:
        """Say whether a figure reaches the number."""
        if self.limit is None or math.isnan(value):
            return ""
        return "yes" if (value <= self.limit if self.at_most else value >= self.limit) else "no"


ROWS = (
    Row(
        key="direct_document_recall",
        what="Direct identifiers, held-out texts: documents without a leak",
        limit=0.99,
    ),
    Row(key="handwritten_document_recall", what="The same, hand-written texts", limit=None),
    Row(
        key="handwritten_untouched_share",
        what="Hand-written texts without identifiers: left as they were",
        limit=None,
    ),
    Row(key="wnut17_reddit_person_recall", what="WNUT17 Reddit, tokens masked: persons", limit=0.92),
    Row(key="wnut17_reddit_location_recall", what="WNUT17 Reddit, tokens masked: places", limit=0.75),
    Row(key="wnut17_reddit_organisation_recall", what="WNUT17 Reddit, tokens masked: organisations", limit=0.65),
    Row(key="wnut17_reddit_mask_precision", what="WNUT17 Reddit, precision of name masks", limit=0.75),
    Row(key="wnut17_reddit_person_recall_lower", what="WNUT17 Reddit in lower case: persons", limit=0.90),
    Row(key="presidio_research_f2", what="presidio-research synthetic set, F2 over tokens", limit=0.90),
    Row(key="presidio_research_span_f2", what="The same, F2 over spans", limit=None),
    Row(key="false_masks_per_1000", what="False masks per 1,000 words of real comments", limit=None),
    Row(key="false_masks_ratio", what="The same, as a ratio", limit=1 / 3, at_most=True),
    Row(key="withheld_texts", what="Texts withheld because a step failed", limit=0, at_most=True, digits=0),
    Row(key="patterns_speedup", what="Comments/s/core, patterns only, equal results", limit=8, unit="×", digits=1),
    Row(
        key="ner_speedup_equal_recall",
        what="Comments/s/core with NER, against stock with the six-layer float32 model",
        limit=4,
        unit="×",
        digits=1,
    ),
    Row(
        key="ner_speedup_cnn",
        what="Comments/s/core with NER, against stock with the CNN",
        limit=1.3,
        unit="×",
        digits=1,
    ),
    Row(
        key="memory_growth_ratio",
        what="Resident memory after 200,000 comments, as a ratio to before",
        limit=1.1,
        at_most=True,
        digits=2,
    ),
)


def rows(figures: Figures) -> list[tuple[str, ...]]:
    """Return the table's rows, for what was measured."""
    return [_cells(row, figures) for row in ROWS if row.key in figures]


def markdown(figures: Figures) -> str:
    """Return the table as Markdown."""
    lines = [HEADINGS, ("---", "---:", "---:", "---:", "---"), *rows(figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row, figures: Figures) -> tuple[str, ...]:
    sign = "≤" if row.at_most else "≥"
    return (
        row.what,
        _figure(row, figures, f"stock_{row.key}"),
        _figure(row, figures, row.key),
        "" if row.limit is None else f"{sign} {row.limit:.3g}{row.unit}",
        row.reached(float(figures[row.key])),
    )


def _figure(row: Row, figures: Figures, key: str) -> str:
    if key not in figures:
        return ""
    shown = f"{float(figures[key]):.{row.digits}f}{row.unit}"
    if f"{key}_low" not in figures:
        return shown
    low, high = (f"{float(figures[f'{key}_{side}']):.{min(row.digits, 2)}f}" for side in ("low", "high"))
    return f"{shown} ({low} to {high})"


def numbered(
    values: Mapping[str, Sequence[int] | int], prefix: str, *, of: Callable[[str], str] = str.lower
) -> dict[str, float]:
    """Return one flat figure for each count: `prefix_name`, or `prefix_name_part` and `prefix_name_all`."""
    flat: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, int):
            flat[f"{prefix}_{of(name)}"] = value
        else:
            flat |= {f"{prefix}_{of(name)}_masked": value[0], f"{prefix}_{of(name)}_all": value[1]}
    return flat
