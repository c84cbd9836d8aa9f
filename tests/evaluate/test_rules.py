import numpy as np
import pytest

from prefpairs.evaluate.bootstrap import Bootstrap
from prefpairs.evaluate.held_out import held_out
from prefpairs.evaluate.rules import Accuracy, Scored, accuracies, margins, outcomes
from prefpairs.train.data.trees import Pair
from tests.support.evaluating import floats, split_of

# Two posts. First: responses 0, 1, 2 and two pairs. Second: responses 3 and 4 and one pair.
SPLIT = split_of(
    [
        Pair(chosen=0, rejected=1, extra_words=5, seconds_between=60),
        Pair(chosen=0, rejected=2, extra_words=0, seconds_between=-60),
    ],
    [Pair(chosen=1, rejected=0, extra_words=-3)],
)
HELD = held_out(SPLIT)
SCORED = Scored(policy=floats(-10, -20, -5, -8, -9), reference=floats(-12, -19, -8, -8, -10), beta=0.5)


def figures() -> dict[str, Accuracy]:
    found = accuracies(outcomes(SCORED, HELD), HELD, Bootstrap(HELD.posts, resamples=50))
    return {one.rule: one for one in found}


def value(rule: str) -> float | None:
    accuracy = figures()[rule].accuracy
    return None if accuracy is None else accuracy.value


def test_the_margin_is_what_training_has_changed_times_beta() -> None:
    # Changes: +2, -1, +3, 0, +1. Pairs: 2 - -1, 2 - 3, 1 - 0; times a half.
    assert margins(SCORED.rewards, HELD).tolist() == [1.5, -0.5, 0.5]


def test_the_model_is_right_where_the_margin_is_positive() -> None:
    assert value("model") == pytest.approx(2 / 3)


def test_the_reference_is_right_where_it_finds_chosen_likelier() -> None:
    # -12 against -19: yes; against -8: no. -10 against -8: no.
    assert value("reference_likelihood") == pytest.approx(1 / 3)


def test_the_longer_one_wins_and_a_tie_counts_half() -> None:
    assert value("longer") == pytest.approx((1 + 0.5 + 0) / 3)


def test_the_earlier_one_wins_where_times_are_known() -> None:
    assert value("earlier") == 0.5
    assert figures()["earlier"].pairs == 2


def test_a_coin_is_right_half_of_the_time() -> None:
    assert value("random") == 0.5


def test_times_that_nobody_knows_are_no_accuracy() -> None:
    held = held_out(split_of([Pair(chosen=0, rejected=1)]))
    scored = Scored(policy=floats(1, 0), reference=None, beta=1)
    found = {one.rule: one for one in accuracies(outcomes(scored, held), held, Bootstrap(1, resamples=5))}
    assert (found["earlier"].pairs, found["earlier"].accuracy, found["earlier"].model_ahead) == (0, None, None)


def test_the_model_is_compared_on_the_pairs_that_the_rule_can_judge() -> None:
    ahead = figures()["earlier"].model_ahead
    assert ahead is not None
    assert ahead.value == 0  # right in one of the two pairs with times, as the rule is


def test_a_model_that_was_not_trained_ties_everywhere() -> None:
    scored = Scored(policy=SCORED.policy, reference=SCORED.policy, beta=0.1)
    assert outcomes(scored, HELD)["model"].tolist() == [0.5, 0.5, 0.5]


def test_by_token_a_longer_response_is_not_the_less_likely_one_for_its_length() -> None:
    held = held_out(split_of([Pair(chosen=0, rejected=1)]))
    held.tokens[:] = (100, 10)
    scored = Scored(policy=floats(-100, -20), reference=floats(-100, -20), beta=1)
    found = outcomes(scored, held)
    assert found["reference_likelihood"].tolist() == [0]
    assert found["reference_likelihood_per_token"].tolist() == [1]


def test_a_reward_model_is_judged_by_its_rewards_and_has_no_reference() -> None:
    scored = Scored(policy=floats(1, 2, 0, 5, 5), reference=None, beta=1)
    found = outcomes(scored, HELD)
    assert found["model"].tolist() == [0, 1, 0.5]
    assert set(found) == {"model", "longer", "earlier", "random"}
    assert not np.isnan(found["model"]).any()
