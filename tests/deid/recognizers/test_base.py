"""What holds for every recognizer of ours: gates lose nothing, nothing is slow, nothing is out of range."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_deid import Deid
from prefpairs.deid.recognizers.base import Rule, RuleRecognizer, found_by
from prefpairs.deid.recognizers.community import community_recognizers
from tests.support.recognizing import direct_recognizers
from tests.support.shared_data import shared_data

_RECOGNIZERS = [item for item in community_recognizers(Deid()) if isinstance(item, RuleRecognizer)]
_OURS = direct_recognizers()
_PIECES = st.sampled_from(
    [
        "u/name", "user/name_1", "r/u_name", "u / name", "r/One", "r / One", "t1_abc", "/comments/abc/x",
        r"u\/na\_me", "snap", "my ig is", "kik: ab", "on insta", "add me on discord", "jane_d1", "name#1234",
        "@name", "$Name1", "cashapp", "my main account is x_y", "jane at gmail", "dot com", "(at)", "[dot]",
        "jane@x.org", "jane.roe@gmail", " at x dot com", "www.x", "https://a.b/c", "x.com/y", "janeroe.me",
        "site: ", "janes (dot) com", "415-555-2671", "+44 7700 900123", "four one five", "555 2671",
        "call 867 5309", "0171 1234567", "double two", "MRN 00123456", "case #123", "ssn", "social security",
        "219 09 9999", "password is a1!x", "pw: abc", "token: abc123", "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOi.eyJzdWIiOi", "bearer abcdefghij12345678", "-----BEGIN PRIVATE KEY-----",
        "7fK2pQ9xLm4Rt8Wz1Yc6", "12-CV-4411", "QQ 12 34 56 C", " ", "\n", ".", ",", "ſ", "K", "İ", "é",
    ]
)  # fmt: skip
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=6).flatmap(
    lambda pieces: st.sampled_from([" ", ""]).map(lambda joint: joint.join(pieces))
)
_REPEATED = (
    "www.", "@", "1", "415-", "a.", "a@a.", "(415) ", "u/", "r/", "snap: ", "my ig is ", "on insta ", "a_b ",
    "#1234", "one ", "jane dot ", "(at)", " at gmail ", "http://(", "aA1", "eyJa.",
    "-----BEGIN PRIVATE KEY-----", "password is ", "case #1", "ssn 1", "+1 2", " ", "\n", "\\_",
)  # fmt: skip
_ADVERSARIAL_CHARACTERS = 60_000
_GENEROUS_SECONDS = 120


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


@pytest.mark.parametrize("recognizer", _OURS, ids=lambda item: type(item).__name__)
def test_every_direct_recognizer_has_a_gate(recognizer: RuleRecognizer) -> None:
    assert recognizer.gate is not None


@pytest.mark.parametrize("recognizer", _RECOGNIZERS, ids=lambda item: type(item).__name__)
@settings(max_examples=120, deadline=None)
@given(text=_TEXTS)
def test_a_gate_loses_nothing_and_finds_are_within_the_text(recognizer: RuleRecognizer, text: str) -> None:
    found = recognizer.analyze(text, [], None)
    assert not found or recognizer.gate is None or recognizer.gate.search(text)
    assert all(0 <= item.start < item.end <= len(text) for item in found)


def test_gates_lose_nothing_on_real_answers() -> None:
    folder = shared_data("reddit/counsel-chat") / "data"
    text = (folder / "20200325_counsel_chat.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if len(line) < 20_000][::5]
    lost = sum(
        bool(recognizer.analyze(line, [], None)) and not recognizer.gate.search(line)
        for recognizer in _OURS
        if recognizer.gate is not None
        for line in lines
    )
    assert lost == 0


@pytest.mark.parametrize("recognizer", _OURS, ids=lambda item: type(item).__name__)
def test_no_text_keeps_a_recognizer_for_hours(recognizer: RuleRecognizer) -> None:
    with _alarm(_GENEROUS_SECONDS):
        for piece in _REPEATED:
            recognizer.analyze(piece * (_ADVERSARIAL_CHARACTERS // len(piece)), [], None)


def test_what_is_refused_may_hold_the_beginning_of_an_identifier() -> None:
    rule = Rule(
        name="a word before a word",
        pattern=re.compile(r"(?P<id>\w+) \w+"),
        score=1.0,
        accept=lambda match: match.span("id") if match["id"] == "jane" else None,
    )
    assert list(found_by(rule, "insta jane roe")) == [(6, 10)]
