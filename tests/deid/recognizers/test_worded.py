"""Rules that only run where a text has their words lose nothing, and no text takes them long."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_deid import Deid
from prefpairs.deid.recognizers.base import RuleRecognizer, found_by
from prefpairs.deid.recognizers.candidates import CandidateRecognizer
from prefpairs.deid.recognizers.community import community_recognizers
from prefpairs.deid.recognizers.worded import WordedRecognizer
from tests.support.shared_data import shared_data

_WORDED = [item for item in community_recognizers(Deid()) if isinstance(item, WordedRecognizer)]
_OURS: list[RuleRecognizer] = [
    item for item in community_recognizers(Deid()) if isinstance(item, WordedRecognizer | CandidateRecognizer)
]
_PIECES = st.sampled_from(
    [
        "24F", "I'm", "17", "nineteen", "years old", "y/o", "turned", "aged 45", "(M19)", "March 3rd", "Mar '19",
        "3/14/2019", "12-JAN-20", "since", "last", "Christmas", "2019", "3 weeks ago", "my birthday", "on",
        "the 14th",
        "Monday", "221b Baker St", "12 elm street", "P.O. Box 1", "Musterstraße 12", "12 rue de la Paix",
        "Via Roma 3",
        "zip 02139", "MA 02139", "SW1A 1AA", "NSW 2000", "in Dunmore", "Dayton, OH", "Cook County", "St. Mary's",
        "Duke University", "University of", "Leeds", "Mercy Hospital", "Acme Inc", "I work at", "Dr. Smith",
        "my name is",
        "called", "Jake", "my sister", "and", "said", " ", "\n", ".", "_", "’", "é", "e\u0301", "ſ", "\u0661", "1",
    ]
)  # fmt: skip
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=8).flatmap(
    lambda pieces: st.sampled_from([" ", ""]).map(lambda joint: joint.join(pieces))
)
_REPEATED = (
    "1 A ", "12 Elm St, Aa ", "12 Elm ", "A ", "Aa ", "1 aa ", "Via A de ", "on A St ", "my sister ",
    "Jake and ", "Jake ",
    "jake ", "I'm 1", "24F", "(", "1/1/", "March ", "3rd of ", "the 1", "St. A's ", "A University ",
    "University of A ",
    "I work at A", "in Aa, ", ", OH", "Dr. ", "my name is ", "SW1A ", "zip 1", "one ", "new york ", "of ",
    "a-", "a'", "A.",
)  # fmt: skip
_ADVERSARIAL_CHARACTERS = 30_000
_GENEROUS_SECONDS = 120


@pytest.mark.parametrize("recognizer", _WORDED, ids=lambda item: type(item).__name__)
@settings(max_examples=150, deadline=None)
@given(text=_TEXTS)
def test_a_rule_finds_nothing_where_its_words_are_missing(recognizer: WordedRecognizer, text: str) -> None:
    ran = {(rule.name, start, end) for rule, start, end in recognizer._found(text)}
    everything = {(rule.name, *span) for rule in recognizer.RULES for span in found_by(rule, text)}
    assert ran == everything


def test_no_rule_loses_anything_on_real_answers() -> None:
    folder = shared_data("reddit/counsel-chat") / "data"
    lines = (folder / "20200325_counsel_chat.csv").read_text(encoding="utf-8").splitlines()[::40]
    for recognizer in _WORDED:
        lost = sum(
            len({(rule.name, *span) for rule in recognizer.RULES for span in found_by(rule, line)})
            != len({(rule.name, start, end) for rule, start, end in recognizer._found(line)})
            for line in lines
        )
        assert lost == 0, type(recognizer).__name__


@pytest.mark.parametrize("recognizer", _OURS, ids=lambda item: type(item).__name__)
@settings(max_examples=60, deadline=None)
@given(text=_TEXTS)
def test_what_is_found_lies_within_the_text(recognizer: RuleRecognizer, text: str) -> None:
    assert all(0 <= item.start < item.end <= len(text) for item in recognizer.analyze(text, [], None))


@pytest.mark.parametrize("recognizer", _OURS, ids=lambda item: type(item).__name__)
def test_no_text_keeps_a_recognizer_for_hours(recognizer: RuleRecognizer) -> None:
    with _alarm(_GENEROUS_SECONDS):
        for piece in _REPEATED:
            recognizer.analyze(piece * (_ADVERSARIAL_CHARACTERS // len(piece)), [], None)


@contextmanager
def _alarm(seconds: int) -> Iterator[None]:
    """Fail what would run for hours; what runs for seconds is nobody's business here."""

    def too_long(*_: object) -> None:
        pytest.fail(f"still searching after {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
