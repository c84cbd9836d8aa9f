"""The document's figures about preferences -> their plots."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from prefpairs.drawing import Axis, Drawing, short
from prefpairs.evaluate.wording import bin_words, number, rule_words, share
from prefpairs.wording import percent

Row = Mapping[str, Any]
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 10.0, 10.0, 42.0
_ROW = 29.0
_APART = 13.0
_NAMES, _FIGURES = 238.0, 74.0  # widths of the words on both sides of a row of dots
_BESIDE = {"longer": (-14.0, "square hollow"), "reference_likelihood": (14.0, "diamond hollow")}


def rules(accuracies: Sequence[Row], *, label: str) -> Markup:
    """Draw a row for each rule: its accuracy and its interval; the model's is filled, likelihoods stand apart."""
    shown = [row for row in accuracies if row["accuracy"]]
    kinds = [_kind(row["rule"]) for row in shown]
    apart = [place for place in range(1, len(kinds)) if kinds[place] != kinds[place - 1]]
    x, drawing, middles = _rows(shown, [row["accuracy"] for row in shown], label, apart=apart)
    for row, y in zip(shown, middles, strict=True):
        own = row["rule"] == "model"
        _name(drawing, rule_words(row["rule"]), y, strong=own)
        if row["rule"] == "random":
            drawing.mark(x.at(0.5), y, "dot hollow")
        else:
            _flat_whisker(drawing, x, row["accuracy"], y)
            drawing.mark(x.at(row["accuracy"]["value"]), y, "diamond" if own else "dot hollow")
        _figure(drawing, share(row["accuracy"]), y, strong=own)
    _share_title(drawing, x, "pairs whose chosen response is put first")
    return drawing.svg()


def equal_length(fits: Sequence[Row], accuracies: Sequence[Row], *, label: str) -> Markup:
    """Draw a row for each rule: hollow as counted, filled at equal length."""
    counted = {row["rule"]: row["accuracy"] for row in accuracies}
    shown = [row for row in fits if row["accuracy"] and counted.get(row["rule"])]
    estimates = [row["accuracy"] for row in shown] + [counted[row["rule"]] for row in shown]
    x, drawing, middles = _rows(shown, estimates, label)
    for row, y in zip(shown, middles, strict=True):
        before, after = counted[row["rule"]], row["accuracy"]
        _name(drawing, rule_words(row["rule"]), y, strong=row["rule"] == "model")
        drawing.line([(x.at(before["value"]), y), (x.at(after["value"]), y)], "connection")
        _flat_whisker(drawing, x, after, y)
        drawing.mark(x.at(before["value"]), y, "dot hollow")
        drawing.mark(x.at(after["value"]), y, "diamond")
        _figure(drawing, share(after), y, strong=row["rule"] == "model")
    _share_title(drawing, x, "accuracy, as counted and at equal length")
    return drawing.svg()


def by_bin(
    bins: Sequence[Row], *, x_title: str, label: str, beside: Sequence[str], few: int, shares: bool = False
) -> Markup:
    """Draw the accuracy of each bin with its interval, hollow if it has few posts, and what simple rules get."""
    drawing = Drawing(width=max(340.0, 74.0 * len(bins) + _LEFT + _RIGHT), height=262, label=label)
    bottom = drawing.height - _BOTTOM - 14
    values = [row["beside"][rule] for row in bins for rule in beside if rule in row["beside"]]
    low, high = _share_ends([row["accuracy"] for row in bins], values)
    y = Axis(low=low, high=high, start=bottom, end=_TOP)
    for tick in y.ticks(most=5):
        drawing.line([(_LEFT, y.at(tick)), (drawing.width - _RIGHT, y.at(tick))], "grid")
        drawing.words(_LEFT - 5, y.at(tick) + 4, percent(tick, 0), anchor="end")
    drawing.line([(_LEFT, y.at(0.5)), (drawing.width - _RIGHT, y.at(0.5))], "reference")
    step = (drawing.width - _LEFT - _RIGHT) / len(bins)
    for place, row in enumerate(bins):
        x = _LEFT + (place + 0.5) * step
        drawing.words(x, bottom + 15, bin_words(row["low"], row["high"], shares=shares), "tick small")
        drawing.words(x, bottom + 28, f"{row['pairs']:,} pairs", "tick small")
        _bin(drawing, x, y, row, beside, few)
    drawing.words((_LEFT + drawing.width - _RIGHT) / 2, drawing.height - 5, x_title, "title")
    drawing.upright(11, (bottom + _TOP) / 2, "accuracy")
    return drawing.svg()


def confidence(bins: Sequence[Row], *, label: str, few: int) -> Markup:
    """Draw how often the model is right against how sure it is; on the diagonal it is as sure as it may be."""
    drawing = Drawing(width=340, height=300, label=label)
    shown = [row for row in bins if row["accuracy"]]
    low = min([0.5, *(row["accuracy"]["low"] for row in shown)])
    y = Axis(low=int(low * 10) / 10, high=1, start=drawing.height - _BOTTOM, end=_TOP)
    x = Axis(low=0.5, high=1, start=_LEFT, end=drawing.width - _RIGHT - 10)
    for tick in y.ticks():
        drawing.line([(_LEFT, y.at(tick)), (x.end, y.at(tick))], "grid")
        drawing.words(_LEFT - 5, y.at(tick) + 4, percent(tick, 0), anchor="end")
    for tick in x.ticks(most=5):
        drawing.words(x.at(tick), y.start + 14, percent(tick, 0))
    drawing.line([(x.at(0.5), y.at(0.5)), (x.at(1), y.at(1))], "reference")
    for row in shown:
        place = x.at(row["mean"])
        _upright_whisker(drawing, place, y, row["accuracy"])
        drawing.mark(place, y.at(row["accuracy"]["value"]), _dot(row, few))
    drawing.words((x.start + x.end) / 2, drawing.height - 6, "sigmoid of the margin, mean of a bin", "title")
    drawing.upright(11, (y.start + y.end) / 2, "accuracy")
    return drawing.svg()


def histogram(held: Row, *, x_title: str, label: str, of: str, beside: Row | None = None) -> Markup:
    """Draw counts as bars on an axis with a dashed line at 0; `beside` is a second one, as an outline."""
    drawing = Drawing(width=340, height=216, label=label)
    edges = held["edges"]
    highest = max(*held["counts"], *(beside["counts"] if beside else ()), 1)
    x = Axis(low=edges[0], high=edges[-1], start=_LEFT, end=drawing.width - _RIGHT)
    y = Axis(low=0, high=highest * 1.06, start=drawing.height - _BOTTOM, end=_TOP)
    for tick in (tick for tick in y.ticks(most=4) if tick == int(tick)):
        drawing.line([(_LEFT, y.at(tick)), (x.end, y.at(tick))], "grid")
        drawing.words(_LEFT - 5, y.at(tick) + 4, short(tick), anchor="end")
    for left, right, count in zip(edges[:-1], edges[1:], held["counts"], strict=True):
        if count:
            top = min(y.at(count), y.start - 1)
            drawing.bar(x.at(left) + 0.5, top, x.at(right) - x.at(left) - 1, y.start - top, "bar-filled")
    if beside:
        drawing.line(_outline(beside, x, y), "line dotted")
    drawing.line([(_LEFT, y.start), (x.end, y.start)], "base")
    drawing.line([(x.at(0), _TOP), (x.at(0), y.start)], "reference")
    for tick in x.ticks(most=5):
        drawing.words(x.at(tick), y.start + 14, short(tick).replace("-", "\u2212"))
    drawing.words((x.start + x.end) / 2, drawing.height - 6, x_title, "title")
    drawing.upright(11, (y.start + y.end) / 2, of)
    return drawing.svg()


def moved(drift: Row, *, label: str) -> Markup:
    """Draw the change in log-probability by token of both sides, and 0, from which they started."""
    sides = [(name, drift[name]["token"]) for name in ("chosen", "rejected") if drift[name]["token"]]
    ends = [0.0, *(estimate[end] for _, estimate in sides for end in ("low", "high"))]
    spread = (max(ends) - min(ends)) or 1.0
    drawing = Drawing(width=540, height=_TOP + _ROW * len(sides) + 44, label=label)
    bottom = _TOP + _ROW * len(sides)
    x = Axis(low=min(ends) - 0.08 * spread, high=max(ends) + 0.08 * spread, start=106, end=540 - _FIGURES)
    for tick in x.ticks(most=5):
        at_zero = abs(tick) < spread * 1e-6
        drawing.line([(x.at(tick), _TOP), (x.at(tick), bottom)], "reference" if at_zero else "grid")
        drawing.words(x.at(tick), bottom + 15, short(round(tick, 10)).replace("-", "\u2212"))
    for place, (name, estimate) in enumerate(sides):
        y = _TOP + _ROW * (place + 0.5)
        drawing.words(94, y + 4, name, "name", anchor="end")
        drawing.line([(x.at(0), y), (x.at(estimate["value"]), y)], "connection")
        _flat_whisker(drawing, x, estimate, y)
        drawing.mark(x.at(estimate["value"]), y, "diamond" if name == "chosen" else "dot hollow")
        _figure(drawing, number(estimate["value"]), y)
    drawing.words((x.start + x.end) / 2, drawing.height - 6, "change in log-probability by token, nats", "title")
    return drawing.svg()


def _kind(rule: str) -> str:
    return "model" if rule == "model" else "likelihood" if "likelihood" in rule else "rule"


def _rows(
    shown: Sequence[Row], estimates: Sequence[Row], label: str, *, apart: Sequence[int] = ()
) -> tuple[Axis, Drawing, list[float]]:
    """Return axis, drawing and the middle of each row; more room is left before the rows that are `apart`."""
    bottom = _TOP + _ROW * len(shown) + _APART * len(apart)
    drawing = Drawing(width=660, height=bottom + 44, label=label)
    low, high = _share_ends(estimates, ())
    x = Axis(low=low, high=high, start=_NAMES, end=drawing.width - _FIGURES)
    for tick in x.ticks():
        drawing.line([(x.at(tick), _TOP), (x.at(tick), bottom)], "grid")
        drawing.words(x.at(tick), bottom + 15, percent(tick, 0))
    drawing.line([(x.at(0.5), _TOP), (x.at(0.5), bottom)], "reference")
    middles = [
        _TOP + _ROW * (place + 0.5) + _APART * sum(start <= place for start in apart)
        for place in range(len(shown))
    ]
    return x, drawing, middles


def _share_ends(estimates: Sequence[Row | None], others: Sequence[float]) -> tuple[float, float]:
    """Return tenths that hold every figure, its interval, and a half."""
    ends = [0.45, 0.65, *others]
    ends += [estimate[end] for estimate in estimates if estimate for end in ("low", "high", "value")]
    return math.floor(min(ends) * 10 + 1e-9) / 10, math.ceil(max(ends) * 10 - 1e-9) / 10


def _bin(drawing: Drawing, x: float, y: Axis, row: Row, beside: Sequence[str], few: int) -> None:
    for rule in beside:
        if rule in row["beside"]:
            aside, style = _BESIDE[rule]
            drawing.mark(x + aside, y.at(row["beside"][rule]), style)
    if row["accuracy"]:
        _upright_whisker(drawing, x, y, row["accuracy"])
        drawing.mark(x, y.at(row["accuracy"]["value"]), _dot(row, few))


def _dot(row: Row, few: int) -> str:
    return "dot hollow" if row["posts"] < few else "dot"


def _outline(held: Row, x: Axis, y: Axis) -> list[tuple[float, float]]:
    path = [(x.at(held["edges"][0]), y.start)]
    for left, right, count in zip(held["edges"][:-1], held["edges"][1:], held["counts"], strict=True):
        path += [(x.at(left), y.at(count)), (x.at(right), y.at(count))]
    return [*path, (x.at(held["edges"][-1]), y.start)]


def _name(drawing: Drawing, text: str, y: float, *, strong: bool) -> None:
    drawing.words(_NAMES - 12, y + 4, text, "name strong" if strong else "name", anchor="end")


def _figure(drawing: Drawing, text: str, y: float, *, strong: bool = False) -> None:
    drawing.words(drawing.width - 4, y + 4, text, "name strong" if strong else "name", anchor="end")


def _share_title(drawing: Drawing, x: Axis, text: str) -> None:
    drawing.words((x.start + x.end) / 2, drawing.height - 6, text, "title")


def _flat_whisker(drawing: Drawing, x: Axis, estimate: Row, y: float) -> None:
    drawing.line([(x.at(estimate["low"]), y), (x.at(estimate["high"]), y)], "whisker")
    for end in ("low", "high"):
        drawing.line([(x.at(estimate[end]), y - 3.5), (x.at(estimate[end]), y + 3.5)], "whisker")


def _upright_whisker(drawing: Drawing, x: float, y: Axis, estimate: Row) -> None:
    drawing.line([(x, y.at(estimate["low"])), (x, y.at(estimate["high"]))], "whisker")
    for end in ("low", "high"):
        drawing.line([(x - 3.5, y.at(estimate[end])), (x + 3.5, y.at(estimate[end]))], "whisker")
