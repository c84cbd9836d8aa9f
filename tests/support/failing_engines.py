"""Engines that fail as no text makes a real one fail; a worker process imports them by name."""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from prefpairs.config_deid import Deid
from prefpairs.deid.engine import Engine

if TYPE_CHECKING:
    from prefpairs.deid.spans import Span

POISON = "poison"
_KILLED = 137  # as by the kernel when memory is short


def dies(settings: Deid) -> Engine:
    """Return an engine that ends its process at the poison."""
    return _poisoned(settings, partial(os._exit, _KILLED))


def hangs(settings: Deid) -> Engine:
    """Return an engine that does not come back from the poison."""
    return _poisoned(settings, partial(time.sleep, 600))


def never_starts(settings: Deid) -> Engine:
    """End the process before it has begun."""
    os._exit(_KILLED)


def _poisoned(settings: Deid, fail: Callable[[], None]) -> Engine:
    engine = Engine.load(settings)
    real = engine.detector.detections

    def detections(text: str) -> "Iterator[Span]":
        if POISON in text:
            fail()
        return real(text)

    setattr(engine.detector, "detections", detections)  # noqa: B010  # an instance's own, which mypy does not allow
    return engine
