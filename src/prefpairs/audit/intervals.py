"""Counts -> how far a share could be from what was counted.

Wilson's interval for recall and precision keeps its coverage near 0 and 1 (Brown, Cai and DasGupta 2001,
Statistical Science 16:101). Where a leak is counted the bound is Clopper and Pearson's (1934, Biometrika
26:404): exact, and never too optimistic.
"""

import math
from statistics import NormalDist

_BISECTIONS = 60  # halves [0, 1] down to 1e-18, below what a float near 1 can tell


def wilson(count: int, total: int, *, confidence: float) -> tuple[float, float]:
    """Return both ends of the Wilson score interval of `count / total`.

    `total` is at least 1; `confidence` is two-sided, 0 to 1.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = count / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # At the ends the formula is exact, and rounding would put the bound just beside it.
    low = 0.0 if count == 0 else max(0.0, (middle - half) / scale)
    high = 1.0 if count == total else min(1.0, (middle + half) / scale)
    return low, high


def clopper_pearson_upper(count: int, total: int, *, confidence: float) -> float:
    """Return the largest share under which `count` or fewer of `total` is not a surprise.

    One-sided: with probability `confidence` the true share is below it.
    """
    if count >= total:
        return 1.0
    low, high = count / total, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _at_most(count, total, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def ratio_interval(now: int, before: int, *, exposure: float, confidence: float) -> tuple[float, float]:
    """Return both ends of the interval of a ratio of two rates, each count at least 1.

    `exposure` is the words now over the words before. The counts are taken for Poisson; the interval is
    symmetric in the logarithm (Rothman, Greenland and Lash 2008, Modern Epidemiology, ch. 14).
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    ratio = now / before / exposure
    spread = math.exp(z * math.sqrt(1 / now + 1 / before))
    return ratio / spread, ratio * spread


def f_measure(recall: float, precision: float, *, beta: float = 2.0) -> float:
    """Return van Rijsbergen's F: at the default of 2, recall counts four times as much as precision."""
    weight = beta * beta
    below = weight * precision + recall
    return (1 + weight) * precision * recall / below if below else 0.0


def _at_most(count: int, total: int, share: float) -> float:
    """Return the probability of at most `count` of `total` under `share`, by logarithms of its terms."""
    if share >= 1:
        return 0.0
    odds = math.log(share) - math.log1p(-share) if share > 0 else -math.inf
    term = total * math.log1p(-share)
    probability = math.exp(term)
    for step in range(1, count + 1):
        term += math.log(total - step + 1) - math.log(step) + odds
        probability += math.exp(term)
    return probability
