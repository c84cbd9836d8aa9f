"""A recipe and a stage -> the objective that the stage is trained on."""

from prefpairs.errors import ConfigError
from prefpairs.train.objectives.labels import Labelling
from prefpairs.train.objectives.listwise import PlackettLuce
from prefpairs.train.objectives.objective import Objective
from prefpairs.train.objectives.pairwise import Ipo, Sigmoid
from prefpairs.train.objectives.preference import Preference
from prefpairs.train.objectives.supervised import Supervised
from prefpairs.train.recipe import Recipe, Stage

_LOSSES: dict[str, type[Preference]] = {"sigmoid": Sigmoid, "ipo": Ipo, "plackett_luce": PlackettLuce}


def objective_of(recipe: Recipe, stage: Stage) -> Objective:
    """Return a stage's objective.

    Stage `dpo2` learns from people's own judgements, which carry no probability: `probability` does not apply to
    it. A reward model has no reference to be held to, so its beta is 1: `sigmoid` is then Bradley-Terry.

    Raises
    ------
    ConfigError
        If settings of the recipe do not go together.

    """
    if stage == "sft":
        return Supervised()
    is_reward = stage == "reward"
    _check(recipe, is_reward=is_reward)
    return _LOSSES[recipe.loss](
        beta=1.0 if is_reward else recipe.beta,
        labelling=Labelling(
            weighting=recipe.pair_weighting,
            probability="ignore" if stage == "dpo2" else recipe.probability,
            smoothing=recipe.label_smoothing,
        ),
        sft_term=recipe.sft_term,
        log_probabilities=not is_reward,
    )


def _check(recipe: Recipe, *, is_reward: bool) -> None:
    if recipe.loss == "ipo" and recipe.probability == "offset":
        msg = "probability=offset is a margin of rewards, which loss=ipo does not have. Use loss=sigmoid."
        raise ConfigError(msg)
    if is_reward and (recipe.loss == "ipo" or recipe.sft_term):
        msg = "A reward model has no log-probabilities: use loss=sigmoid or plackett_luce, and sft_term=0."
        raise ConfigError(msg)
