"""Worker processes: order, what happens when one ends before its time, and that nothing passes unread."""

import multiprocessing
from collections.abc import Iterator

import pytest

from prefpairs.config_deid import Deid
from prefpairs.deid.engine import Engine, Outcome, Thread
from prefpairs.deid.workers import deidentify_all
from prefpairs.errors import DeidentifyError
from tests.support import failing_engines
from tests.support.failing_engines import POISON

SETTINGS = Deid(spacy_pipeline="blank:en", workers=1, chunk_texts=3)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(SETTINGS)


def _threads(*texts: str) -> list[Thread]:
    return [Thread(texts=(text,)) for text in texts]


def _texts(outcomes: Iterator[tuple[Outcome, ...]]) -> list[str | None]:
    return [None if outcome is None else outcome.text for outcomes_ in outcomes for outcome in outcomes_]


def test_outcomes_come_in_the_order_of_the_threads_and_equal_those_of_one_process(engine: Engine) -> None:
    threads = _threads(
        *(f"my name is Tom, mail me: tom{number}@example.org" * (number % 5) for number in range(40))
    )
    settings = SETTINGS.model_copy(update={"workers": 2})
    here = list(deidentify_all(engine, settings.model_copy(update={"workers": 0}), threads))
    assert list(deidentify_all(engine, settings, threads)) == here


def test_few_texts_start_no_process(engine: Engine) -> None:
    done = deidentify_all(engine, SETTINGS, _threads("I'm Tom", "two"), load=failing_engines.never_starts)
    assert _texts(done) == ["I'm <PERSON>", "two"]


def test_only_the_text_that_ends_workers_fails(engine: Engine) -> None:
    threads = _threads("one", "my name is Tom", POISON, "three", "u/some_one", "five", "six")
    done = deidentify_all(engine, SETTINGS, threads, load=failing_engines.dies)
    assert _texts(done) == ["one", "my name is <PERSON>", None, "three", "<REDDIT_USER>", "five", "six"]


def test_every_text_of_a_thread_that_ends_workers_fails(engine: Engine) -> None:
    threads = [Thread(texts=("one", POISON, "three")), *_threads("four", "five")]
    done = list(deidentify_all(engine, SETTINGS, threads, load=failing_engines.dies))
    assert [len(outcomes) for outcomes in done] == [3, 1, 1]
    assert _texts(iter(done)) == [None, None, None, "four", "five"]


def test_a_worker_that_does_not_come_back_is_ended_and_its_text_fails(engine: Engine) -> None:
    settings = SETTINGS.model_copy(update={"worker_seconds": 2.0, "chunk_texts": 1})
    done = deidentify_all(engine, settings, _threads("one", POISON, "three"), load=failing_engines.hangs)
    assert _texts(done) == ["one", None, "three"]


def test_workers_that_cannot_start_are_an_error_that_says_what_to_do(engine: Engine) -> None:
    with pytest.raises(DeidentifyError, match="with fewer workers"):
        list(deidentify_all(engine, SETTINGS, _threads(*"abcdefg"), load=failing_engines.never_starts))


def test_a_worker_with_another_policy_is_refused() -> None:
    other = Engine.load(SETTINGS.model_copy(update={"score_threshold": 0.5}))
    with pytest.raises(DeidentifyError, match="another policy"):
        list(deidentify_all(other, SETTINGS, _threads(*"abcdefg")))


def test_a_worker_is_replaced_after_so_many_texts_and_loses_none(engine: Engine) -> None:
    settings = SETTINGS.model_copy(update={"worker_texts": 3})
    done = deidentify_all(engine, settings, _threads(*"abcdefg"))
    processes = set()
    texts = []
    for outcomes in done:
        processes |= {process.pid for process in multiprocessing.active_children()}
        texts += _texts(iter([outcomes]))
    assert texts == list("abcdefg")
    assert len(processes) > 1


def test_closing_ends_the_workers_and_threads_are_only_read_as_they_are_needed(engine: Engine) -> None:
    read = []

    def threads() -> Iterator[Thread]:
        for number in range(10_000):
            read.append(number)
            yield Thread(texts=(str(number),))

    done = deidentify_all(engine, SETTINGS, threads())
    next(done)
    done.close()
    assert multiprocessing.active_children() == []
    assert len(read) < 100
