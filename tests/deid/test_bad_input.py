"""Bad input and failing parts: bounded time, correct offsets, and no text that passes unread."""

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from presidio_analyzer import EntityRecognizer, RecognizerResult, pattern_recognizer

from prefpairs.config_deid import Deid
from prefpairs.deid import detect, pipeline
from prefpairs.deid.detect import Detector
from prefpairs.deid.engine import Engine, Thread
from prefpairs.deid.recognizers.base import name_of
from prefpairs.errors import ConfigError, DeidentifyError

BLANK = Deid(spacy_pipeline="blank:en")
NAMED = "my name is Tom, from u/tom_in_boston"
HIDDEN = "my name is <PERSON>, from <REDDIT_USER>"


@pytest.fixture(scope="module")
def blank() -> Engine:
    return Engine.load(BLANK)


@pytest.mark.parametrize(
    "around",
    [
        pytest.param("", id="nothing"),
        pytest.param("\U0001f600" * 100_000, id="emoji"),
        pytest.param("\u200b\u202e\u2066\u200f" * 5_000 + "\n", id="unseen controls"),
        pytest.param("[a](" * 5_000 + "https://example.org" + ")" * 5_000, id="nested links"),
        pytest.param("> " * 5_000 + "**" * 5_000, id="nested quotes"),
        pytest.param("心理的に疲れました。" * 2_000, id="another script"),
        pytest.param("www." * 10_000, id="www"),
        pytest.param("a.b" * 10_000 + "@" * 50, id="dots"),
        pytest.param("1" * 20_000, id="digits"),
        pytest.param("1 " * 10_000, id="numbers"),
        pytest.param("1-2/" * 5_000, id="digits and marks"),
        pytest.param("(" * 20_000 + "\n" * 20_000, id="brackets and lines"),
        pytest.param("&amp;" * 20_000, id="entities"),
        pytest.param("a\u0301\u0302" * 20_000, id="marks on letters"),
        pytest.param("my sister " * 8_000, id="a trigger"),
        pytest.param(" at " * 10_000, id="at"),
        pytest.param("A" * 60_000, id="one word"),
        pytest.param("::1:" * 15_000, id="colons"),
    ],
)
def test_a_text_of_any_shape_is_searched_in_bounded_time_with_true_offsets(blank: Engine, around: str) -> None:
    raw = f"{around}\n\n{NAMED}\n\n{around}"[-BLANK.max_text_characters :]
    started = time.process_time()
    result = blank.deidentify(raw)
    # Quadratic time would be minutes and hours; this is no measurement.
    assert time.process_time() - started < 30
    found = {raw[span.start : span.end] for span in result.spans}
    assert {"Tom", "u/tom_in_boston"} <= found


def test_a_text_beyond_the_limit_fails_at_once_and_the_others_do_not(blank: Engine) -> None:
    started = time.process_time()
    outcomes = blank.deidentify_thread(Thread(texts=(NAMED, f"{NAMED} " * 300_000)))
    assert time.process_time() - started < 5
    assert [outcome and outcome.text for outcome in outcomes] == [HIDDEN, None]


def _raise(*args: object, **kwargs: object) -> None:
    msg = f"{NAMED} is in this message"
    raise RuntimeError(msg)


def _outside(text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
    return [RecognizerResult("PERSON", 0, len(text) + 1, 0.9)]


class _Failing(EntityRecognizer):
    """A recognizer of a user, which does not do what it should."""

    def __init__(self, analyze: Callable[..., Iterable[RecognizerResult] | None]) -> None:
        super().__init__(supported_entities=["PERSON"], name="Failing")
        self.analyze = analyze  # type: ignore[method-assign,assignment]

    def load(self) -> None:
        """Do nothing."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        """Be replaced."""
        raise NotImplementedError


@pytest.mark.parametrize("analyze", [_raise, _outside])
def test_a_recognizer_that_raises_or_points_outside_the_text_fails_it(
    monkeypatch: pytest.MonkeyPatch, analyze: Callable[..., Iterable[RecognizerResult] | None]
) -> None:
    monkeypatch.setattr(detect, "community_recognizers", lambda settings: [_Failing(analyze)])
    _fails_silently(Engine.load(BLANK), NAMED)


def test_a_gate_that_raises_fails_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine.load(BLANK)
    for step in engine.detector._patterns._steps:
        monkeypatch.setattr(step, "may_find", _raise)
    _fails_silently(engine, NAMED)


def test_a_phone_parser_that_raises_fails_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "REPLACED_PRESIDIO", frozenset())
    engine = Engine.load(BLANK)
    assert "PhoneRecognizer" in map(name_of, engine.detector.recognizers)
    monkeypatch.setattr("phonenumbers.parse", _raise)
    _fails_silently(engine, "415-555-2671 is Tom")


def test_a_pattern_that_runs_out_of_time_fails_the_text(monkeypatch: pytest.MonkeyPatch, blank: Engine) -> None:
    monkeypatch.setattr(pattern_recognizer, "REGEX_TIMEOUT_SECONDS", 1e-9)
    _fails_silently(blank, f"{NAMED}, 10.0.0.1{':1' * 5_000}")


def test_a_context_word_that_cannot_be_read_fails_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine.load(BLANK)
    monkeypatch.setattr(engine.detector.nlp, "max_length", 5)
    _fails_silently(engine, "my ip is 10.0.0.1, Tom")


def test_a_fold_that_raises_fails_the_text(monkeypatch: pytest.MonkeyPatch, blank: Engine) -> None:
    monkeypatch.setattr(detect, "fold", _raise)
    _fails_silently(blank, NAMED)


def test_ner_that_raises_fails_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine.load(Deid())
    reader = pipeline.bundled_reader(engine.detector.nlp)
    assert reader is not None
    monkeypatch.setattr(type(reader), "find", _raise)
    _fails_silently(engine, "I met Sarah in Boston")


@pytest.mark.parametrize("damage", ["missing", "cut off"])
def test_a_damaged_ner_is_an_error_and_never_left_out(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(pipeline.bundled_folder(), folder)
    (network,) = folder.rglob("*.onnx")
    if damage == "missing":
        network.unlink()
    else:
        network.write_bytes(network.read_bytes()[:1000])
    with pytest.raises(ConfigError):
        Detector(Deid(spacy_pipeline=str(folder)))


def _fails_silently(engine: Engine, text: str) -> None:
    with pytest.raises(DeidentifyError) as raised:
        engine.deidentify(text)
    assert "Tom" not in str(raised.value)
    assert raised.value.__suppress_context__
    assert engine.deidentify_thread(Thread(texts=(text,))) == (None,)
