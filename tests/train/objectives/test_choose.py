from typing import Any

import pytest
import torch

from prefpairs.errors import ConfigError
from prefpairs.train.objectives.choose import objective_of
from prefpairs.train.objectives.listwise import PlackettLuce
from prefpairs.train.objectives.pairwise import Ipo, Sigmoid
from prefpairs.train.objectives.supervised import Supervised
from prefpairs.train.recipe import Recipe
from prefpairs.train.scoring.layout import Scores
from tests.support.preference_trees import pair, tree

REWARD: dict[str, Any] = {"task": "reward", "stages": ("reward",)}


def test_plain_dpo_is_what_one_gets_without_asking() -> None:
    assert objective_of(Recipe(), "dpo") == Sigmoid(beta=0.1)
    assert isinstance(objective_of(Recipe(), "sft"), Supervised)


def test_losses_by_name() -> None:
    assert isinstance(objective_of(Recipe(loss="ipo"), "dpo"), Ipo)
    assert isinstance(objective_of(Recipe(loss="plackett_luce"), "dpo"), PlackettLuce)


def test_peoples_own_judgements_need_no_probability() -> None:
    recipe = Recipe(probability="weight")
    judged = (tree(lengths=(1, 1), pairs=(pair(0, 1),)),)

    assert objective_of(recipe, "dpo2").denominators(judged) == (1.0, 0.0)
    with pytest.raises(ConfigError, match="no preference probability"):
        objective_of(recipe, "dpo").denominators(judged)


def test_a_reward_model_is_held_to_nothing() -> None:
    objective = objective_of(Recipe(beta=0.1, **REWARD), "reward")
    row = (tree(lengths=(1, 1), pairs=(pair(0, 1),)),)
    rewards = Scores(sums=torch.tensor([2.0, 0.5]), lengths=torch.tensor([1, 1]))

    logged = objective.summary(objective(rewards, None, row, objective.denominators(row)).sums.tolist())

    assert logged["rewards/margins"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    "change",
    [{"loss": "ipo"}, {"sft_term": 0.1}],
    ids=["ipo", "sft term"],
)
def test_a_reward_model_has_no_loss_of_log_probabilities(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="reward model has no log-probabilities"):
        objective_of(Recipe(**REWARD).model_copy(update=change), "reward")


def test_ipo_has_no_offsets() -> None:
    with pytest.raises(ConfigError, match="offset"):
        objective_of(Recipe(loss="ipo").model_copy(update={"probability": "offset"}), "dpo")
