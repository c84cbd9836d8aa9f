"""What leaves a stage, or the program, quotes nothing that somebody wrote."""

from typing import NoReturn

import polars as pl
import pytest

from prefpairs.deid.spans import Deidentified
from prefpairs.errors import PrefpairsError, TransientError, without_text
from prefpairs.ingest.counselchat import _Answer
from prefpairs.ingest.records import RecordReader
from prefpairs.ingest.reddit_recorder import Recorder
from tests.support.archives import comment, line, submission

TEXT = "my sister Zebedee"


def failing(error: BaseException) -> NoReturn:
    raise error


@pytest.mark.parametrize("kind", [KeyError, UnicodeError, AssertionError, pl.exceptions.PanicException])
def test_another_librarys_error_keeps_its_type_and_place(kind: type[BaseException]) -> None:
    with pytest.raises(PrefpairsError, match=rf"^The stage 'x' stopped: {kind.__name__} at test_errors") as caught:
        without_text("The stage 'x'")(failing)(kind(TEXT))
    assert TEXT not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_our_error_keeps_its_kind_and_sentence_and_nothing_else() -> None:
    ours = TransientError("Run again later.")
    ours.__cause__ = ValueError(TEXT)
    with pytest.raises(TransientError, match=r"^Run again later\.$") as caught:
        without_text("The stage 'x'")(failing)(ours)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("wish", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_wish_to_stop_is_no_failure(wish: type[BaseException]) -> None:
    with pytest.raises(wish):
        without_text("The stage 'x'")(failing)(wish())


def test_what_holds_a_text_does_not_show_it() -> None:
    """Tests and exceptions print objects."""
    recorder = Recorder()
    recorder.record({"kind": "t1", "data": {"id": "k1", "author": TEXT, "body": TEXT}}, retrieved_on=0)
    holders = [
        recorder,
        RecordReader().read(line(comment(author=TEXT, body=TEXT))),
        RecordReader().read(line(submission(author=TEXT, title=TEXT, selftext=TEXT))),
        Deidentified(text=TEXT, spans=()),
        _Answer("q", TEXT, TEXT, "a", TEXT, TEXT, 1, 1),
    ]
    assert [type(holder).__name__ for holder in holders if TEXT in repr(holder)] == []
