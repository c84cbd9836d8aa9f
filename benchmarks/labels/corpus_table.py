"""Figures of a real corpus -> one row a figure, one column a preset."""

import math
from collections.abc import Sequence

from benchmarks.labels.corpus import NAMES, Figures

HEADINGS = ("what", *NAMES, "remark")
_COUNTS = {
    "pairs_before_caps": ("pairs before the caps", ""),
    "pairs": ("pairs", ""),
    "posts_with_pairs": ("posts with a pair", ""),
    "pairs_looked_at_twice": ("pairs looked at twice", "first settled look, and one after 7 days"),
}
_SHARES = {
    "earlier_wins": ("earlier wins", "0.5 where time does not count"),
    "longer_wins": ("longer wins", "in words"),
    "unvoted": ("rejected without a vote", ""),
    **{f"kept_by_{name}": (f"order kept by {name}", "share of the preset's pairs") for name in NAMES},
    "stable": ("order kept after 7 days", "everything computed anew"),
}


def rows(figures: Figures) -> Sequence[tuple[str, ...]]:
    """Return the rows of the figures that are there."""
    found = [
        (f"{int(figures['kept_comments']):,} kept comments", *("" for _ in NAMES),
         f"{int(figures['looked_at_twice']):,} of them looked at twice"),
    ]  # fmt: skip
    for keys, form in ((_COUNTS, ",.0f"), (_SHARES, ".3f")):
        for key, (what, remark) in keys.items():
            cells = [_cell(figures.get(f"{name}.{key}", math.nan), form) for name in NAMES]
            if any(cells):
                found.append((what, *cells, remark))
    return found


def _cell(value: float, form: str) -> str:
    return "" if math.isnan(value) else f"{value:{form}}"
