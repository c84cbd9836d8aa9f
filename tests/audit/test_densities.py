"""Densities, combinations and drift: what is counted, and what is too small to be shown."""

import pytest

from prefpairs.audit.densities import SMALLER_COMMUNITIES, project_figures
from prefpairs.audit.drift import drift_figures
from prefpairs.audit.report import Cell, ProjectFigures
from prefpairs.config import Audit
from tests.support.audits import population, subject

THREE = Audit(min_count=3)


def _figures(*texts: str, settings: Audit = THREE) -> ProjectFigures:
    return project_figures(population([(text, f"t3_{n}", f"a{n}") for n, text in enumerate(texts)]), settings)


def test_a_density_is_spans_in_a_thousand_words() -> None:
    figures = _figures(*["I am [Ana|PERSON] now"] * 4)
    assert figures.total.cells["PERSON"] == Cell(count=4, per_1000_words=250)
    assert figures.by_recognizer[0].name == "SomeRecognizer"
    assert figures.by_field[0].name == "body"


def test_a_small_count_is_not_shown_and_none_is() -> None:
    figures = _figures("I am [Ana|PERSON]", "so [so|URL]", *["in [Leeds|LOCATION]"] * 3)
    assert figures.total.cells["PERSON"] == Cell(count=None, per_1000_words=None)
    assert figures.total.cells["LOCATION"].count == 3


def test_communities_with_few_threads_are_shown_as_one() -> None:
    settings = Audit(min_count=2)
    one_thread = population([("hello [Ana|PERSON]", "t3_a", "x"), ("hi there", "t3_a", "y")], community="Tiny")
    assert [row.name for row in project_figures(one_thread, settings).by_community] == [SMALLER_COMMUNITIES]
    two_threads = population([("hello [Ana|PERSON]", "t3_a", "x"), ("hi there", "t3_b", "y")], community="Tiny")
    assert [row.name for row in project_figures(two_threads, settings).by_community] == ["Tiny"]


def test_details_are_counted_together_and_rare_combinations_are_not_named() -> None:
    both = "[24F|AGE] in [Leeds|LOCATION]"
    figures = _figures(*[both] * 3, f"{both} at [Acme|ORGANIZATION]", "[24F|AGE] and [25F|AGE]")
    assert [(item.entity_types, item.texts) for item in figures.combinations] == [(["AGE", "LOCATION"], 3)]
    assert figures.combinations_hidden == 1
    assert figures.texts_in_hidden_combinations is None
    assert figures.texts_with_three_kinds is None


def test_direct_identifiers_are_no_details() -> None:
    assert _figures(*["[Ana|PERSON] in [Leeds|LOCATION]"] * 5).combinations == []


def test_a_second_search_sees_what_the_recognizers_left() -> None:
    assert _figures("write to ana@brockmere.org", "hello").left_in_output == {"an e-mail address": 1}
    assert _figures("write to [ana@brockmere.org|EMAIL_ADDRESS]").left_in_output == {}


@pytest.mark.parametrize(
    ("before", "now", "alarm"),
    [
        (100, 49, "fell"),
        (100, 50, None),
        (100, 0, "fell"),
        (99, 0, None),
        (100, 200, None),
        (100, 201, "rose"),
        (10, 99, None),
        (0, 100, "rose"),
        (200, 2, "fell"),  # now too small to be shown, and a fall all the same
    ],
)
def test_falls_and_rises_are_alarms_where_there_is_enough_to_count(
    before: int, now: int, alarm: str | None
) -> None:
    drift = drift_figures(subject(), _with(before), _with(now), THREE)
    assert [row.alarm for row in drift.rows] == [alarm]


def test_more_text_is_no_rise() -> None:
    drift = drift_figures(subject(), _with(100), _with(300, words=30_000), THREE)
    assert drift.rows[0].change == pytest.approx(0)
    assert drift.rows[0].low is not None
    assert drift.rows[0].high is not None
    assert drift.rows[0].low < 0 < drift.rows[0].high


def _with(count: int, *, words: int = 10_000) -> ProjectFigures:
    figures = _figures("hello [Ana|PERSON]")
    shown = count if count == 0 or count >= THREE.min_count else None
    cells = {"PERSON": Cell(count=shown, per_1000_words=None)}
    return figures.model_copy(update={"words": words, "total": figures.total.model_copy(update={"cells": cells})})
