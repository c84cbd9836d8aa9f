"""A held-out split and the scores of its responses -> everything that is said of what a model prefers."""

from dataclasses import dataclass

import numpy as np

from prefpairs.evaluate.bins import Bin, Histogram, bins, histogram, histogram_edges
from prefpairs.evaluate.bootstrap import Bootstrap, Estimate, Sums
from prefpairs.evaluate.drift import Drift, drift
from prefpairs.evaluate.held_out import HeldOut
from prefpairs.evaluate.ranks import Ranks, ranks
from prefpairs.evaluate.rules import (
    LONGER,
    MODEL,
    REFERENCE,
    REFERENCE_PER_TOKEN,
    Accuracy,
    Scored,
    accuracies,
    margins,
    outcomes,
)
from prefpairs.evaluate.settings import Figures
from prefpairs.evaluate.without_length import WithoutLength, without_length

_FITTED = (MODEL, REFERENCE, REFERENCE_PER_TOKEN, LONGER)
_CONFIDENCE_EDGES = (0.55, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a model prefers, beside what simple rules prefer.

    Attributes
    ----------
    pairs, posts, responses
        What was judged.
    accuracies
        The model's first.
    margin
        Reward of chosen less reward of rejected, mean over pairs.
    margins
        Their distribution.
    ranks
        By thread.
    by_probability
        By the dataset's own probability of the preference; empty if it has none.
    by_extra_words
        By words of chosen less words of rejected; the bin around 0 is the length-matched one.
    without_length
        Accuracy with the effect of length taken out.
    by_confidence
        By the probability that the model itself gives to the side it prefers: sigmoid of the margin's size.
    drift
        None for a reward model.

    """

    pairs: int
    posts: int
    responses: int
    accuracies: tuple[Accuracy, ...]
    margin: Estimate | None
    margins: Histogram
    ranks: tuple[Ranks, ...]
    by_probability: tuple[Bin, ...]
    by_extra_words: tuple[Bin, ...]
    without_length: tuple[WithoutLength, ...]
    by_confidence: tuple[Bin, ...]
    drift: Drift | None

    def accuracy(self, rule: str) -> Accuracy | None:
        """Return the accuracy of a rule, if it was judged by."""
        return next((one for one in self.accuracies if one.rule == rule), None)


def preferences(held: HeldOut, scored: Scored, settings: Figures) -> Preferences:
    """Work out all figures; the same arrays and settings give the same figures."""
    bootstrap = Bootstrap(
        held.posts, resamples=settings.resamples, confidence=settings.confidence, seed=settings.seed
    )
    found = outcomes(scored, held)
    margin = margins(scored.rewards, held)
    # The sigmoid of |margin|, written so that it does not overflow.
    confidence = 0.5 * (1 + np.tanh(np.abs(margin) / 2))
    used = np.union1d(held.chosen, held.rejected)
    return Preferences(
        pairs=held.pairs,
        posts=held.posts,
        responses=len(used),
        accuracies=accuracies(found, held, bootstrap),
        margin=bootstrap.mean(Sums.of(margin, held.post, posts=held.posts)),
        margins=histogram(margin, histogram_edges(margin)),
        ranks=ranks(scored, held, bootstrap),
        by_probability=bins(held.probability, settings.probability_edges, found, held, bootstrap),
        by_extra_words=bins(held.extra_words, settings.extra_words_edges, found, held, bootstrap),
        without_length=tuple(
            without_length(rule, found[rule], held, bootstrap) for rule in _FITTED if rule in found
        ),
        by_confidence=bins(confidence, _CONFIDENCE_EDGES, found, held, bootstrap),
        drift=drift(scored, held, bootstrap),
    )
