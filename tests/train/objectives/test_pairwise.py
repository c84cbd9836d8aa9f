import math

import pytest
import torch

from prefpairs.errors import ConfigError
from prefpairs.train.data.trees import Tree
from prefpairs.train.objectives.labels import Labelling
from prefpairs.train.objectives.objective import Objective
from prefpairs.train.objectives.pairwise import Ipo, Sigmoid, ipo_loss, sigmoid_loss
from prefpairs.train.scoring.layout import Scores
from tests.support.preference_trees import pair, tree
from tests.train.objectives import losses_by_hand as by_hand

POLICY = [-10.0, -12.0, -8.0, -20.0, -21.0]
REFERENCE = [-11.0, -11.5, -8.25, -19.0, -23.0]
RATIOS = [policy - reference for policy, reference in zip(POLICY, REFERENCE, strict=True)]
TREES = (
    tree(lengths=(3, 4, 2), pairs=(pair(0, 1, probability=0.9), pair(2, 1, probability=0.6))),
    tree(lengths=(7, 5), pairs=(pair(1, 0, probability=0.75),)),
)
PAIRS = ((0, 1), (2, 1), (4, 3))  # positions in the row


def scores(sums: list[float], trees: tuple[Tree, ...]) -> Scores:
    lengths = [len(response) for one in trees for response in one.responses]
    return Scores(sums=torch.tensor(sums, dtype=torch.float64), lengths=torch.tensor(lengths))


def loss(objective: Objective, trees: tuple[Tree, ...] = TREES, policy: list[float] = POLICY) -> float:
    reference = torch.tensor(REFERENCE[: len(policy)], dtype=torch.float64)
    return objective(scores(policy, trees), reference, trees, objective.denominators(trees)).value.item()


def test_sigmoid_loss_is_the_mean_of_the_pairs_as_trl_computes_it() -> None:
    expected = sum(by_hand.dpo(RATIOS[better], RATIOS[worse], beta=0.5) for better, worse in PAIRS) / 3

    assert loss(Sigmoid(beta=0.5)) == pytest.approx(expected, rel=1e-12)


def test_each_post_counts_the_same_if_asked_for() -> None:
    of_pairs = [by_hand.dpo(RATIOS[better], RATIOS[worse], beta=0.5) for better, worse in PAIRS]

    weighted = loss(Sigmoid(beta=0.5, labelling=Labelling(weighting="post")))

    assert weighted == pytest.approx(((of_pairs[0] + of_pairs[1]) / 2 + of_pairs[2]) / 2, rel=1e-12)


@pytest.mark.parametrize("labelling", [Labelling(), Labelling(smoothing=0.2), Labelling(probability="soft_label")])
def test_loss_is_exactly_ln_2_where_the_policy_is_the_reference(labelling: Labelling) -> None:
    sums = torch.tensor(POLICY)
    objective = Sigmoid(beta=0.1, labelling=labelling)
    before = Scores(sums=sums, lengths=torch.tensor([3, 4, 2, 7, 5]))

    found = objective(before, sums.clone(), TREES, objective.denominators(TREES))

    # Three times ln 2 in float32, divided by three.
    assert found.value.item() == pytest.approx(math.log(2), abs=1e-7)
    assert sigmoid_loss(torch.zeros(1), torch.ones(1)).item() == torch.tensor(math.log(2)).item()


def test_smoothed_labels_are_wrong_as_often_as_the_setting_says() -> None:
    expected = (
        sum(
            by_hand.conservative_dpo(RATIOS[better], RATIOS[worse], beta=0.5, wrong=0.1) for better, worse in PAIRS
        )
        / 3
    )

    assert loss(Sigmoid(beta=0.5, labelling=Labelling(smoothing=0.1))) == pytest.approx(expected, rel=1e-12)


def test_label_smoothing_pulls_back_a_margin_past_its_optimum() -> None:
    # The best margin is the log-odds of a right label: log(0.9 / 0.1).
    best = math.log(9)
    margins = torch.tensor([best - 0.5, best, best + 0.5], dtype=torch.float64, requires_grad=True)
    sigmoid_loss(margins, torch.full((3,), 0.9, dtype=torch.float64)).sum().backward()  # type: ignore[no-untyped-call]

    assert margins.grad is not None
    assert margins.grad[0] < 0
    assert margins.grad[1].item() == pytest.approx(0, abs=1e-12)
    assert margins.grad[2] > 0


def test_without_label_smoothing_no_margin_is_wide_enough() -> None:
    margin = torch.tensor([20.0], dtype=torch.float64, requires_grad=True)
    sigmoid_loss(margin, torch.ones(1, dtype=torch.float64)).sum().backward()  # type: ignore[no-untyped-call]

    assert margin.grad is not None
    assert margin.grad.item() < 0


def test_probability_as_a_soft_label() -> None:
    expected = (
        sum(
            by_hand.conservative_dpo(RATIOS[better], RATIOS[worse], beta=0.5, wrong=wrong)
            for (better, worse), wrong in zip(PAIRS, (0.1, 0.4, 0.25), strict=True)
        )
        / 3
    )

    soft = loss(Sigmoid(beta=0.5, labelling=Labelling(probability="soft_label")))

    assert soft == pytest.approx(expected, rel=1e-12)


def test_probability_as_an_offset() -> None:
    expected = (
        sum(
            by_hand.odpo(RATIOS[better], RATIOS[worse], beta=0.5, probability=probability)
            for (better, worse), probability in zip(PAIRS, (0.9, 0.6, 0.75), strict=True)
        )
        / 3
    )

    assert loss(Sigmoid(beta=0.5, labelling=Labelling(probability="offset"))) == pytest.approx(expected, rel=1e-12)


def test_probability_as_a_weight_is_nothing_for_a_toss_up_and_all_for_a_sure_pair() -> None:
    of_pairs = [by_hand.dpo(RATIOS[better], RATIOS[worse], beta=0.5) for better, worse in PAIRS]

    weighted = loss(Sigmoid(beta=0.5, labelling=Labelling(probability="weight")))

    assert weighted == pytest.approx((0.8 * of_pairs[0] + 0.2 * of_pairs[1] + 0.5 * of_pairs[2]) / 3, rel=1e-12)


def test_a_pair_that_is_more_likely_the_other_way_round_has_no_weight() -> None:
    doubtful = (tree(lengths=(3, 4), pairs=(pair(0, 1, probability=0.3),)),)

    assert loss(Sigmoid(beta=0.5, labelling=Labelling(probability="weight")), doubtful, POLICY[:2]) == 0


def test_the_weight_of_the_dataset_counts() -> None:
    heavy = (tree(lengths=(3, 4, 2), pairs=(pair(0, 1, weight=3.0), pair(2, 1, weight=0.5))),)
    first, second = (by_hand.dpo(RATIOS[better], RATIOS[worse], beta=0.5) for better, worse in PAIRS[:2])

    assert loss(Sigmoid(beta=0.5), heavy, POLICY[:3]) == pytest.approx((3 * first + 0.5 * second) / 2, rel=1e-12)


@pytest.mark.parametrize("probability", [None, 0.0, 1.0])
def test_a_pair_without_a_usable_probability_stops_a_run_that_needs_it(probability: float | None) -> None:
    unknown = (tree(lengths=(3, 4), pairs=(pair(0, 1, probability=probability),)),)

    with pytest.raises(ConfigError, match="1 of 1 pairs have no preference probability"):
        Sigmoid(beta=0.5, labelling=Labelling(probability="weight")).denominators(unknown)


def test_ipo_takes_means_per_token_as_trl_does() -> None:
    tokens = (3, 4, 2, 7, 5)
    expected = (
        sum(
            by_hand.ipo(
                RATIOS[better],
                RATIOS[worse],
                chosen_tokens=tokens[better],
                rejected_tokens=tokens[worse],
                beta=0.5,
            )
            for better, worse in PAIRS
        )
        / 3
    )

    assert loss(Ipo(beta=0.5)) == pytest.approx(expected, rel=1e-12)


def test_ipo_with_smoothed_labels_aims_at_a_smaller_difference() -> None:
    # Goal 1 / (2 * 0.5) = 1, times 2 * 0.9 - 1.
    difference = torch.tensor([0.8], dtype=torch.float64, requires_grad=True)
    ipo_loss(difference, torch.tensor([0.9], dtype=torch.float64), beta=0.5).sum().backward()  # type: ignore[no-untyped-call]

    assert difference.grad is not None
    assert difference.grad.item() == pytest.approx(0, abs=1e-12)


def test_sft_term_is_the_mean_over_the_tokens_of_the_pairs_chosen_responses() -> None:
    # Response 0 is chosen twice and counts twice, as it does in TRL's batch of pairs: 3, 3 and 5 tokens.
    trees = (tree(lengths=(3, 4, 2), pairs=(pair(0, 1), pair(0, 2))), tree(lengths=(7, 5), pairs=(pair(1, 0),)))
    plain = loss(Sigmoid(beta=0.5), trees)

    assert loss(Sigmoid(beta=0.5, sft_term=2.0), trees) == pytest.approx(
        plain + 2 * (10 + 10 + 21) / 11, rel=1e-12
    )


def test_sft_term_counts_a_pair_as_the_loss_does() -> None:
    # Two pairs of one post, so half a pair each; the second with half its weight on top.
    trees = (tree(lengths=(3, 4, 2), pairs=(pair(0, 1), pair(2, 1, weight=0.5))),)
    labelling = Labelling(weighting="post")
    plain = loss(Sigmoid(beta=0.5, labelling=labelling), trees, POLICY[:3])

    with_term = loss(Sigmoid(beta=0.5, labelling=labelling, sft_term=2.0), trees, POLICY[:3])

    assert with_term == pytest.approx(plain + 2 * (0.5 * 10 + 0.25 * 8) / (0.5 * 3 + 0.5 * 2), rel=1e-12)


def test_extreme_scores_stay_finite() -> None:
    far = sigmoid_loss(torch.tensor([-1e4, 1e4]), torch.tensor([1.0, 0.9]))

    assert far.tolist() == pytest.approx([1e4, 1e3])
