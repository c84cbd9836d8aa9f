"""Gold texts and masked spans -> what counts as caught, as leaking, and under which name."""

from prefpairs.audit.measure import Searched, by_entity, by_variant, documents, outcomes, together
from prefpairs.audit.report import EntityFigures
from prefpairs.config import Settings
from prefpairs.deid.gold import GoldText
from prefpairs.deid.spans import Span
from tests.support.audits import gold_text, masked

NOTHING_LEFT: frozenset[str] = frozenset()


def _figures(gold: GoldText, spans: tuple[Span, ...], entity_type: str) -> EntityFigures:
    searched = [Searched(gold=gold, masked=spans)]
    tried = outcomes(searched, left_in_text=NOTHING_LEFT)
    found = by_entity(searched, tried, left_in_text=NOTHING_LEFT, confidence=0.95)
    return next(row for row in found if row.entity_type == entity_type)


def test_an_identifier_is_hidden_only_if_every_character_is() -> None:
    gold = gold_text("[Ana Lopez|PERSON] and [Tom Reed|PERSON] and [Bea|PERSON]")
    figures = _figures(gold, masked((0, 9, "PERSON"), (14, 17, "PERSON")), "PERSON")
    assert (figures.masked, figures.partly, figures.missed) == (1, 1, 1)


def test_the_space_between_two_masked_words_hides_nothing() -> None:
    figures = _figures(
        gold_text("[New York|LOCATION]"), masked((0, 3, "LOCATION"), (4, 8, "LOCATION")), "LOCATION"
    )
    assert figures.masked == 1


def test_another_type_hides_as_well_but_is_not_typed() -> None:
    figures = _figures(gold_text("[Paris|LOCATION]"), masked((0, 5, "PERSON")), "LOCATION")
    assert figures.recall is not None
    assert figures.typed_recall is not None
    assert (figures.recall.value, figures.typed_recall.value) == (1, 0)


def test_a_mask_that_touches_no_identifier_costs_precision() -> None:
    gold = gold_text("[Ana|PERSON] was in Hope")
    figures = _figures(gold, masked((0, 3, "PERSON"), (11, 15, "PERSON")), "PERSON")
    assert figures.precision is not None
    assert (figures.precision.count, figures.precision.total) == (1, 2)
    assert figures.f2 is not None
    assert figures.f2.low < figures.f2.value < figures.f2.high


def test_a_text_leaks_if_one_direct_identifier_survives() -> None:
    leaking = Searched(
        gold=gold_text("[Ana|PERSON] mailed [a@b.org|EMAIL_ADDRESS]", id="1"), masked=masked((0, 3, "PERSON"))
    )
    tight = Searched(gold=gold_text("[Ana|PERSON] from [Leeds|LOCATION]", id="2"), masked=masked((0, 3, "PERSON")))
    without = Searched(gold=gold_text("[Leeds|LOCATION]", id="3"), masked=())
    found = documents(outcomes([leaking, tight, without], left_in_text=NOTHING_LEFT), confidence=0.95)
    assert (found.texts, found.leaking) == (2, 1)
    assert found.upper_bound is not None
    assert found.upper_bound > 0.5


def test_a_text_that_failed_is_not_published_and_leaks_nothing() -> None:
    tried = outcomes([Searched(gold=gold_text("[Ana|PERSON]"), masked=None)], left_in_text=NOTHING_LEFT)
    assert documents(tried, confidence=0.95).upper_bound is None


def test_what_the_policy_leaves_counts_for_nothing_in_the_sums() -> None:
    left = frozenset({"AGE"})
    searched = [Searched(gold=gold_text("[24F|AGE] in [Leeds|LOCATION]"), masked=masked((7, 12, "LOCATION")))]
    tried = outcomes(searched, left_in_text=left)
    details = together("quasi", searched, tried, "quasi", confidence=0.95)
    assert details.recall is not None
    assert (details.recall.count, details.recall.total) == (1, 1)
    rows = by_entity(searched, tried, left_in_text=left, confidence=0.95)
    assert {row.entity_type: row.left_in_text for row in rows} == {"AGE": True, "LOCATION": False}


def test_each_way_of_writing_has_its_own_figures() -> None:
    searched = [
        Searched(gold=gold_text("[Ana|PERSON]", id="1"), masked=masked((0, 3, "PERSON"))),
        Searched(gold=gold_text("[ana|PERSON]", id="1", variant="lower"), masked=()),
    ]
    figures = by_variant(outcomes(searched, left_in_text=NOTHING_LEFT), Settings())
    assert [(row.variant, row.documents.leaking) for row in figures] == [("as-is", 0), ("lower", 1)]
