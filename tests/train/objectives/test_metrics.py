import pytest
import torch

from prefpairs.train.objectives.pairwise import Sigmoid
from prefpairs.train.scoring.layout import Scores
from tests.support.preference_trees import pair, tree

TREES = (tree(lengths=(3, 4, 2), pairs=(pair(0, 1), pair(2, 1))),)


def summary(objective: Sigmoid, policy: list[float], reference: list[float]) -> dict[str, float]:
    scores = Scores(sums=torch.tensor(policy, requires_grad=True), lengths=torch.tensor([3, 4, 2]))
    found = objective(scores, torch.tensor(reference), TREES, objective.denominators(TREES))
    assert not found.sums.requires_grad
    assert len(found.sums) == len(objective.metrics)
    return objective.summary(found.sums.tolist())


def test_metrics_of_a_worked_example_under_trls_names() -> None:
    # Ratios 1, -0.5 and -1; rewards 0.5, -0.25 and -0.5; margins 0.75 and -0.25.
    found = summary(Sigmoid(beta=0.5), [-10.0, -12.0, -9.0], [-11.0, -11.5, -8.0])

    del found["loss"]
    assert found == pytest.approx(
        {
            "rewards/accuracies": 0.5,
            "rewards/margins": 0.25,
            "rewards/chosen": 0.0,
            "rewards/rejected": -0.25,
            "logps/chosen": -9.5,
            "logps/rejected": -12.0,
        }
    )


def test_a_model_that_is_its_reference_scores_as_a_coin_does() -> None:
    assert summary(Sigmoid(beta=0.5), [-1.0, -2.0, -3.0], [-1.0, -2.0, -3.0])["rewards/accuracies"] == 0.5


def test_logged_loss_is_the_loss_with_its_sft_term() -> None:
    objective = Sigmoid(beta=0.5, sft_term=0.3)
    scores = Scores(sums=torch.tensor([-10.0, -12.0, -9.0]), lengths=torch.tensor([3, 4, 2]))
    found = objective(scores, None, TREES, objective.denominators(TREES))
    logged = objective.summary(found.sums.tolist())

    assert logged["loss"] == pytest.approx(found.value.item())
    assert logged["sft_loss"] == pytest.approx((10 + 9) / 5)


def test_rewards_of_a_reward_model_are_logged_and_log_probabilities_are_not() -> None:
    found = summary(Sigmoid(beta=1.0, log_probabilities=False), [1.0, 0.0, -1.0], [0.0, 0.0, 0.0])

    assert found["rewards/margins"] == pytest.approx(0.0)
    assert not any(name.startswith("logps") for name in found)


def test_a_row_without_pairs_adds_nothing() -> None:
    lonely = (tree(lengths=(3,)),)
    objective = Sigmoid(beta=0.5, sft_term=1.0)
    sums = torch.tensor([-4.0], requires_grad=True)
    found = objective(Scores(sums=sums, lengths=torch.tensor([3])), None, lonely, objective.denominators(TREES))
    found.value.backward()  # type: ignore[no-untyped-call]

    assert found.value.item() == 0
    assert found.sums.tolist() == [0.0] * len(objective.metrics)
    assert sums.grad is not None
    assert sums.grad.tolist() == [0.0]
    assert objective.summary(found.sums.tolist())["loss"] == 0.0
