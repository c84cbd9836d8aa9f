"""A step -> its learning rate."""

import math

from prefpairs.train.recipe import Optimiser


def learning_rate(step: int, *, steps: int, settings: Optimiser) -> float:
    """Return the learning rate of a step: it rises evenly, then falls as the schedule says.

    No step has a rate of zero: the first and the last one learn as well.

    Parameters
    ----------
    step
        From 0 to `steps - 1`.
    steps
        Steps of the whole stage.
    settings
        The stage's optimizer.

    """
    warm = round(settings.warmup * steps)
    if step < warm:
        return settings.learning_rate * (step + 1) / (warm + 1)
    gone = (step - warm) / max(1, steps - warm)
    share = {"constant": 1.0, "linear": 1.0 - gone, "cosine": 0.5 * (1.0 + math.cos(math.pi * gone))}
    return settings.learning_rate * share[settings.schedule]
