"""Stages tell how far they are; who listens decides what to show. Nobody listens by default."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Protocol

from prefpairs.stage import Progress, StageReport


class Listener(Protocol):
    """What a listener is told. Names and counts, never text."""

    def started(self, stage: str) -> None:
        """Tell that a stage has begun."""
        ...

    def advanced(self, stage: str, done: int, total: int) -> None:
        """Tell that `done` of `total` pieces of work are done."""
        ...

    def finished(self, report: StageReport) -> None:
        """Tell that a stage has ended, with its counts."""
        ...


class _Silence:
    def started(self, stage: str) -> None: ...
    def advanced(self, stage: str, done: int, total: int) -> None: ...
    def finished(self, report: StageReport) -> None: ...


_SILENCE: Listener = _Silence()
_listener: ContextVar[Listener] = ContextVar("listener", default=_SILENCE)


def listener() -> Listener:
    """Return who listens now."""
    return _listener.get()


@contextmanager
def listening(new: Listener) -> Iterator[None]:
    """Let `new` listen inside the block."""
    token = _listener.set(new)
    try:
        yield
    finally:
        _listener.reset(token)


def advancing(stage: str) -> Progress:
    """Return what passes the progress of a stage on to who listens."""
    return partial(listener().advanced, stage)
