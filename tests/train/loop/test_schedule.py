import pytest

from prefpairs.train.loop.schedule import learning_rate
from prefpairs.train.recipe import Optimiser


def _rates(schedule: str, *, warmup: float, steps: int = 10) -> list[float]:
    settings = Optimiser.model_validate({"learning_rate": 1.0, "schedule": schedule, "warmup": warmup})
    return [learning_rate(step, steps=steps, settings=settings) for step in range(steps)]


def test_the_rate_rises_in_even_steps_and_reaches_its_height_right_after() -> None:
    assert _rates("constant", warmup=0.3) == pytest.approx([0.25, 0.5, 0.75, *[1.0] * 7])


def test_linear_falls_in_even_steps_to_just_above_zero() -> None:
    assert _rates("linear", warmup=0.0, steps=4) == pytest.approx([1.0, 0.75, 0.5, 0.25])


def test_cosine_falls_slowly_then_fast_then_slowly() -> None:
    assert _rates("cosine", warmup=0.0, steps=4) == pytest.approx([1.0, 0.85355339, 0.5, 0.14644661])


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_every_step_learns_and_none_more_than_the_setting(schedule: str, warmup: float, steps: int) -> None:
    assert all(0 < rate <= 1 for rate in _rates(schedule, warmup=warmup, steps=steps))
