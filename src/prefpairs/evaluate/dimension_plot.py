"""One proxy of what models wrote -> a small plot: model, reference and community on an axis of its own."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from prefpairs.drawing import Axis, Drawing, short

_SOURCES = (("model", "interval", "diamond"), ("reference", "reference_interval", "dot hollow"),
            ("community", "community_interval", "square hollow"))  # fmt: skip
_LEFT, _RIGHT, _ROW, _TOP = 84.0, 12.0, 19.0, 4.0


def dimension(row: Mapping[str, Any], *, label: str) -> Markup:
    """Draw a row each for what has a value. The axis holds the values and their intervals, seldom 0."""
    shown = [
        (name, row[name], row[interval], style) for name, interval, style in _SOURCES if row[name] is not None
    ]
    drawing = Drawing(width=330, height=_TOP + _ROW * len(shown) + 22, label=label)
    bottom = _TOP + _ROW * len(shown)
    ends = [end for _, value, interval, _ in shown for end in (value, *(interval or ()))]
    low, high = min(ends), max(ends)
    room = 0.1 * (high - low) or max(abs(high) * 0.1, 0.1)
    # Shares and counts have no room below zero.
    x = Axis(
        low=max(low - room, 0.0) if low >= 0 else low - room,
        high=high + room,
        start=_LEFT,
        end=drawing.width - _RIGHT,
    )
    for tick in x.ticks(most=4):
        drawing.line([(x.at(tick), _TOP), (x.at(tick), bottom)], "grid")
        drawing.words(x.at(tick), bottom + 14, short(round(tick, 10)).replace("-", "\u2212"), "tick small")
    for place, (name, value, interval, style) in enumerate(shown):
        y = _TOP + _ROW * (place + 0.5)
        drawing.words(_LEFT - 8, y + 4, name, "tick", anchor="end")
        if interval:
            drawing.line([(x.at(interval[0]), y), (x.at(interval[1]), y)], "whisker")
            for end in interval:
                drawing.line([(x.at(end), y - 3.5), (x.at(end), y + 3.5)], "whisker")
        drawing.mark(x.at(value), y, style)
    return drawing.svg()
