"""A gate may only save time: results with and without gates, and Presidio's own, are equal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

from prefpairs.config import Deid
from prefpairs.deid import gates
from prefpairs.deid.engine import Engine
from prefpairs.deid.spans import Span, resolve
from tests.support.shared_data import shared_data

_PIECES = st.sampled_from(
    [
        "415-555-2671", "(030) 12345678", "+49 30 1689", "1689", "call", "cell", "my phone number", "x22",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111", "219-09-9999", "219099999", "ssn", "2021-03-04T10:11:12Z", "4.5.1999", "12-JAN-20",
        "mar-2020", "jane@example.org", "jane@", "GB82 WEST 1234 5698 7654 32", "iban", "::1", "fe80::1ff:fe23",
        "1:2:3:4:5:6:7:8", "10.0.0.1", "aa:bb:cc:dd:ee:ff", "aabb.ccdd.eeff", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "123e4567-e89b-12d3-a456-426614174000", "www.example.com/a", "grade.Later", "example.ſk", "K.com",
        "\u0661\u0662\u0663",
        "https://example.org", "'http://a.de'", " ", "-", ".", ":", "\n", "\U0001f600", "\u200b", "a", "Zz9",
        "٤٤٤-٤٤٤-٤٤٤٤",
    ]
)  # fmt: skip
_TEXTS = st.one_of(
    st.lists(st.one_of(_PIECES, st.text(max_size=4)), max_size=8).map(" ".join),
    st.lists(_PIECES, max_size=6).map("".join),
    st.text(alphabet="0123456789abfx.:-/@+ ()", max_size=40),
)


@pytest.fixture(scope="module")
def ungated() -> Engine:
    return Engine.load(Deid(), gated=False)


@pytest.fixture(scope="module")
def stock(ungated: Engine) -> AnalyzerEngine:
    """Presidio's own driver around the same recognizers."""
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=list(ungated.detector.recognizers)),
        nlp_engine=ungated.detector.nlp_engine,
        context_aware_enhancer=LemmaContextAwareEnhancer(context_matching_mode="whole_word"),
        default_score_threshold=Deid().score_threshold,
    )


def test_the_gates_belong_to_the_installed_presidio() -> None:
    assert gates.gates(), f"gates were derived from {gates.GATED_VERSION}: derive them again"


@settings(max_examples=150, deadline=None)
@given(text=_TEXTS)
def test_gates_lose_nothing(engine: Engine, ungated: Engine, text: str) -> None:
    assert engine.deidentify(text) == ungated.deidentify(text)


@settings(max_examples=60, deadline=None)
@given(text=_TEXTS)
def test_our_driver_finds_what_presidios_finds(engine: Engine, stock: AnalyzerEngine, text: str) -> None:
    found = [
        Span(start=item.start, end=item.end, entity_type=item.entity_type, score=item.score, recognizer="")
        for item in stock.analyze(text, language="en")
        if not engine.detector.is_kept(text, item)
    ]
    theirs = {(span.start, span.end, span.entity_type) for span in resolve(text, found)}
    ours = {(span.start, span.end, span.entity_type) for span in engine.deidentify(text).spans}
    assert ours == theirs


def test_gates_lose_nothing_on_real_comments(engine: Engine, ungated: Engine) -> None:
    lines = (shared_data("deid/wnut17") / "redd.tok.uniq").read_text(encoding="utf-8").splitlines()
    different = sum(engine.deidentify(line) != ungated.deidentify(line) for line in lines[::4])
    assert different == 0
