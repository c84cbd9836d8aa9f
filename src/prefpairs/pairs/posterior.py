"""Votes and expected votes -> the posterior of a response's quality, and the probability that one beats another.

The model of one response's net votes v, given the votes E that a response of average quality collects in
its place and its log quality q:

    q ~ Normal(-tau^2 / 2, tau^2), so that E[exp(q)] = 1
    upvotes ~ NegativeBinomial(mean E exp(q), shape r)      luck besides quality: variance of log is trigamma(r)
    downvotes ~ Poisson(d E exp(-q))
    v = upvotes - downvotes, shown one too high or one too low with probability `fuzzing` each

The posterior is computed on a lattice of (log E, v) once and read off by interpolation, so that a million
responses cost a fraction of a second. Negative binomial votes with a Normal log rate: Cameron and Trivedi 2013,
"Regression Analysis of Count Data", ch. 4.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]

_LOWEST, _EXACT_TO = -60, 60  # net votes that the lattice holds one by one
_DOWNVOTES = 75
_SLICE = 1 << 18  # responses at a time: what is in between takes fifty times the memory of what comes out
_MANY_DOWNVOTES = 10.0  # from here on their mean stands for them
_MOST_FUZZING = 0.5
_HOPELESS = -600.0  # a log likelihood that floating point cannot hold as a likelihood
_SPREAD = 6.0  # the lattice of log quality goes this many standard deviations to each side
_LOG_EXPECTED = np.arange(np.log(0.01), np.log(3e5), 0.35)
_MANY = np.round(_EXACT_TO * 1.18 ** np.arange(1, 56))
_VOTES = np.r_[np.arange(_LOWEST, _EXACT_TO + 1), _MANY].astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteNoise:
    """What is common to all responses: tau, r and d of the model above, and fuzzing.

    Attributes
    ----------
    quality_sd
        Standard deviation of log quality (tau).
    luck_shape
        Shape of the negative binomial (r): the smaller, the more luck.
    downvote_rate
        Downvotes for each upvote of a response of average quality (d).
    fuzzing
        Probability that the shown score is one too high, and the same for one too low.

    """

    quality_sd: float
    luck_shape: float
    downvote_rate: float
    fuzzing: float

    @property
    def is_usable(self) -> bool:
        """True if every number is finite and in its range."""
        numbers = (self.quality_sd, self.luck_shape, self.downvote_rate, self.fuzzing)
        in_range = self.quality_sd > 0 and self.luck_shape > 0 and self.downvote_rate >= 0
        return bool(np.isfinite(numbers).all()) and in_range and 0 <= self.fuzzing <= _MOST_FUZZING

    @classmethod
    def of_variance(
        cls, variance: float, *, noise_share: float, downvote_rate: float, fuzzing: float
    ) -> "VoteNoise":
        """Share the variance of log votes that exposure does not explain between quality and luck."""
        quality_sd = float(np.sqrt(variance * (1 - noise_share)))
        return cls(
            quality_sd=quality_sd,
            luck_shape=_shape_of_log_variance(variance * noise_share),
            downvote_rate=downvote_rate,
            fuzzing=fuzzing,
        )


@dataclass(frozen=True, slots=True)
class Lattice:
    """The posterior of log quality at (log expected votes, net votes): rows and columns of every table.

    `mean` and `sd` are those of log quality, `log_evidence` is the log probability of the votes.
    """

    mean: FloatArray
    sd: FloatArray
    log_evidence: FloatArray

    def read(
        self, table: FloatArray, expected: npt.NDArray[np.floating], votes: npt.NDArray[np.floating]
    ) -> Float32Array:
        """Return the values of a table for responses, by linear interpolation; outside, the edge counts."""
        values = np.empty(len(votes), dtype=np.float32)
        for first in range(0, len(votes), _SLICE):
            part = slice(first, first + _SLICE)
            values[part] = self._read(table, expected[part], votes[part])
        return values

    def _read(
        self, table: FloatArray, expected: npt.NDArray[np.floating], votes: npt.NDArray[np.floating]
    ) -> FloatArray:
        row, beside = _place(np.log(np.maximum(expected, 1e-9)), _LOG_EXPECTED)
        column, above = _place(votes.astype(np.float64), _VOTES)
        left = table[row, column] * (1 - above) + table[row, column + 1] * above
        right = table[row + 1, column] * (1 - above) + table[row + 1, column + 1] * above
        between: FloatArray = left * (1 - beside) + right * beside
        return between


def lattice(noise: VoteNoise, *, steps: int = 61) -> Lattice:
    """Compute the posterior at every point of the lattice; `steps` points of log quality each."""
    tau = max(noise.quality_sd, 1e-3)
    standard = np.linspace(-_SPREAD, _SPREAD, steps)
    quality = -(tau**2) / 2 + tau * standard
    prior = np.exp(-(standard**2) / 2)
    prior /= prior.sum()
    log_likelihood = _log_likelihood(noise, quality)
    # Far out every likelihood underflows; what counts is how they compare.
    highest = log_likelihood.max(axis=2, keepdims=True)
    weighted = np.exp(log_likelihood - highest) * prior
    evidence = weighted.sum(axis=2)
    mean = (weighted * quality).sum(axis=2) / evidence
    square = (weighted * quality**2).sum(axis=2) / evidence
    log_evidence = np.log(evidence) + highest[:, :, 0]
    return Lattice(mean, np.sqrt(np.maximum(square - mean**2, 1e-8)), log_evidence)


def preference_probability(gap: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the probability that a response is better: gap and variance of the difference of log qualities."""
    probability: FloatArray = special.ndtr(gap / np.sqrt(variance))
    return probability


def preference_sd(gap: FloatArray, variance: FloatArray, exposure_variance: FloatArray) -> FloatArray:
    """Return how much the probability moves if log exposure moves by its own standard error (delta method)."""
    z = gap / np.sqrt(variance)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    moved: FloatArray = density * np.sqrt(exposure_variance / variance)
    return moved


def _log_likelihood(noise: VoteNoise, quality: FloatArray) -> FloatArray:
    """Return log P(votes | expected, quality), shape (expected, votes, quality)."""
    expected = np.exp(_LOG_EXPECTED)[:, None]
    up = expected * np.exp(quality)
    down = noise.downvote_rate * expected * np.exp(-quality)
    # By Bayes' rule only ratios along quality count, so one by one and by mean may meet at a border.
    counted = np.arange(_EXACT_TO + _DOWNVOTES + 1, dtype=np.float64)
    upvotes = np.exp(_log_negative_binomial(counted[None, :, None], up[:, None, :], noise.luck_shape))
    few = np.zeros((len(expected), _EXACT_TO + 1 - _LOWEST, len(quality)))
    downvotes = np.arange(_DOWNVOTES + 1)
    log_weight = downvotes[:, None, None] * np.log(np.maximum(down, 1e-300)) - down
    weight = np.exp(log_weight - special.gammaln(downvotes + 1.0)[:, None, None])
    for count in downvotes:
        first = max(_LOWEST, -int(count))
        part = upvotes[:, first + count : _EXACT_TO + count + 1, :]
        few[:, first - _LOWEST :, :] += weight[count][:, None, :] * part
    by_mean = _of_mean(_VOTES[: few.shape[1]], up, down, noise)
    counted_one_by_one = np.log(np.maximum(_fuzzed(few, noise.fuzzing), 1e-300))
    # Where a score cannot come about by the few downvotes that are counted, their mean says how far it is off.
    hopeless = (counted_one_by_one < _HOPELESS) | (down > _MANY_DOWNVOTES)[:, None, :]
    exact = np.where(hopeless, by_mean, counted_one_by_one)
    log: FloatArray = np.concatenate([exact, _of_mean(_MANY, up, down, noise)], axis=1)
    return log


def _of_mean(votes: FloatArray, up: FloatArray, down: FloatArray, noise: VoteNoise) -> FloatArray:
    upvotes = votes[None, :, None] + down[:, None, :]
    log = _log_negative_binomial(np.maximum(upvotes, 0), up[:, None, :], noise.luck_shape)
    # Fewer upvotes than none: the downvotes went beyond their mean; a Normal tail stands for that.
    short = np.minimum(upvotes, 0)
    tail: FloatArray = log - short**2 / (2 * (1 + down[:, None, :]))
    return tail


def _log_negative_binomial(count: FloatArray, mean: FloatArray, shape: float) -> FloatArray:
    constant = special.gammaln(count + shape) - special.gammaln(shape) - special.gammaln(count + 1)
    log: FloatArray = constant + shape * np.log(shape / (shape + mean)) + count * np.log(mean / (shape + mean))
    return log


def _fuzzed(likelihood: FloatArray, fuzzing: float) -> FloatArray:
    """Mix each of the votes that are held one by one with its neighbours."""
    mixed = likelihood.copy()
    beside = likelihood[:, :-2, :] + likelihood[:, 2:, :]
    mixed[:, 1:-1, :] = (1 - 2 * fuzzing) * likelihood[:, 1:-1, :] + fuzzing * beside
    return mixed


def _shape_of_log_variance(variance: float) -> float:
    """Return the shape r of a Gamma whose logarithm has this variance: trigamma(r) = variance."""
    if variance < 1e-4:
        return 1e4
    shape = 1 / variance + 0.5
    for _ in range(20):  # Newton on 1 / trigamma, which is nearly linear
        value = float(special.polygamma(1, shape))
        slope = float(special.polygamma(2, shape))
        shape = max(shape - (1 / value - 1 / variance) / (-slope / value**2), 1e-2)
    return float(shape)


def _place(values: FloatArray, nodes: FloatArray) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Return the node below each value and how far it is on the way to the next, 0 to 1."""
    below = np.clip(np.searchsorted(nodes, values, side="right") - 1, 0, len(nodes) - 2)
    part = (values - nodes[below]) / (nodes[below + 1] - nodes[below])
    return below, np.clip(part, 0.0, 1.0)
