"""Threads -> de-identified threads, in order, in this process or in others that stay alive.

A worker is a fresh process (`spawn`) that loads the engine once. It imports neither Prefect nor Polars.
Each thread's outcome is sent as soon as it is there: where a worker ends before its time, what it had
finished is kept, the rest is done again by another, and a thread that has ended two workers fails.
Only threads and outcomes cross the border between processes, never an exception with a text in it.
"""

import signal
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pickle import UnpicklingError
from typing import Any

from prefpairs.config_deid import Deid
from prefpairs.deid.engine import Engine, Outcome, Thread
from prefpairs.errors import DeidentifyError, PrefpairsError

_CHUNKS_AHEAD = 3  # for each worker: it rarely waits, and memory stays bounded
_STRIKES = 2  # workers that a thread may end
_START_SECONDS = 300  # libraries from a cold disk, on a machine that has other things to do
_STARTS = 3  # workers in a row that may end before they have begun

Outcomes = tuple[Outcome, ...]
_Chunk = deque[tuple[int, Thread]]
"""Threads with their numbers in the order of all."""


def deidentify_all(
    engine: Engine, settings: Deid, threads: Iterable[Thread], *, load: Callable[[Deid], Engine] = Engine.load
) -> Generator[Outcomes]:
    """Yield the outcomes of each thread, in the order of `threads`, which is read as it is needed.

    Few texts, or `workers = 0`, are done by `engine` here. Closing the generator ends the workers.

    Raises
    ------
    DeidentifyError
        If workers cannot be started. The outcomes yielded before stay good.

    """
    chunks = _chunks(threads, settings.chunk_texts)
    first = list(islice(chunks, 2))
    if settings.workers == 0 or len(first) < 2:
        for chunk in chain(first, chunks):
            yield from list(deidentify_chunk(engine, [thread for _, thread in chunk]))
        return
    pool = _Pool(settings, chain(first, chunks), lambda: _Worker(settings, engine.policy_hash, load))
    try:
        yield from pool.outcomes()
    finally:
        pool.close()


def deidentify_chunk(engine: Engine, threads: Sequence[Thread]) -> Iterator[Outcomes]:
    """De-identify some threads, and forget their words afterwards."""
    with engine.bounded_memory():
        for thread in threads:
            yield engine.deidentify_thread(thread)


def _chunks(threads: Iterable[Thread], texts: int) -> Iterator[_Chunk]:
    """Yield whole threads together that hold `texts` texts or more."""
    chunk: _Chunk = deque()
    size = 0
    for numbered in enumerate(threads):
        chunk.append(numbered)
        size += len(numbered[1].texts)
        if size >= texts:
            yield chunk
            chunk, size = deque(), 0
    if chunk:
        yield chunk


class _Worker:
    """One process, and what it has been given to do."""

    def __init__(self, settings: Deid, policy_hash: str, load: Callable[[Deid], Engine]) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, settings, policy_hash, load), daemon=True)
        self._process.start()
        theirs.close()  # or the end of the process would go unnoticed
        self.is_ready = False
        self.chunk: _Chunk = deque()
        self.texts_done = 0

    def give(self, chunk: _Chunk) -> None:
        """Send threads to be done."""
        self.chunk = chunk
        with suppress(OSError):  # it has ended: that is seen when it is listened to
            self.connection.send([thread for _, thread in chunk])

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


class _Pool:
    """Workers, what they have to do, and what they have done."""

    def __init__(self, settings: Deid, chunks: Iterator[_Chunk], start: Callable[[], _Worker]) -> None:
        self._settings = settings
        self._chunks = chunks
        self._are_more_chunks = True
        self._again: deque[_Chunk] = deque()
        self._finished: dict[int, Outcomes] = {}
        self._strikes: Counter[int] = Counter()
        self._failed_starts = 0
        self._start = start
        self._workers: list[_Worker] = []

    def outcomes(self) -> Iterator[Outcomes]:
        """Yield the outcomes of each thread, in order."""
        self._workers += (self._start() for _ in range(self._settings.workers))
        number = 0
        while True:
            while number in self._finished:
                yield self._finished.pop(number)
                number += 1
            self._give_work()
            if not (self._are_more_chunks or self._again or any(worker.chunk for worker in self._workers)):
                return
            self._listen()

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers:
            worker.end()

    def _give_work(self) -> None:
        for worker in self._workers:
            if worker.is_ready and not worker.chunk and (chunk := self._next_chunk()):
                worker.give(chunk)

    def _next_chunk(self) -> _Chunk | None:
        if self._again:
            return self._again.popleft()
        if len(self._finished) > self._settings.workers * self._settings.chunk_texts * _CHUNKS_AHEAD:
            return None  # whoever takes the outcomes is behind, or a thread takes long
        chunk = next(self._chunks, None)
        self._are_more_chunks = chunk is not None
        return chunk

    def _listen(self) -> None:
        """Hear what the workers say; those of whom nothing is heard for too long are ended."""
        expected = [worker for worker in self._workers if worker.chunk or not worker.is_ready]
        patience = self._settings.worker_seconds
        if not all(worker.is_ready for worker in expected):
            patience = max(patience, _START_SECONDS)
        speaking = wait([worker.connection for worker in expected], timeout=patience)
        for worker in expected:
            if not speaking:
                self._replace(worker)
            elif worker.connection in speaking:
                self._hear(worker)

    def _hear(self, worker: _Worker) -> None:
        try:
            message: Outcomes | str | None = worker.connection.recv()
        except (EOFError, OSError, UnpicklingError):
            self._replace(worker)
            return
        if isinstance(message, str):
            raise DeidentifyError(message)
        if message is None:
            worker.is_ready, self._failed_starts = True, 0
            return
        number, _ = worker.chunk.popleft()
        self._finished[number] = message
        worker.texts_done += len(message)
        if not worker.chunk and worker.texts_done >= self._settings.worker_texts:
            self._replace(worker)

    def _replace(self, worker: _Worker) -> None:
        """End a worker and start another; what it had not finished is done again, but not what ended two."""
        self._workers.remove(worker)
        worker.end()
        if not worker.is_ready:
            self._failed_starts += 1
        if self._failed_starts == _STARTS:
            msg = (
                f"{_STARTS} de-identification workers in a row ended before they had begun. What was finished is "
                f"kept: run again to go on, with fewer workers if memory was short (deid.workers)."
            )
            raise DeidentifyError(msg)
        if worker.chunk:
            number, thread = worker.chunk[0]
            self._strikes[number] += 1
            if self._strikes[number] == _STRIKES:
                worker.chunk.popleft()
                self._finished[number] = (None,) * len(thread.texts)
        if worker.chunk:
            self._again.append(worker.chunk)
        self._workers.append(self._start())


def _serve(
    connection: "Connection[Any, Any]", settings: Deid, policy_hash: str, load: Callable[[Deid], Engine]
) -> None:
    """De-identify what comes, until nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    try:
        engine = load(settings)
    except PrefpairsError as error:
        connection.send(str(error))
        return
    if engine.policy_hash != policy_hash:
        connection.send("A worker would mask by another policy than this process. Are two versions installed?")
        return
    connection.send(None)
    # A printed traceback could quote a text: whatever happens, the process ends in silence.
    with suppress(Exception):
        while True:
            for outcomes in deidentify_chunk(engine, connection.recv()):
                connection.send(outcomes)
