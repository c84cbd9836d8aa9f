"""Names and numbers of the document -> how the page and the terminal write them."""

import math
from collections.abc import Mapping
from typing import Any

from prefpairs.wording import percent

_RULES = {
    "model": "the model\u2019s reward",
    "policy_likelihood": "likelier to the model",
    "policy_likelihood_per_token": "likelier to the model, by token",
    "reference_likelihood": "likelier to the reference",
    "reference_likelihood_per_token": "likelier to the reference, by token",
    "longer": "the longer one",
    "earlier": "the earlier one",
    "random": "a coin",
}
_JUDGES = {
    "votes": "the votes",
    "people": "the people who judged these pairs",
    "improvements": "the version\u2019s improvements",
}
_NEVER_SHOWN = "\u2013"


def rule_words(name: str) -> str:
    """Return what people call a rule."""
    return _RULES.get(name, name.replace("_", " "))


def judge_words(name: str) -> str:
    """Return what people call those whom the model is compared with."""
    return _JUDGES.get(name, name)


def reference_words(stage: str | None) -> str:
    """Return what people call the reference: trained by a stage, it is no model that saw no votes."""
    return f"the reference (stage {stage})" if stage else "the reference"


def few_posts(preferences: Mapping[str, Any], least: int) -> str | None:
    """Return the warning of a split with few posts; None if there are enough."""
    posts = preferences["posts"]
    if posts >= least:
        return None
    return (
        f"Only {posts} posts are held out. Intervals from so few are too narrow; an interval of no width does not "
        "mean that the figure is certain."
    )


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with a real minus; a dash for none."""
    if value is None:
        return _NEVER_SHOWN
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "\u2212")


def signed(value: float | None, digits: int = 3) -> str:
    """Write a number with its sign, nothing before a zero."""
    text = number(value, digits)
    return text if value is None or text.startswith("\u2212") or not text.strip("0.,") else f"+{text}"


def figure(value: float | None) -> str:
    """Write a number of unknown size with three significant digits."""
    if not value:
        return number(value, 0)
    return number(value, min(6, max(0, 2 - math.floor(math.log10(abs(value))))))


def figure_signed(value: float | None) -> str:
    """Write a difference of such numbers, with its sign."""
    text = figure(value)
    return f"+{text}" if value and value > 0 else text


def share(estimate: Mapping[str, Any] | None, digits: int = 1) -> str:
    """Write a share, or a dash."""
    return _NEVER_SHOWN if estimate is None else percent(estimate["value"], digits)


def share_range(estimate: Mapping[str, Any] | None, digits: int = 1) -> str:
    """Write both ends of the interval of a share."""
    if estimate is None:
        return ""
    return f"{percent(estimate['low'], digits)} \u2013 {percent(estimate['high'], digits)}"


def points(estimate: Mapping[str, Any] | None) -> str:
    """Write a difference of two shares in percentage points."""
    return _NEVER_SHOWN if estimate is None else signed(100 * estimate["value"], 1)


def points_range(estimate: Mapping[str, Any] | None) -> str:
    """Write both ends of the interval of a difference of two shares."""
    if estimate is None:
        return ""
    return f"{signed(100 * estimate['low'], 1)} to {signed(100 * estimate['high'], 1)}"


def bin_words(low: float | None, high: float | None, *, shares: bool = False) -> str:
    """Write what a bin holds: `under 0.5`, `0.5 to 0.6`, `0.95 and more`; of whole numbers both ends."""

    def write(value: float) -> str:
        return f"{value:g}".replace("-", "\u2212")

    if low is None:
        return "all" if high is None else f"under {write(high)}"
    if high is None:
        return f"{write(low)} and more"
    return f"{write(low)} to {write(high if shares else high - 1)}"
