"""Who wins each pair and by how many words it is longer -> how often pairs of equal length would be won.

As LC-AlpacaEval takes length out of a win rate (Dubois et al. 2024, arXiv 2404.04475): a logistic fit of the
outcome on the difference in length, and what it says where that difference is zero. It takes out what length
explains, right or wrong: if longer answers are better because they say more, that is taken out as well.
"""

from dataclasses import dataclass

import numpy as np

from prefpairs.evaluate.bootstrap import Bootstrap, Estimate
from prefpairs.evaluate.held_out import Floats, HeldOut, Integers

_RIDGE = 0.01
"""A weak pull to zero: without it a model that is always right, or always takes the longer one, has no fit."""
_STEPS = 40
_STEPS_OF_A_RESAMPLE = 10  # it starts from the fit of all pairs
_LONGEST_STEP = 2.0  # Newton's own may fly off where nearly all outcomes are the same


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutLength:
    """A rule's accuracy at equal length.

    Attributes
    ----------
    rule
        As in `Accuracy`.
    accuracy
        What the fit says of pairs of equal length.
    slope
        Change of the log odds of being right over one standard deviation of the difference in words (tanh-shaped:
        very long answers count no more than long ones). Above 0: the rule is right more often if the chosen
        response is the longer one.

    """

    rule: str
    accuracy: Estimate | None
    slope: float


def without_length(rule: str, outcome: Floats, held: HeldOut, bootstrap: Bootstrap) -> WithoutLength:
    """Fit the outcome of each pair on its difference in length, and evaluate the fit at zero."""
    spread = float(held.extra_words.std())
    words, place = np.unique(held.extra_words, return_inverse=True)
    length = np.tanh(words / spread) if spread else np.zeros_like(words)
    known = ~np.isnan(outcome)
    post, place, outcome = held.post[known], place[known], outcome[known]
    whole = _counts(np.ones((1, held.posts)), post, place, outcome, len(words))
    start = _fit(*whole, length, np.zeros((1, 2)), steps=_STEPS)

    def of_draws(draws: Floats) -> Floats:
        counts = _counts(draws, post, place, outcome, len(words))
        fitted = _fit(*counts, length, np.repeat(start, len(draws), axis=0), steps=_STEPS_OF_A_RESAMPLE)
        return np.where(counts[0].sum(axis=1) > 0, _probability(fitted[:, 0]), np.nan)

    value = float(_probability(start[:, 0])[0]) if len(outcome) else float("nan")
    return WithoutLength(
        rule=rule, accuracy=bootstrap.statistic(value, of_draws), slope=float(start[0, 1] * np.tanh(1.0))
    )


def _counts(draws: Floats, post: Integers, place: Integers, outcome: Floats, places: int) -> tuple[Floats, Floats]:
    """Return `[b, places]` pairs, and `[b, places]` wins, of each difference in length: all that a fit needs."""
    pairs, wins = np.empty((len(draws), places)), np.empty((len(draws), places))
    for number, draw in enumerate(draws):
        weights = draw[post]
        pairs[number] = np.bincount(place, weights=weights, minlength=places)
        wins[number] = np.bincount(place, weights=weights * outcome, minlength=places)
    return pairs, wins


def _fit(pairs: Floats, wins: Floats, length: Floats, start: Floats, *, steps: int) -> Floats:
    """Return `[b, 2]`, intercept and slope of each logistic fit, by Newton's method."""
    fitted = start.copy()
    for _ in range(steps):
        chance = _probability(fitted[:, :1] + fitted[:, 1:] * length)
        residual, curvature = wins - pairs * chance, pairs * chance * (1 - chance)
        gradient = np.stack((residual.sum(axis=1), residual @ length), axis=1) - _RIDGE * fitted
        a = curvature.sum(axis=1) + _RIDGE
        b = curvature @ length
        d = curvature @ length**2 + _RIDGE
        step = np.stack((d * gradient[:, 0] - b * gradient[:, 1], a * gradient[:, 1] - b * gradient[:, 0]), axis=1)
        fitted += np.clip(step / (a * d - b * b)[:, None], -_LONGEST_STEP, _LONGEST_STEP)
    return fitted


def _probability(logits: Floats) -> Floats:
    # tanh rather than exp: it does not overflow.
    chance: Floats = 0.5 * (1 + np.tanh(logits / 2))
    return chance
