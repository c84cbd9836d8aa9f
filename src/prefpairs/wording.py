"""Numbers -> how they are written in the report, on the page and in its sentences."""

import math


def percent(share: float, digits: int = 1) -> str:
    """Write a share: `98.2 %`. What is not quite all, or not quite nothing, never reads as if it were."""
    least = 10**-digits
    if 0 < share * 100 < least / 2:
        return f"<{least:.{digits}f}\u00a0%"
    text = f"{share * 100:.{digits}f}"
    if share < 1 and float(text) == 100:
        text = f"{100 - least:.{digits}f}"
    return f"{share * 100:.0f}\u00a0%" if share in (0, 1) else f"{text}\u00a0%"


def thousands(count: int | None, least: int) -> str:
    """Write a count, or that it is too small to be shown."""
    return f"<{least}" if count is None else f"{count:,}"


def density(per_1000_words: float | None) -> str:
    """Write a density with two significant digits."""
    if per_1000_words is None:
        return "·"
    if per_1000_words == 0:
        return "0"
    digits = max(0, 1 - math.floor(math.log10(per_1000_words)))
    return f"{per_1000_words:,.{min(digits, 3)}f}"


def change(ratio_less_one: float) -> str:
    """Write a relative change with its sign: `+12 %`, `−40 %`."""
    return f"{'+' if ratio_less_one >= 0 else '−'}{abs(ratio_less_one) * 100:,.0f}\u00a0%"
