import pytest
import torch

from prefpairs.train.objectives.supervised import Supervised
from prefpairs.train.scoring.layout import Scores
from tests.support.preference_trees import tree

TREES = (tree(lengths=(3,)), tree(lengths=(1, 4)))


def test_every_token_of_every_response_counts_the_same() -> None:
    # 3 + 1 + 4 tokens; a mean of means would be 17 / 12.
    objective = Supervised()
    scores = Scores(sums=torch.tensor([-6.0, -1.0, -5.0]), lengths=torch.tensor([3, 1, 4]))

    found = objective(scores, None, TREES, objective.denominators(TREES))

    assert found.value.item() == pytest.approx(12 / 8)
    assert objective.summary(found.sums.tolist()) == {"loss": pytest.approx(12 / 8)}


def test_a_row_is_a_share_of_its_step() -> None:
    objective = Supervised()
    whole = objective.denominators(TREES)
    first = objective(Scores(sums=torch.tensor([-6.0]), lengths=torch.tensor([3])), None, TREES[:1], whole)
    second = objective(
        Scores(sums=torch.tensor([-1.0, -5.0]), lengths=torch.tensor([1, 4])), None, TREES[1:], whole
    )

    assert (first.value + second.value).item() == pytest.approx(12 / 8)
    assert objective.summary((first.sums + second.sums).tolist())["loss"] == pytest.approx(12 / 8)


def test_nothing_counted_is_a_loss_of_0() -> None:
    assert Supervised().summary([0.0, 0.0]) == {"loss": 0.0}
