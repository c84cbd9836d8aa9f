"""What an explanation is: a title, figures side by side, and sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from prefpairs.wording import percent

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
NOT_KNOWN = "–"
LABELS_NOT_SHOWN = (
    "Beside a name of the source a label would say something of a person, so none is shown here. A steward finds "
    "them in the table labels, and what waits for a judgement in safety_queue."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A title, a table of figures with its headings (empty if there is none), and sentences. Never a text."""

    title: str
    headings: Sequence[str] = ()
    figures: Sequence[tuple[str, ...]] = ()
    sentences: Sequence[str] = ()


def hours(value: float | None) -> str:
    """Write an age or a delay: `12 min`, `3.5 h`, `8 days`."""
    return NOT_KNOWN if value is None else span(value * _HOUR)


def span(seconds: float) -> str:
    """Write a time between two moments."""
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.1f} days"


def number(value: float | None) -> str:
    """Write a figure with three digits, or a dash where it is not known."""
    if value is None:
        return NOT_KNOWN
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def probability(value: float) -> str:
    """Write a probability."""
    return percent(value)
