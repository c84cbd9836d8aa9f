"""The benchmark's own measures, on texts that can be counted by hand."""

import math
from dataclasses import dataclass

import pytest
import spacy

from benchmarks.deid import direct, false_masks, presidio_research, wnut17
from benchmarks.deid.corpora import SpannedText, TaggedSentence
from benchmarks.deid.measures import bootstrap, ratio_of_columns, wilson95
from benchmarks.deid.peers import Mask, Masker, covered, merged

WORDS = frozenset(
    {
        "i", "feel", "like", "this", "is", "my", "fault", "it", "was", "the", "take", "mark", "Mark", "said",
        "so", "sad", "will", "Will", "you", "rate", "help", "call", "dose", "a", "hope", "and",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Gold:
    text: str
    spans: tuple[Mask, ...]
    variant: str = "as-is"


def masking(**words: str) -> Masker:
    """Return a masker that masks each of these words, the first time, under a type."""

    def mask(text: str) -> list[Mask]:
        found = [(text.find(word), word, kind) for word, kind in words.items() if word in text]
        return merged(Mask(start=at, end=at + len(word), entity_type=kind) for at, word, kind in found)

    return mask


def gold(text: str, *, variant: str = "as-is", **words: str) -> Gold:
    return Gold(text, tuple(masking(**words)(text)), variant)


# --- masks


def test_overlapping_masks_become_one_under_the_surest_type() -> None:
    masks = [
        Mask(start=0, end=5, entity_type="PERSON", score=0.4),
        Mask(start=3, end=9, entity_type="URL", score=0.9),
        Mask(start=9, end=12, entity_type="AGE", score=1.0),
    ]
    assert [(mask.start, mask.end, mask.entity_type) for mask in merged(masks)] == [(0, 9, "URL"), (9, 12, "AGE")]


def test_a_mask_beyond_the_text_does_not_lengthen_it() -> None:
    assert list(covered("abc", [Mask(start=1, end=9, entity_type="URL")])) == [0, 1, 1]


# --- documents


def test_one_letter_that_survives_is_a_leak() -> None:
    texts = [gold("I am Ana.", Ana="PERSON"), gold("I am Anastasia.", Anastasia="PERSON")]
    result = direct.measure(texts, masking(Ana="PERSON"))
    assert (result.clean, result.documents) == (1, 2)


def test_punctuation_that_survives_is_no_leak() -> None:
    text = gold("mail a@b.org", **{"a@b.org": "EMAIL_ADDRESS"})
    sign_survives = [Mask(start=5, end=6, entity_type="URL"), Mask(start=7, end=12, entity_type="URL")]
    assert direct.measure([text], lambda _: sign_survives).clean == 1


def test_a_mask_of_another_type_protects_too() -> None:
    assert direct.measure([gold("I am Ana.", Ana="PERSON")], masking(Ana="LOCATION")).recall == 1


def test_documents_without_a_direct_identifier_do_not_count() -> None:
    result = direct.measure([gold("I live in Lund.", Lund="LOCATION")], masking())
    assert result.documents == 0
    assert math.isnan(result.recall)
    assert result.by_type == {"LOCATION": (0, 1)}


def test_texts_without_identifiers_should_be_left_alone() -> None:
    texts = [gold("I take Zoloft"), gold("I am sad"), gold("I live in Lund", Lund="LOCATION")]
    result = direct.measure(texts, masking(Zoloft="PERSON", Lund="LOCATION"))
    assert (result.untouched, result.without) == (1, 2)


def test_documents_are_counted_by_variant() -> None:
    texts = [gold("ana", variant="lower", ana="PERSON"), gold("Ana", Ana="PERSON")]
    assert direct.measure(texts, masking(Ana="PERSON")).by_variant == {"as-is": (1, 1), "lower": (0, 1)}


# --- WNUT17


def test_handle_and_its_sign_are_written_together() -> None:
    text, places = wnut17.running_text(["hi", "@", "ana", "@", "."])
    assert text == "hi @ana @."
    assert [text[start:end] for start, end in places] == ["hi", "@", "ana", "@", "."]


def test_wnut17_token_counts() -> None:
    sentence = TaggedSentence(
        tokens=("Ana", "Roe", "left", "Lund", "for", "Volvo", "and", "Tetris"),
        tags=("person", "person", "", "location", "", "corporation", "", "product"),
    )
    masker = masking(Ana="PERSON", left="PERSON", Volvo="SOCIAL_HANDLE", Tetris="ORGANIZATION", Lund="LOCATION")
    result = wnut17.measure([sentence], masker)
    assert (result.recall["person"].part, result.recall["person"].whole) == (1, 2)
    assert result.recall["location"].value == 1
    assert result.recall["organisation"].value == 1, "recall asks for any mask"
    # Name masks lie on Ana, left, Lund and Tetris; left is no entity, and Tetris identifies nobody.
    assert (result.precision.part, result.precision.whole) == (3, 4)
    assert (result.strict_precision.part, result.strict_precision.whole) == (2, 4)


def test_wnut17_in_lower_case_masks_the_lower_case_text() -> None:
    sentence = TaggedSentence(tokens=("Ana",), tags=("person",))
    assert wnut17.measure([sentence], masking(Ana="PERSON"), lower=True).recall["person"].part == 0
    assert wnut17.measure([sentence], masking(ana="PERSON"), lower=True).recall["person"].part == 1


# --- presidio-research


def test_error_on_a_skip_word_does_not_count() -> None:
    tokens, outside = ["the", "Ana", "Roe"], ["", "", ""]
    assert presidio_research.token_counts(tokens, ["PERSON"] * 3, outside) == (2, 0, 0)
    assert presidio_research.token_counts(tokens, outside, ["PERSON"] * 3) == (0, 2, 0)


def test_skip_word_that_both_sides_mask_counts() -> None:
    tokens = ["the", "Roe"]
    assert presidio_research.token_counts(tokens, ["PERSON"] * 2, ["PERSON"] * 2) == (2, 2, 2)
    # Two names for one thing are equal; two things are not.
    assert presidio_research.token_counts(tokens, ["GPE"] * 2, ["LOCATION"] * 2) == (2, 2, 2)
    assert presidio_research.token_counts(tokens, ["GPE"] * 2, ["PERSON"] * 2) == (1, 1, 1)


def test_token_is_personal_whatever_its_type() -> None:
    assert presidio_research.token_counts(["Lund"], ["GPE"], ["PERSON"]) == (1, 1, 1)


def test_spans_are_joined_over_skip_words() -> None:
    doc = spacy.blank("en")("University of Lund")
    counts = presidio_research.span_counts(doc, ["ORGANIZATION", "", "ORGANIZATION"], ["ORGANIZATION"] * 3)
    assert (counts["annotated"], counts["predicted"], counts["both"]) == (1, 1, 1)


def test_span_that_covers_less_than_three_quarters_is_missed_and_false() -> None:
    doc = spacy.blank("en")("Ana Katarina met")
    counts = presidio_research.span_counts(doc, ["PERSON", "PERSON", ""], ["", "PERSON", "PERSON"])
    assert (counts["annotated"], counts["predicted"], counts["both"]) == (1, 1, 0)


def test_span_far_from_all_gold_is_false() -> None:
    doc = spacy.blank("en")("Ana met Carla")
    counts = presidio_research.span_counts(doc, ["PERSON", "", ""], ["PERSON", "", "LOCATION"])
    assert (counts["annotated"], counts["predicted"], counts["both"]) == (1, 2, 1)


def test_synthetic_set_scores() -> None:
    texts = [SpannedText(text="Ana met Bo in Lund", spans=((0, 3, "PERSON"), (8, 10, "PERSON"), (14, 18, "GPE")))]
    result = presidio_research.measure(texts, masking(Ana="PERSON", met="PERSON", Lund="LOCATION"))
    assert (result.tokens.precision, result.tokens.recall) == pytest.approx((2 / 3, 2 / 3))
    assert result.tokens.f2 == pytest.approx(2 / 3)
    assert result.characters.recall == pytest.approx(7 / 9)
    assert result.by_type == {"GPE": (1, 1), "PERSON": (1, 2)}
    assert result.false_by_type == {"PERSON": 1}


# --- false masks


@pytest.mark.parametrize(
    "sentence",
    [
        "I feel like this is my fault",
        "It was the fault.",
        "Will you help?",
        "I take Zoloft 50 mg and rate it 7/10.",
        "Call 988, I hope.",
        "2) This is my fault.",
        "I feel like this is my Fault",
        "I FEEL sad",
    ],
)
def test_sentence_without_identifiers_is_clean(sentence: str) -> None:
    assert false_masks.is_clean(sentence, WORDS)


@pytest.mark.parametrize(
    "sentence",
    [
        "I feel like Mark",  # a name inside
        "Mark said so",  # a name at the start that is a word too
        "i call 5551234",
        "I call mark@roe",
        "this is u/mark",
        "my fault.it was",  # could be an address
        "I feel like zorbl",  # not a word, so perhaps a name
        "I feel like Sad Fault",  # two capitals together: a company, or a book
        "Sad Fault said so",
        "It was my fault two years ago",
    ],
)
def test_sentence_that_could_identify_somebody_is_not(sentence: str) -> None:
    assert not false_masks.is_clean(sentence, WORDS | {"two", "years", "ago"})


def test_full_stop_without_a_space_ends_a_sentence() -> None:
    (clean,) = false_masks.clean_texts(["this is my fault.It was sad. Ana said so."], WORDS)
    assert clean.words == 7
    assert [clean.text[start:end].strip() for start, end in clean.ranges] == ["this is my fault.", "It was sad."]


def test_mask_over_two_clean_sentences_is_false_and_one_that_reaches_out_is_not() -> None:
    texts = false_masks.clean_texts(["this is my fault.It was sad.Ana said so."], WORDS)
    result = false_masks.measure(texts, masking(**{"fault.It": "URL", "sad.Ana": "URL", "said": "PERSON"}))
    assert result.by_type == {"URL": 1}
    assert result.rate == pytest.approx(1_000 / 7)


def test_ratio_of_false_masks() -> None:
    texts = false_masks.clean_texts(["this is my fault"] * 40, WORDS)
    ours = false_masks.measure(texts, masking(fault="PERSON"))
    theirs = false_masks.measure(texts, masking(fault="PERSON", this="URL"))
    assert false_masks.ratio(ours, theirs) == (0.5, (0.5, 0.5))


# --- intervals


def test_wilson_interval_of_nothing_is_everything() -> None:
    assert wilson95(0, 0) == (0.0, 1.0)


def test_bootstrap_draws_groups_and_not_their_members() -> None:
    # One group holds all hits: a draw has it or not, so the interval reaches from nothing to most.
    low, high = bootstrap([(50, 50), (0, 50)], ratio_of_columns)
    assert (low, high) == (0.0, 1.0)
    low, high = bootstrap([(1, 2)] * 100, ratio_of_columns)
    assert (low, high) == (0.5, 0.5)


def test_bootstrap_of_nothing_is_no_interval() -> None:
    assert all(math.isnan(end) for end in bootstrap([(0, 0)], ratio_of_columns))
