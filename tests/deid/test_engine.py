"""The engine: what it promises for every text, and what it refuses."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prefpairs.config_deid import Deid
from prefpairs.deid.engine import Engine, Thread
from prefpairs.deid.spans import Span
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


@pytest.fixture(scope="module")
def inventing() -> Engine:
    return Engine.load(Deid(spacy_pipeline="blank:en", action="surrogate"))


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


def test_context_words_raise_a_score_without_a_lemmatizer(engine: Engine) -> None:
    plain, with_context = (engine.deidentify(text) for text in ("219.09.9999", "my ssn: 219.09.9999"))
    assert with_context.spans[0].score > plain.spans[0].score


def test_logs_hold_nothing_of_the_text(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        engine.deidentify("my name is Zebulon, phone 415-555-2671, zebulon@example.org")
    assert not any(word in caplog.text for word in ("Zebulon", "zebulon", "2671"))


def test_a_detector_that_fails_fails_the_text_without_quoting_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(text: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(engine.detector, "detections", breaks)
    with pytest.raises(DeidentifyError) as raised:
        engine.deidentify("Zebulon has the phone 415-555-2671")
    assert "Zebulon" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_in_a_thread_only_the_text_that_cannot_be_read_fails(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = engine.detector.detections

    def breaks_on_two(text: str) -> Iterator[Span]:
        if text == "two":
            raise RuntimeError(text)
        return original(text)

    monkeypatch.setattr(engine.detector, "detections", breaks_on_two)
    thread = Thread(texts=("u/quiet_otter7", "two", "quiet_otter7"))
    assert [outcome and outcome.text for outcome in engine.deidentify_thread(thread)] == [
        "<REDDIT_USER>", None, "<REDDIT_USER>",
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["keeps", "direct_detections"])
def test_a_text_fails_if_what_comes_after_the_search_fails(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("u/quiet_otter7")

    monkeypatch.setattr(engine.detector, part, breaks)
    thread = Thread(texts=("u/quiet_otter7 and quiet_otter7",))
    assert engine.deidentify_thread(thread) == (None,)


@settings(max_examples=100, deadline=None)
@given(raw=st.text(max_size=30), parts=st.lists(st.tuples(_SURROUNDINGS, _SENTENCES), min_size=1, max_size=3))
def test_outside_the_spans_nothing_changes_whatever_is_put_in(
    inventing: Engine, raw: str, parts: list[tuple[str, tuple[str, str]]]
) -> None:
    text = raw + "".join(f"{around} {sentence} {around}. \r\n" for around, (sentence, _) in parts)
    outcome = inventing.deidentify(text)
    position, rest = 0, outcome.text
    for span in outcome.spans:
        kept = text[position : span.start]
        assert rest.startswith(kept) if position == 0 else kept in rest
        rest = rest[rest.index(kept) + len(kept) :]
        position = span.end
    assert rest.endswith(text[position:])
    assert [planted for _, (_, planted) in parts if planted in outcome.text] == []


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
        "import sys; from prefpairs.config_deid import Deid; from prefpairs.deid import workers\n"
        f"workers.Engine.load(Deid()); print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_placeholder_that_stands_in_the_raw_text_stays_as_it_is(engine: Engine) -> None:
    raw = "kik: <SOCIAL_HANDLE>, u/<REDDIT_USER> and <PHONE_NUMBER>"
    assert engine.deidentify(raw).text == raw
