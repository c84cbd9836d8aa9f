"""Texts -> de-identified texts, in order, in this process or in others that stay alive.

A worker is a fresh process (`spawn`) that loads the engine once. It imports neither Prefect nor Polars.
Only hashes, counts and the texts themselves cross the border between processes, never an exception
with a text in it.
"""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from prefpairs.config import Deid
from prefpairs.deid.engine import Engine
from prefpairs.deid.spans import Deidentified
from prefpairs.errors import DeidentifyError

_CHUNKS_AHEAD = 3  # for each worker: it never waits, and memory stays bounded

_worker_engine: Engine | None = None

Outcome = Deidentified | None
"""None where a recognizer failed: such a text is never published."""


def deidentify_all(engine: Engine, settings: Deid, texts: Sequence[str]) -> Generator[Outcome]:
    """Yield the outcome for each text, in the order of `texts`.

    Few texts, or `workers = 0`, are done by `engine` here. Closing the generator ends the workers.

    Raises
    ------
    DeidentifyError
        If a worker process dies. The outcomes yielded before stay good.

    """
    chunks = (texts[start : start + settings.chunk_texts] for start in range(0, len(texts), settings.chunk_texts))
    if settings.workers == 0 or len(texts) <= settings.chunk_texts:
        for chunk in chunks:
            yield from deidentify_chunk(engine, chunk)
        return
    pool = ProcessPoolExecutor(
        max_workers=settings.workers,
        mp_context=get_context("spawn"),
        initializer=_start_worker,
        initargs=(settings, engine.policy_hash),
    )
    try:
        yield from _in_order(pool, chunks, ahead=settings.workers * _CHUNKS_AHEAD)
    except BrokenProcessPool:
        msg = (
            f"A de-identification worker ended before its time, with {len(texts)} texts to do. What was "
            f"finished is kept: run again to go on, with fewer workers if memory was short (deid.workers)."
        )
        raise DeidentifyError(msg) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def deidentify_chunk(engine: Engine, texts: Sequence[str]) -> list[Outcome]:
    """De-identify some texts, and forget their words afterwards."""
    with engine.bounded_memory():
        return [_outcome(engine, text) for text in texts]


def _in_order(pool: ProcessPoolExecutor, chunks: Iterator[Sequence[str]], *, ahead: int) -> Iterator[Outcome]:
    waiting: deque[Future[list[Outcome]]] = deque()
    for chunk in chunks:
        waiting.append(pool.submit(_work, list(chunk)))
        if len(waiting) >= ahead:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def _outcome(engine: Engine, text: str) -> Outcome:
    try:
        return engine.deidentify(text)
    except DeidentifyError:
        return None


def _start_worker(settings: Deid, policy_hash: str) -> None:
    global _worker_engine
    engine = Engine.load(settings)
    if engine.policy_hash != policy_hash:
        msg = "A worker would mask by another policy than this process. Are two versions installed?"
        raise DeidentifyError(msg)
    _worker_engine = engine


def _work(texts: list[str]) -> list[Outcome]:
    if _worker_engine is None:
        msg = "The worker has no engine."
        raise DeidentifyError(msg)
    return deidentify_chunk(_worker_engine, texts)
