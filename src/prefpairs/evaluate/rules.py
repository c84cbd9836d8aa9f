"""Scores of responses -> who wins each pair, by the model and by rules that read nothing."""

from dataclasses import dataclass

import numpy as np

from prefpairs.evaluate.bootstrap import Bootstrap, Estimate, Sums
from prefpairs.evaluate.held_out import Floats, HeldOut

MODEL = "model"
REFERENCE = "reference_likelihood"
REFERENCE_PER_TOKEN = "reference_likelihood_per_token"  # noqa: S105
POLICY = "policy_likelihood"
POLICY_PER_TOKEN = "policy_likelihood_per_token"  # noqa: S105
LONGER = "longer"
EARLIER = "earlier"
RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """What the models say of each response of a split.

    Attributes
    ----------
    policy
        `[responses]`, summed log-probability (nats) under the evaluated model; of a reward model its reward.
    reference
        `[responses]`, the same under the model that it was trained from; a reward model has none.
    beta
        What the difference is multiplied by; 1 for a reward model.

    """

    policy: Floats
    reference: Floats | None
    beta: float

    @property
    def rewards(self) -> Floats:
        """`[responses]`, the implicit reward of DPO (Rafailov et al. 2023, arXiv 2305.18290), or the reward."""
        return self.beta * (self.policy if self.reference is None else self.policy - self.reference)

    def by_response(self, held: HeldOut) -> dict[str, Floats]:
        """Return the rules that give every response a score of its own: name -> `[responses]`."""
        scores = {MODEL: self.rewards}
        if self.reference is not None:
            scores[POLICY] = self.policy
            scores[POLICY_PER_TOKEN] = self.policy / held.tokens
            scores[REFERENCE] = self.reference
            scores[REFERENCE_PER_TOKEN] = self.reference / held.tokens
        return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How often a rule puts the chosen response of a pair first.

    Attributes
    ----------
    rule
        `model`, `policy_likelihood`, `reference_likelihood` (each summed or `_per_token`), `longer`, `earlier` or
        `random`.
    pairs
        How many it could judge: times of writing may be unknown. 0: none, and there is no accuracy.
    accuracy
        A tie counts half.
    model_ahead
        The model's accuracy less the rule's, on the pairs that the rule can judge; None for the model itself.

    """

    rule: str
    pairs: int
    accuracy: Estimate | None
    model_ahead: Estimate | None


def won(differences: Floats) -> Floats:
    """Return 1 where a difference is above 0, a half where it is 0, NaN where it is unknown."""
    outcome: Floats = (np.sign(differences) + 1) / 2
    return outcome


def margins(scores: Floats, held: HeldOut) -> Floats:
    """Return `[pairs]`, the score of the chosen response less that of the rejected one."""
    difference: Floats = scores[held.chosen] - scores[held.rejected]
    return difference


def outcomes(scored: Scored, held: HeldOut) -> dict[str, Floats]:
    """Return for each rule `[pairs]` of 1, a half or 0: whether it puts the chosen response first."""
    found = {name: won(margins(scores, held)) for name, scores in scored.by_response(held).items()}
    found[LONGER] = won(held.extra_words)
    found[EARLIER] = won(-held.seconds_between)
    found[RANDOM] = np.full(held.pairs, 0.5)
    return found


def accuracies(found: dict[str, Floats], held: HeldOut, bootstrap: Bootstrap) -> tuple[Accuracy, ...]:
    """Return the accuracy of every rule, and how far the model is ahead of it."""
    return tuple(_accuracy(rule, found, held, bootstrap) for rule in found)


def _accuracy(rule: str, found: dict[str, Floats], held: HeldOut, bootstrap: Bootstrap) -> Accuracy:
    own = Sums.of(found[rule], held.post, posts=held.posts)
    same_pairs = np.where(np.isnan(found[rule]), np.nan, found[MODEL])
    model = Sums.of(same_pairs, held.post, posts=held.posts)
    return Accuracy(
        rule=rule,
        pairs=int(own.count.sum()),
        accuracy=bootstrap.share(own),
        model_ahead=None if rule == MODEL else bootstrap.difference(model, own),
    )
