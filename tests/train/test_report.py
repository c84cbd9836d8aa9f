"""What a training report says beside the model's own accuracy."""

from array import array

import pytest
import torch

from prefpairs.train.data.trees import Tree
from prefpairs.train.report import baselines
from tests.support.preference_trees import pair

# Two posts: the chosen response of the first has four tokens, that of the second has one.
TREES = (
    Tree(
        thread_id="one",
        prompt=array("i", [5]),
        responses=(array("i", [1, 2, 3, 4]), array("i", [1])),
        response_ids=("a", "b"),
        numbers=(2, 0),
        pairs=(pair(0, 1),),
    ),
    Tree(
        thread_id="two",
        prompt=array("i", [5]),
        responses=(array("i", [1, 2]), array("i", [1])),
        response_ids=("c", "d"),
        numbers=(1, 3),
        pairs=(pair(1, 0),),
    ),
)


def test_the_sum_over_tokens_favours_the_short_response_and_the_mean_does_not() -> None:
    # By number: b -3 of one token, c -3 of two, a -4 of four, d -2 of one.
    rules = baselines(TREES, torch.tensor([-3.0, -3.0, -4.0, -2.0]))

    assert rules.reference_likelihood == pytest.approx(1 / 2)
    assert rules.reference_likelihood_by_token == pytest.approx(1 / 2)
    longer = baselines(TREES[:1], torch.tensor([-3.0, -3.0, -4.0, -2.0]))
    assert (longer.reference_likelihood, longer.reference_likelihood_by_token) == (0.0, 1.0)


def test_without_a_reference_there_is_no_likelihood() -> None:
    rules = baselines(TREES, None)

    assert (rules.reference_likelihood, rules.reference_likelihood_by_token) == (None, None)
