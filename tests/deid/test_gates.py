"""Speed may only save time: what is found is what Presidio finds, and what runs without any gate."""

import logging
from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from prefpairs.config_deid import Deid
from prefpairs.deid import gates, pipeline, presidio
from prefpairs.deid.detect import Detector
from prefpairs.deid.finders import Found, Reading, without_contained
from prefpairs.deid.recognizers.base import name_of
from prefpairs.deid.search import Search
from tests.support.corpora import corpus

_Found = tuple[int, int, str, float]

_PIECES = st.sampled_from(
    [
        "415-555-2671", "(030) 12345678", "+49 30 1689", "1689", "call", "cell", "my phone number", "x22",
        "ext. 3456", "4111 1111 1111 1111", "4111-1111-1111-1111", "219-09-9999", "219099999", "ssn",
        "2021-03-04T10:11:12Z", "4.5.1999", "12-JAN-20", "3-MAY", "mar-2020", "jane@example.org", "jane@",
        "GB82 WEST 1234 5698 7654 32", "iban", "::1", "fe80::1ff:fe23", "1:2:3:4:5:6:7:8", "10.0.0.1",
        "aa:bb:cc:dd:ee:ff", "aabb.ccdd.eeff", "F32", "A-Z]]12", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "123e4567-e89b-12d3-a456-426614174000", "www.example.com/a", "grade.Later", "example.\u017fk",
        "\ufb01le.\ufb01", "\u212a.com", "AB1234567", "9434765919", "900-70-0000", "passport",
        "https://example.org", "'http://a.de'", "driver", "wallet: a:b", " ", "-", ".", ":", "\n", "\t",
        "\x1c", "\U0001f600", "\u200b", "\u00a0", "a", "Zz9",
        "\u0664\u0664\u0664-\u0664\u0664\u0664-\u0664\u0664\u0664\u0664", "\u0661\u0662\u0663", "\U0001e4f1",
        "\u0130", "\u0131", "u/name", "my name is", "I'm 24F", "kik:", "snap", "March 3rd", "Boston, MA 02139",
        "@", "#1234", "Dr.", "&#64;", "&amp;",
    ]
)  # fmt: skip
_TEXTS = st.one_of(
    st.lists(st.one_of(_PIECES, st.text(max_size=4)), max_size=8).map(" ".join),
    st.lists(_PIECES, max_size=6).map("".join),
    st.text(alphabet="0123456789abfx.:-/@+ ()\u0661\u017f\u212a\u0130\u200b", max_size=40),
)


@pytest.fixture(scope="module")
def nlp_engine() -> pipeline.LoadedSpacyEngine:
    return pipeline.LoadedSpacyEngine(pipeline.load_pipeline("blank:en"), "en")


@pytest.fixture(scope="module")
def presidios() -> list[EntityRecognizer]:
    """Every one of Presidio's recognizers, those that the settings leave out included."""
    return list(presidio.predefined_recognizers("en"))


@pytest.fixture(scope="module")
def stock(nlp_engine: pipeline.LoadedSpacyEngine, presidios: list[EntityRecognizer]) -> AnalyzerEngine:
    """Presidio's own driver around its own recognizers."""
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=presidios),
        nlp_engine=nlp_engine,
        context_aware_enhancer=LemmaContextAwareEnhancer(context_matching_mode="whole_word"),
    )


@pytest.fixture(scope="module")
def search(presidios: list[EntityRecognizer]) -> Search:
    return Search(presidios)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(Deid(spacy_pipeline="blank:en", score_threshold=0, disabled_recognizers=()))


@pytest.fixture(scope="module")
def ungated() -> Detector:
    return Detector(Deid(spacy_pipeline="blank:en", score_threshold=0, disabled_recognizers=()), gated=False)


def _theirs(stock: AnalyzerEngine, text: str) -> list[_Found]:
    found = stock.analyze(text, language="en")
    return sorted((item.start, item.end, item.entity_type, item.score) for item in found)


def _ours(search: Search, nlp_engine: pipeline.LoadedSpacyEngine, text: str) -> list[_Found]:
    found = search.found(Reading(text, nlp_engine, "en", whole_pipeline=False))
    distinct = without_contained(one for one, _ in found)
    return sorted((item.start, item.end, item.entity_type, item.score) for item in distinct)


def _all(detector: Detector, text: str) -> set[tuple[object, ...]]:
    return {
        (span.start, span.end, span.entity_type, span.score, span.recognizer) for span in detector.detections(text)
    }


@settings(max_examples=400, deadline=None)
@given(text=_TEXTS)
@example("call\x1c2.1.1")
@example("my number \U0001e4f1\U0001e4f1\U0001e4f1-\U0001e4f1\U0001e4f1\U0001e4f1\U0001e4f1")
@example("ext. 3456415-555-2671\U0001e4f1")
def test_presidios_recognizers_find_what_they_find_under_presidio(
    stock: AnalyzerEngine, search: Search, nlp_engine: pipeline.LoadedSpacyEngine, text: str
) -> None:
    try:
        expected = _theirs(stock, text)
    except ValueError:  # its Luhn check knows fewer digits than its pattern: the text fails, there and here
        with pytest.raises(ValueError, match="invalid literal"):
            _ours(search, nlp_engine, text)
    else:
        assert _ours(search, nlp_engine, text) == expected


def test_presidios_recognizers_find_the_same_in_real_comments(
    stock: AnalyzerEngine, search: Search, nlp_engine: pipeline.LoadedSpacyEngine
) -> None:
    texts = [*corpus("wnut17")[::5], *corpus("counsel-chat")[::40]]
    assert _different(texts, lambda text: _ours(search, nlp_engine, text) == _theirs(stock, text)) == 0


@settings(max_examples=400, deadline=None)
@given(text=_TEXTS)
def test_no_gate_loses_anything(detector: Detector, ungated: Detector, text: str) -> None:
    assert _all(detector, text) == _all(ungated, text)


def test_no_gate_loses_anything_in_real_comments(detector: Detector, ungated: Detector) -> None:
    texts = [*corpus("wnut17")[::5], *corpus("counsel-chat")[::40]]
    assert _different(texts, lambda text: _all(detector, text) == _all(ungated, text)) == 0


def test_every_gate_belongs_to_the_installed_presidio(presidios: list[EntityRecognizer]) -> None:
    assert [name_of(item) for item in presidios if gates.gate_of(item) is None] == []


def test_a_recognizer_with_other_patterns_runs_ungated_and_says_so(
    caplog: pytest.LogCaptureFixture, nlp_engine: pipeline.LoadedSpacyEngine
) -> None:
    everywhere = PhoneRecognizer(supported_regions=("AU",))
    with caplog.at_level(logging.WARNING):
        search = Search([everywhere])
    assert [record.getMessage() for record in caplog.records] == [
        "PhoneRecognizer has other patterns than its gate was derived from: it runs on every text."
    ]
    assert _ours(search, nlp_engine, "call 000") == _theirs_alone(everywhere, "call 000")


def test_what_lies_inside_a_more_certain_one_is_left_out() -> None:
    outer, inner = Found(0, 9, "URL", 0.5), Found(2, 5, "URL", 0.5)
    surer, other = Found(2, 5, "URL", 0.6), Found(2, 5, "DATE_TIME", 0.1)
    assert without_contained([inner, outer, other]) == [other, outer]
    assert without_contained([outer, surer]) == [outer, surer]
    assert without_contained([Found(0, 9, "URL", 0.0)]) == []


def _theirs_alone(recognizer: EntityRecognizer, text: str) -> list[_Found]:
    found = recognizer.analyze(text, recognizer.supported_entities, None)  # type: ignore[arg-type]
    return sorted((item.start, item.end, item.entity_type, item.score) for item in found)


def _different(texts: Iterable[str], is_equal: Callable[[str], bool]) -> int:
    return sum(not is_equal(text) for text in texts)
