"""The engine: what it promises for every text, and what it refuses."""

import logging
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from presidio_analyzer import pattern_recognizer

from prefpairs.config import Deid
from prefpairs.deid.engine import Engine
from prefpairs.deid.recognizers import emails
from prefpairs.errors import ConfigError, DeidentifyError

_NAMES = st.sampled_from(["Sarah", "Zoe\u0308", "Jean-Luc", "O'Brien", "Ahmed Khan"])
_HANDLES = st.sampled_from(["lonelyboi22", "jane_doe.99", "sadPanda7"])
_SENTENCES = st.one_of(
    _NAMES.flatmap(
        lambda name: st.sampled_from(["my name is {}", "my sister {}", "I saw Dr. {}", "I'm called {}"]).map(
            lambda words: (words.format(name), name)
        )
    ),
    _HANDLES.flatmap(
        lambda name: st.sampled_from(["kik: {}", "my snap is {}", "ask u/{}", "venmo @{}", "{}@gmail.com"]).map(
            lambda words: (words.format(name), name.split(".")[0])
        )
    ),
)
_SURROUNDINGS = st.sampled_from(
    [
        "",
        "\U0001f600",
        "e\u0301",
        "\r\n",
        ">!",
        "[link](https://example.org)",
        "&amp;#x200B;",
        "...",
        "**",
        "\u200b",
    ]
)


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(st.tuples(_SURROUNDINGS, _SENTENCES), min_size=1, max_size=4))
def test_planted_identifiers_do_not_survive(engine: Engine, parts: list[tuple[str, tuple[str, str]]]) -> None:
    raw = "".join(f"{around} {sentence} {around}. \n" for around, (sentence, _) in parts)
    result = engine.deidentify(raw)
    assert [planted for _, (_, planted) in parts if planted in result.text] == []


@settings(max_examples=150, deadline=None)
@given(
    raw=st.text(alphabet=st.one_of(st.sampled_from("aAu/r@.:#1 \n'"), st.characters(exclude_categories=["Cs"])))
)
@example(raw="")
@example(raw="I'm <PERSON>, u/<REDDIT_USER>, @<SOCIAL_HANDLE>")
def test_spans_fit_the_text_and_placeholders_hold_no_identifier(engine: Engine, raw: str) -> None:
    once = engine.deidentify(raw)
    position, placeholders = 0, []
    for span in once.spans:
        assert position <= span.start < span.end <= len(raw)
        position = span.end
    offset = 0
    for span in once.spans:
        start = span.start + offset
        placeholders.append((start, start + len(f"<{span.entity_type}>")))
        offset += len(f"<{span.entity_type}>") - (span.end - span.start)
    again = engine.deidentify(once.text).spans
    assert [s for s in again for start, end in placeholders if s.start < end and start < s.end] == []


def test_no_network_is_ever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(emails._SUFFIXES, "_extractor", None)  # as in a fresh process
    engine = Engine.load(Deid())
    assert engine.deidentify("mail jane.roe@example.co.uk").text == "mail <EMAIL_ADDRESS>"


def test_context_words_raise_a_score_without_a_lemmatizer(engine: Engine) -> None:
    plain, with_context = (engine.deidentify(text) for text in ("415-555-2671", "my phone: 415-555-2671"))
    assert with_context.spans[0].score > plain.spans[0].score


def test_logs_hold_nothing_of_the_text(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        engine.deidentify("my name is Zebulon, phone 415-555-2671, zebulon@example.org")
    assert not any(word in caplog.text for word in ("Zebulon", "zebulon", "2671"))


def test_a_recognizer_that_fails_fails_the_text_without_quoting_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The text is longer than spaCy accepts, and has a number for whose context tokens are needed.
    monkeypatch.setattr(engine.detector.nlp, "max_length", 20)
    with pytest.raises(DeidentifyError) as raised:
        engine.deidentify("Zebulon has the phone 415-555-2671")
    assert "Zebulon" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_pattern_that_runs_out_of_time_fails_the_text(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_recognizer, "REGEX_TIMEOUT_SECONDS", 1e-9)
    with pytest.raises(DeidentifyError):
        engine.deidentify("a.com " + "a.b" * 5000)


def test_words_of_many_texts_are_forgotten(engine: Engine) -> None:
    before = len(engine.detector.nlp.vocab.strings)
    with engine.bounded_memory():
        for number in range(200):
            engine.deidentify(f"phone {number}word{number} 415-555-2671")
    assert len(engine.detector.nlp.vocab.strings) == before


def test_the_policy_hash_follows_what_decides_the_result(engine: Engine) -> None:
    assert Engine.load(Deid(workers=7, chunk_texts=9)).policy_hash == engine.policy_hash
    assert Engine.load(Deid(score_threshold=0.5)).policy_hash != engine.policy_hash


def test_a_missing_pipeline_is_named_and_never_downloaded() -> None:
    with pytest.raises(ConfigError, match="no spaCy pipeline 'en_core_web_nowhere'"):
        Engine.load(Deid(spacy_pipeline="en_core_web_nowhere"))


def test_an_unknown_recognizer_is_named() -> None:
    with pytest.raises(ConfigError, match="no recognizer is called PhoneRecogniser"):
        Engine.load(Deid(disabled_recognizers=("PhoneRecogniser",)))


def test_a_pipeline_with_entities_is_used(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "GPE", "pattern": "Millbrook"}])  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "towns")
    engine = Engine.load(Deid(spacy_pipeline=str(tmp_path / "towns")))
    assert engine.deidentify("I live in Millbrook, call 415-555-2671").text == (
        "I live in <LOCATION>, call <PHONE_NUMBER>"
    )


def test_the_policy_follows_the_files_of_a_pipeline_and_not_its_place(tmp_path: Path) -> None:
    towns = {"here": "Millbrook", "there": "Millbrook", "retrained": "Eastbrook"}
    for folder, town in towns.items():
        nlp = spacy.blank("en")
        nlp.add_pipe("entity_ruler").add_patterns([{"label": "GPE", "pattern": town}])  # type: ignore[attr-defined]
        (tmp_path / folder).mkdir()
        nlp.to_disk(tmp_path / folder / "towns")
    here, there, retrained = (
        Engine.load(Deid(spacy_pipeline=str(tmp_path / folder / "towns"))).policy_hash for folder in towns
    )
    assert here == there
    assert here != retrained


def test_a_loaded_engine_brings_no_heavy_framework() -> None:
    heavy = ("prefect", "polars", "great_expectations", "deltalake", "torch", "transformers")
    code = (
        "import sys; from prefpairs.config import Deid; from prefpairs.deid import workers\n"
        f"workers.Engine.load(Deid()); print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
