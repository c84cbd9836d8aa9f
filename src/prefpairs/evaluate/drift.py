"""Scores before and after training -> how far the log-probabilities have moved.

Preference training can win by making both sides less likely, the rejected one more so: the margin grows while the
model forgets how to write what people chose (Pal et al. 2024, arXiv 2402.13228; Razin et al. 2024, arXiv
2410.08847). Accuracy does not show it; this does.
"""

from dataclasses import dataclass

import numpy as np

from prefpairs.evaluate.bins import Histogram, histogram, histogram_edges
from prefpairs.evaluate.bootstrap import Bootstrap, Estimate, Sums
from prefpairs.evaluate.held_out import Floats, HeldOut, Integers
from prefpairs.evaluate.rules import Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How one side of the pairs has moved, averaged over pairs, in nats; what moved is policy less reference.

    Attributes
    ----------
    policy, reference
        Mean log-probability of a response (TRL's `logps/chosen` and `logps/rejected`).
    response, token
        Change by response, and by token of each response.
    falling
        Share of pairs whose response has become less likely; no change counts half.
    tokens
        The distribution of the change by token.

    """

    policy: float
    reference: float
    response: Estimate | None
    token: Estimate | None
    falling: Estimate | None
    tokens: Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far chosen and rejected responses have moved."""

    chosen: Side
    rejected: Side


def drift(scored: Scored, held: HeldOut, bootstrap: Bootstrap) -> Drift | None:
    """Measure the change on both sides of the pairs; None for a reward model, which has no log-probabilities."""
    if scored.reference is None:
        return None
    moved = scored.policy - scored.reference
    edges = histogram_edges((moved / held.tokens)[held.chosen], (moved / held.tokens)[held.rejected])

    def side(numbers: Integers) -> Side:
        def mean(values: Floats) -> Estimate | None:
            return bootstrap.mean(Sums.of(values, held.post, posts=held.posts))

        by_response, by_token = moved[numbers], (moved / held.tokens)[numbers]
        return Side(
            policy=float(scored.policy[numbers].mean()),
            reference=float((scored.policy - moved)[numbers].mean()),
            response=mean(by_response),
            token=mean(by_token),
            falling=bootstrap.share(Sums.of((1 - np.sign(by_response)) / 2, held.post, posts=held.posts)),
            tokens=histogram(by_token, edges),
        )

    return Drift(chosen=side(held.chosen), rejected=side(held.rejected))
