"""Axes, marks and words -> SVG that scales, prints, and can be told apart without colour."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A scale from values to pixels. `start` is where `low` stands; a logarithmic one needs `low` above 0."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return where a value stands; what lies outside stands at the edge."""
        held = min(max(value, self.low), self.high)
        if self.log:
            part = math.log(held / self.low) / math.log(self.high / self.low)
        else:
            part = (held - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self, *, most: int = 6) -> list[float]:
        """Return round values to label, at most about so many."""
        if self.log:
            return self._log_ticks(most)
        raw = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(step * power for step in (*_STEPS, 10) if step * power >= raw * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in (_STEPS, (1, 3), (1,)):
            found = [step * 10.0**power for power in powers for step in steps]
            inside = [value for value in found if self.low * 0.999 <= value <= self.high * 1.001]
            if len(inside) <= most + 1:
                return inside
        return inside


def log_range(values: Sequence[float], *, floor: float) -> tuple[float, float]:
    """Return the ends of a logarithmic axis for the positive values, on steps of 1, 2, 5, at least a decade."""
    positive = [value for value in values if value > floor] or [floor, 10 * floor]
    low, high = _step(min(positive), up=False), _step(max(positive), up=True)
    if high / low < 10:
        low, high = _step(high / 10, up=False), high
    return low, high


def _step(value: float, *, up: bool) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    candidates = [step * power for step in (*_STEPS, 10)]
    if up:
        return next(step for step in candidates if step >= value * (1 - 1e-9))
    return next(step for step in reversed(candidates) if step <= value * (1 + 1e-9))


@dataclass(slots=True, kw_only=True)
class Drawing:
    """An SVG of this size in CSS pixels, which shrinks with the page and never grows beyond it."""

    width: float
    height: float
    label: str
    parts: list[Markup] = field(default_factory=list)

    def line(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """Draw straight lines from point to point."""
        path = "M" + "L".join(f"{_px(x)} {_px(y)}" for x, y in points)
        self.parts.append(Markup('<path class="{}" d="{}"/>').format(style, path))

    def bar(self, x: float, y: float, width: float, height: float, style: str) -> None:
        """Draw a rectangle from its upper left corner."""
        self.parts.append(
            Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                style, _px(x), _px(y), _px(max(width, 0)), _px(max(height, 0))
            )
        )

    def mark(self, x: float, y: float, style: str) -> None:
        """Draw a circle (`dot`), a square (`square`), a diamond (`diamond`) or a triangle (`below`)."""
        if style.startswith("dot"):
            self.parts.append(Markup('<circle class="{}" cx="{}" cy="{}" r="3.6"/>').format(style, _px(x), _px(y)))
            return
        shapes = {
            "s": ((-3.2, -3.2), (3.2, -3.2), (3.2, 3.2), (-3.2, 3.2)),
            "d": ((0, -5), (5, 0), (0, 5), (-5, 0)),
            "b": ((-4.5, -4), (4.5, -4), (0, 4)),
        }
        corners = "L".join(f"{_px(x + dx)} {_px(y + dy)}" for dx, dy in shapes[style[0]])
        self.parts.append(Markup('<path class="{}" d="M{}Z"/>').format(style, corners))

    def words(self, x: float, y: float, text: str, style: str = "tick", *, anchor: str = "middle") -> None:
        """Write a short text; `anchor` is start, middle or end."""
        self.parts.append(
            Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
                style, _px(x), _px(y), anchor, text
            )
        )

    def upright(self, x: float, y: float, text: str) -> None:
        """Write the title of a vertical axis, from bottom to top."""
        self.parts.append(
            Markup(
                '<text class="title" transform="translate({} {}) rotate(-90)" text-anchor="middle">{}</text>'
            ).format(_px(x), _px(y), text)
        )

    def svg(self) -> Markup:
        """Return the element."""
        return Markup(
            '<svg class="plot" viewBox="0 0 {} {}" style="max-width:{}px" role="img" aria-label="{}">{}</svg>'
        ).format(_px(self.width), _px(self.height), _px(self.width), self.label, Markup("\n").join(self.parts))


def short(value: float) -> str:
    """Write the label of a tick: `0.05`, `2`, `500`, `20k`."""
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    return f"{value:.10g}" if abs(value) < 1 else f"{value:g}"


def _px(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}"  # + 0.0: no minus before a zero
