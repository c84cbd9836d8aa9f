"""The document's numbers -> its plots."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from prefpairs.drawing import Axis, Drawing, log_range, short
from prefpairs.wording import percent

Row = Mapping[str, Any]
_LEAST_VOTES = 0.02  # the lowest that an axis of votes begins
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 10.0, 10.0, 42.0
_SERIES = (("dot", "line"), ("square", "line dashed"), ("diamond", "line dotted"))
_STUB = 6.0  # pixels of the hatched bar that stands for a few


def curve(points: Sequence[Row], *, x_title: str, label: str) -> Markup:
    """Draw expected votes as a line, observed means as dots with their intervals, on a logarithmic axis."""
    drawing = Drawing(width=340, height=232, label=label)
    y = _votes_axis(points, drawing)
    places = _columns(drawing, [point["label"] for point in points])
    drawing.line([(x, y.at(point["expected"])) for x, point in zip(places, points, strict=True)], "line")
    _observed(drawing, places, points, y)
    drawing.words((_LEFT + drawing.width - _RIGHT) / 2, drawing.height - 6, x_title, "title")
    drawing.upright(11, (_TOP + drawing.height - _BOTTOM) / 2, "votes, on average")
    return drawing.svg()


def deciles(points: Sequence[Row], *, label: str) -> Markup:
    """Draw observed against expected votes; on the diagonal both are the same."""
    drawing = Drawing(width=340, height=300, label=label)
    y = _votes_axis(points, drawing)
    x = Axis(low=y.low, high=y.high, start=_LEFT, end=drawing.width - _RIGHT, log=True)
    for tick in x.ticks():
        drawing.line([(x.at(tick), _TOP), (x.at(tick), y.start)], "grid")
        drawing.words(x.at(tick), y.start + 14, short(tick))
    drawing.line([(x.start, y.start), (x.end, y.end)], "reference")
    _observed(drawing, [x.at(point["expected"]) for point in points], points, y)
    drawing.words((x.start + x.end) / 2, drawing.height - 6, "expected votes, mean of a tenth", "title")
    drawing.upright(11, (y.start + y.end) / 2, "observed votes, mean")
    return drawing.svg()


def bars(
    bins: Sequence[Row],
    *,
    x_title: str,
    label: str,
    least: int,
    beside: Sequence[Row] = (),
    width: float = 340,
    level: float | None = None,
    of: str = "pairs",
) -> Markup:
    """Draw a histogram of shares; with `beside`, a second one as outlined bars.

    A bar that is too small to be shown is a low hatched one. `level` is a dashed line to compare with.
    """
    drawing = Drawing(width=width, height=216, label=label)
    shares = [row["share"] or 0.0 for row in (*bins, *beside)] + ([level * 1.15] if level else [])
    y = Axis(low=0, high=max(*shares, 0.01) * 1.05, start=drawing.height - _BOTTOM, end=_TOP)
    for tick in y.ticks(most=5):
        drawing.line([(_LEFT, y.at(tick)), (width - _RIGHT, y.at(tick))], "grid")
        drawing.words(_LEFT - 5, y.at(tick) + 4, percent(tick, 0), anchor="end")
    places = _columns(drawing, [row["label"] for row in bins])
    step = (width - _LEFT - _RIGHT) / len(bins)
    series = [("bar-filled", bins), *([("bar-outlined", beside)] if beside else [])]
    each = 0.84 * step / len(series)
    for number, (style, rows) in enumerate(series):
        for x, row in zip(places, rows, strict=True):
            left = x - 0.42 * step + number * each
            _bar(drawing, row, left, each, y, style, f"{of}, fewer than {least}")
    drawing.line([(_LEFT, y.start), (width - _RIGHT, y.start)], "base")
    if level:
        drawing.line([(_LEFT, y.at(level)), (width - _RIGHT, y.at(level))], "reference")
    drawing.words((_LEFT + width - _RIGHT) / 2, drawing.height - 6, x_title, "title")
    drawing.upright(11, (y.start + y.end) / 2, f"share of {of}")
    return drawing.svg()


def reliability(predictive: Row, *, label: str) -> Markup:
    """Draw the share of responses at or below each predicted quantile, a line for each third of the corpus."""
    drawing = Drawing(width=340, height=300, label=label)
    x, y = _shares_axes(drawing, low=0.0)
    drawing.line([(x.start, y.start), (x.end, y.end)], "reference")
    for number, (third, (mark, style)) in enumerate(zip(predictive["thirds"], _SERIES, strict=False)):
        points = [
            (x.at(nominal), y.at(share))
            for nominal, share in zip(predictive["nominal"], third["shares"], strict=True)
        ]
        drawing.line(points, style)
        for place in points[1 + number :: 4]:
            drawing.mark(*place, mark)
        row = _TOP + 12 + 16 * number
        drawing.line([(x.start + 8, row), (x.start + 34, row)], style)
        drawing.mark(x.start + 21, row, mark)
        drawing.words(x.start + 41, row + 4, third["name"], anchor="start")
    drawing.words((x.start + x.end) / 2, drawing.height - 6, "predicted quantile", "title")
    drawing.upright(11, (y.start + y.end) / 2, "responses at or below it")
    return drawing.svg()


def kept_order(bins: Sequence[Row], *, label: str) -> Markup:
    """Draw the share of pairs whose order a later look keeps against their probability."""
    drawing = Drawing(width=340, height=300, label=label)
    low = min([0.5, *(row["kept"]["low"] for row in bins), *(row["probability"] for row in bins)])
    x, y = _shares_axes(drawing, low=max(0.0, int(low * 10) / 10))
    drawing.line([(x.start, y.start), (x.end, y.end)], "reference")
    for row in bins:
        place = x.at(row["probability"])
        _whisker(drawing, place, y.at(row["kept"]["low"]), y.at(row["kept"]["high"]))
        drawing.mark(place, y.at(row["kept"]["value"]), "dot")
    drawing.words((x.start + x.end) / 2, drawing.height - 6, "preference probability, mean of a bin", "title")
    drawing.upright(11, (y.start + y.end) / 2, "pairs that keep their order")
    return drawing.svg()


def dumbbells(bands: Sequence[Row], *, label: str, title: str) -> Markup:
    """Draw a row for each band: hollow before, filled after, on an axis from 0 to 100 %."""
    left, right, row_height = 126.0, 112.0, 31.0
    drawing = Drawing(width=540, height=_TOP + row_height * len(bands) + 56, label=label)
    bottom = _TOP + row_height * len(bands) + 16
    x = Axis(low=0, high=1, start=left, end=drawing.width - right)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        drawing.line([(x.at(tick), _TOP + 12), (x.at(tick), bottom)], "reference" if tick == 0.5 else "grid")
        drawing.words(x.at(tick), bottom + 15, percent(tick, 0))
    drawing.words(drawing.width - right + 62, _TOP + 6, "before → after")
    for number, band in enumerate(bands):
        y = _TOP + 12 + row_height * (number + 0.5)
        style = "name strong" if number == len(bands) - 1 else "name"
        drawing.words(left - 12, y + 4, band["label"], style, anchor="end")
        before, after = band["before"], band["after"]
        if before and after:
            drawing.line([(x.at(before["value"]), y), (x.at(after["value"]), y)], "connection")
        if after:
            _flat_whisker(drawing, x.at(after["low"]), x.at(after["high"]), y)
        if before:
            drawing.mark(x.at(before["value"]), y, "dot hollow")
        if after:
            drawing.mark(x.at(after["value"]), y, "diamond")
        told = " → ".join(percent(rate["value"], 0) if rate else "–" for rate in (before, after))
        drawing.words(drawing.width - right + 62, y + 4, told, "name")
    drawing.words((x.start + x.end) / 2, drawing.height - 6, title, "title")
    return drawing.svg()


def _votes_axis(points: Sequence[Row], drawing: Drawing) -> Axis:
    values = [point[name] for point in points for name in ("expected", "observed", "high")]
    low, high = log_range(values, floor=_LEAST_VOTES)
    y = Axis(low=low, high=high, start=drawing.height - _BOTTOM, end=_TOP, log=True)
    for tick in y.ticks():
        drawing.line([(_LEFT, y.at(tick)), (drawing.width - _RIGHT, y.at(tick))], "grid")
        drawing.words(_LEFT - 5, y.at(tick) + 4, short(tick), anchor="end")
    return y


def _shares_axes(drawing: Drawing, *, low: float) -> tuple[Axis, Axis]:
    x = Axis(low=low, high=1, start=_LEFT, end=drawing.width - _RIGHT - 10)
    y = Axis(low=low, high=1, start=drawing.height - _BOTTOM, end=_TOP)
    for tick in x.ticks():
        drawing.line([(x.at(tick), _TOP), (x.at(tick), y.start)], "grid")
        drawing.line([(_LEFT, y.at(tick)), (x.end, y.at(tick))], "grid")
        drawing.words(x.at(tick), y.start + 14, percent(tick, 0))
        drawing.words(_LEFT - 5, y.at(tick) + 4, percent(tick, 0), anchor="end")
    return x, y


def _columns(drawing: Drawing, labels: Sequence[str]) -> list[float]:
    step = (drawing.width - _LEFT - _RIGHT) / max(len(labels), 1)
    places = [_LEFT + (number + 0.5) * step for number in range(len(labels))]
    for place, text in zip(places, labels, strict=True):
        drawing.words(place, drawing.height - _BOTTOM + 14, text, "tick small")
    return places


def _observed(drawing: Drawing, places: Sequence[float], points: Sequence[Row], y: Axis) -> None:
    for x, point in zip(places, points, strict=True):
        if point["observed"] < y.low:
            drawing.mark(x, y.start - 5, "below")
            continue
        _whisker(drawing, x, y.at(point["low"]), y.at(point["high"]))
        drawing.mark(x, y.at(point["observed"]), "dot")


def _whisker(drawing: Drawing, x: float, low: float, high: float) -> None:
    drawing.line([(x, low), (x, high)], "whisker")
    for end in (low, high):
        drawing.line([(x - 3, end), (x + 3, end)], "whisker")


def _flat_whisker(drawing: Drawing, low: float, high: float, y: float) -> None:
    drawing.line([(low, y), (high, y)], "whisker")
    for end in (low, high):
        drawing.line([(end, y - 3.5), (end, y + 3.5)], "whisker")


def _bar(drawing: Drawing, row: Row, x: float, width: float, y: Axis, style: str, hidden: str) -> None:
    if row["share"] is None:
        drawing.parts.append(Markup("<g><title>{}</title>").format(hidden))
        drawing.bar(x, y.start - _STUB, width, _STUB, "bar-few")
        drawing.parts.append(Markup("</g>"))
    elif row["share"]:
        top = min(y.at(row["share"]), y.start - 1)
        drawing.bar(x, top, width, y.start - top, style)
