from collections.abc import Sequence

import pytest
import torch

from prefpairs.train.data.trees import Tree
from prefpairs.train.objectives.labels import Labelling
from prefpairs.train.objectives.listwise import PlackettLuce
from prefpairs.train.objectives.objective import Objective
from prefpairs.train.objectives.pairwise import Sigmoid
from prefpairs.train.scoring.layout import Scores
from tests.support.preference_trees import pair, tree
from tests.train.objectives import losses_by_hand as by_hand

RATIOS = [0.5, -1.0, 2.0, 0.25, -0.75]
THREE = tree(lengths=(3, 4, 2), pairs=(pair(2, 0), pair(2, 1), pair(0, 1)), ranking=(2, 0, 1))
TWO = tree(lengths=(7, 5), pairs=(pair(1, 0),), ranking=(1, 0))
RANKED_THREE, RANKED_TWO = [2.0, 0.5, -1.0], [-0.75, 0.25]


def loss(objective: Objective, trees: tuple[Tree, ...], ratios: Sequence[float]) -> float:
    lengths = [len(response) for one in trees for response in one.responses]
    scores = Scores(sums=torch.tensor(ratios, dtype=torch.float64), lengths=torch.tensor(lengths))
    return objective(scores, None, trees, objective.denominators(trees)).value.item()


def test_a_thread_is_a_product_of_choices() -> None:
    expected = by_hand.plackett_luce(RANKED_THREE, beta=0.5) / 2

    assert loss(PlackettLuce(beta=0.5), (THREE,), RATIOS[:3]) == pytest.approx(expected, rel=1e-12)


def test_a_thread_counts_as_its_pairs_do() -> None:
    of_three, of_two = (by_hand.plackett_luce(ranked, beta=0.5) for ranked in (RANKED_THREE, RANKED_TWO))

    assert loss(PlackettLuce(beta=0.5), (THREE, TWO), RATIOS) == pytest.approx((3 * of_three / 2 + of_two) / 4)


def test_every_thread_counts_once_if_posts_are_weighted() -> None:
    of_three, of_two = (by_hand.plackett_luce(ranked, beta=0.5) for ranked in (RANKED_THREE, RANKED_TWO))
    objective = PlackettLuce(beta=0.5, labelling=Labelling(weighting="post"))

    assert loss(objective, (THREE, TWO), RATIOS) == pytest.approx((of_three / 2 + of_two) / 2, rel=1e-12)


@pytest.mark.parametrize("weighting", ["pair", "post"])
def test_two_responses_are_bradley_terry(weighting: str) -> None:
    labelling = Labelling(weighting="post") if weighting == "post" else Labelling()

    assert loss(PlackettLuce(beta=0.5, labelling=labelling), (TWO,), RATIOS[3:]) == pytest.approx(
        loss(Sigmoid(beta=0.5, labelling=labelling), (TWO,), RATIOS[3:]), rel=1e-12
    )


def test_a_thread_without_a_ranking_adds_nothing() -> None:
    contradictory = tree(lengths=(1, 1), pairs=(pair(0, 1), pair(1, 0)))

    assert loss(PlackettLuce(beta=0.5), (contradictory, TWO), [1.0, 2.0, *RATIOS[3:]]) == pytest.approx(
        loss(PlackettLuce(beta=0.5), (TWO,), RATIOS[3:]), rel=1e-12
    )


def test_a_step_without_any_ranking_has_no_loss_and_no_gradient() -> None:
    contradictory = (tree(lengths=(1, 1), pairs=(pair(0, 1), pair(1, 0))),)
    sums = torch.tensor([1.0, 2.0], requires_grad=True)
    objective = PlackettLuce(beta=0.5)

    found = objective(
        Scores(sums=sums, lengths=torch.tensor([1, 1])), None, contradictory, objective.denominators(contradictory)
    )
    found.value.backward()  # type: ignore[no-untyped-call]

    assert found.value.item() == 0
    assert sums.grad is not None
    assert sums.grad.tolist() == [0, 0]


def test_a_better_order_has_a_lower_loss() -> None:
    right = loss(PlackettLuce(beta=1.0), (THREE,), [0.0, -1.0, 1.0])

    assert all(
        right < loss(PlackettLuce(beta=1.0), (THREE,), other) for other in ([0, 1, -1], [-1, 0, 1], [1, 0, -1])
    )
