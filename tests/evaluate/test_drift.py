import pytest

from prefpairs.evaluate.bootstrap import Bootstrap
from prefpairs.evaluate.drift import Side, drift
from prefpairs.evaluate.held_out import held_out
from prefpairs.evaluate.rules import Scored
from prefpairs.train.data.trees import Pair
from tests.support.evaluating import floats, split_of

HELD = held_out(split_of([Pair(chosen=0, rejected=1)], [Pair(chosen=1, rejected=0)], tokens=4))


def sides(policy: tuple[float, ...], reference: tuple[float, ...]) -> tuple[Side, Side]:
    found = drift(
        Scored(policy=floats(*policy), reference=floats(*reference), beta=0.1), HELD, Bootstrap(2, resamples=10)
    )
    assert found is not None
    return found.chosen, found.rejected


def test_the_change_is_by_response_and_by_token_and_does_not_know_beta() -> None:
    # Chosen are responses 0 and 3, rejected 1 and 2; all have four tokens.
    chosen, rejected = sides((-10, -30, -24, -8), (-8, -20, -20, -12))
    assert chosen.response is not None
    assert chosen.token is not None
    assert rejected.response is not None
    assert chosen.response.value == (-2 + 4) / 2
    assert chosen.token.value == pytest.approx((-0.5 + 1) / 2)
    assert rejected.response.value == (-10 - 4) / 2
    assert (chosen.policy, chosen.reference) == (-9, -10)


def test_chosen_responses_that_become_less_likely_are_seen_though_every_margin_is_positive() -> None:
    chosen, rejected = sides((-12, -30, -30, -12), (-10, -20, -20, -10))
    assert chosen.falling is not None
    assert rejected.falling is not None
    assert (chosen.falling.value, rejected.falling.value) == (1, 1)


def test_no_change_counts_half_as_falling() -> None:
    chosen, _ = sides((-10, -10, -10, -11), (-10, -10, -10, -10))
    assert chosen.falling is not None
    assert chosen.falling.value == 0.75


def test_both_sides_are_drawn_on_the_same_axis() -> None:
    chosen, rejected = sides((-10, -30, -24, -8), (-8, -20, -20, -12))
    assert chosen.tokens.edges == rejected.tokens.edges
    assert sum(chosen.tokens.counts) == sum(rejected.tokens.counts) == 2


def test_a_reward_model_has_no_drift() -> None:
    assert (
        drift(Scored(policy=floats(1, 0, 0, 1), reference=None, beta=1), HELD, Bootstrap(2, resamples=5)) is None
    )
