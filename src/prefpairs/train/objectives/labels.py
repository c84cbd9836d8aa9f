"""Pairs of a row -> how much each counts, how sure its label is, and by how much its rewards should differ."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from torch import Tensor

from prefpairs.errors import ConfigError
from prefpairs.train.data.trees import Pair, Tree
from prefpairs.train.objectives.objective import on_device, places_on_device

PairWeighting = Literal["pair", "post"]
Probability = Literal["ignore", "weight", "soft_label", "offset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The pairs of a row, as tensors.

    Attributes
    ----------
    chosen, rejected
        `[P]`, positions among the responses of the row.
    share
        `[P]`, how much of an item each pair is: 1, or 1 / the pairs of its post.
    weight
        `[P]`, how much it counts beside others.
    target
        `[P]`, how likely the chosen response is taken to be the better one.
    offset
        `[P]`, by how much the rewards have to differ before the pair counts as told apart.

    """

    chosen: Tensor
    rejected: Tensor
    share: Tensor
    weight: Tensor
    target: Tensor
    offset: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """How pairs are read.

    Attributes
    ----------
    weighting
        `pair`: every pair counts the same, as in TRL. `post`: every post does, divided evenly over its pairs
        (Ouyang et al. 2022, arXiv 2203.02155, section 3.5).
    probability
        What `Pair.probability` p does. `weight`: a pair counts 2p - 1, and nothing where p is below one half.
        `soft_label`: the label is right with probability p. `offset`: the rewards have to differ by
        log(p / (1 - p)) (Amini et al. 2024, arXiv 2402.10571).
    smoothing
        How often a label is taken to be wrong (Mitchell 2023, "A note on DPO with noisy preferences"). Together
        with `soft_label` both apply: the label is right with p (1 - smoothing) + (1 - p) smoothing.

    """

    weighting: PairWeighting = "pair"
    probability: Probability = "ignore"
    smoothing: float = 0.0

    def items(self, trees: Sequence[Tree]) -> float:
        """Return the pairs, or the posts with pairs, of whole trees: what a mean over them is divided by.

        Weights do not enter: a batch of doubtful pairs is to move the model less, not as much.

        Raises
        ------
        ConfigError
            If a pair has no probability, or none between 0 and 1, and one is needed.

        """
        if self.probability != "ignore":
            _check_probabilities(trees)
        if self.weighting == "post":
            return float(sum(1 for tree in trees if tree.pairs))
        return float(sum(len(tree.pairs) for tree in trees))

    def chosen_tokens(self, trees: Sequence[Tree]) -> float:
        """Return the tokens of chosen responses, once for each pair and by its share."""
        return math.fsum(
            share(tree, self.weighting) * len(tree.responses[pair.chosen]) for tree in trees for pair in tree.pairs
        )

    def labels(self, trees: Sequence[Tree], *, like: Tensor) -> Labels:
        """Return the pairs of a row, beside `like` and in its type."""
        placed = list(_placed(trees))
        pairs = [pair for _, _, pair in placed]
        return Labels(
            chosen=places_on_device([start + pair.chosen for start, _, pair in placed], like),
            rejected=places_on_device([start + pair.rejected for start, _, pair in placed], like),
            share=on_device([share(tree, self.weighting) for _, tree, _ in placed], like),
            weight=on_device([self._weight(pair) for pair in pairs], like),
            target=on_device([self._target(pair) for pair in pairs], like),
            offset=on_device([self._offset(pair) for pair in pairs], like),
        )

    def _weight(self, pair: Pair) -> float:
        if self.probability == "weight":
            return pair.weight * max(0.0, 2 * _probability(pair) - 1)
        return pair.weight

    def _target(self, pair: Pair) -> float:
        right = _probability(pair) if self.probability == "soft_label" else 1.0
        return right * (1 - self.smoothing) + (1 - right) * self.smoothing

    def _offset(self, pair: Pair) -> float:
        if self.probability != "offset":
            return 0.0
        probability = _probability(pair)
        return math.log(probability / (1 - probability))


def share(tree: Tree, weighting: PairWeighting) -> float:
    """Return how much of an item each pair of a tree is; a tree that was cut remembers how many pairs it had."""
    return 1.0 if weighting == "pair" else 1.0 / (tree.whole_pairs or len(tree.pairs))


def _placed(trees: Sequence[Tree]) -> Iterator[tuple[int, Tree, Pair]]:
    start = 0
    for tree in trees:
        for pair in tree.pairs:
            yield start, tree, pair
        start += len(tree.responses)


def _probability(pair: Pair) -> float:
    if pair.probability is None:
        _refuse(1, 1)
    return pair.probability


def _check_probabilities(trees: Sequence[Tree]) -> None:
    found = [pair.probability for tree in trees for pair in tree.pairs]
    unusable = sum(1 for value in found if value is None or not 0 < value < 1)
    if unusable:
        _refuse(unusable, len(found))


def _refuse(unusable: int, pairs: int) -> NoReturn:
    msg = (
        f"{unusable} of {pairs} pairs have no preference probability between 0 and 1, and the recipe uses it. "
        "Set probability=ignore, or take a version whose pairs carry one."
    )
    raise ConfigError(msg)
