"""What a steward sees on a text: its codes, its topics, and which of them are a question."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.safety.classifier import Classifier
from prefpairs.safety.labels import label_texts
from prefpairs.safety_rules import lexicon

LEXICON = lexicon.load()
Labelled = tuple[list[str], list[str]]


def labelled(text: str, *, kind: str = "comment", off: tuple[str, ...] = ()) -> Labelled:
    """Return the certain and the uncertain codes of one text."""
    rows = pl.DataFrame({"name": ["t1_a"], "kind": [kind], "text": [text]})
    row = label_texts(rows, LEXICON, off=off).row(0, named=True)
    return row["labels"], row["uncertain"]


@pytest.mark.parametrize(
    "text",
    [
        "This exam is killing me.",
        "I have to kill time until the bus comes.",
        "I could die of embarrassment.",
        "I am dying to see that film.",
        "We killed it at the match today.",
        "In a panic attack I think that I am going to die.",
        "My uncle died by suicide last year.",
        "I want to end it with my boyfriend.",
    ],
)
def test_idioms_and_bereavement_are_no_crisis(text: str) -> None:
    assert labelled(text) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "I want to die",
        "I want to unalive myself",
        "honestly i wanna kms",
        "thinking about sewerslide again",
        "I have s*icide thoughts every day",
        "I’m suicidal",
        "**I want to kill myself**",
        "i want to k\u200bill myself",
        "I wаnt to die",  # the a is Cyrillic
        "I'm not going to do anything today, but I want to die.",
    ],
)
def test_a_crisis_is_seen_however_it_is_spelt(text: str) -> None:
    assert labelled(text) == (["CRISIS"], [])


@pytest.mark.parametrize(
    "text",
    [
        "I'm not suicidal.",
        "> I want to die",
        'My story begins with "I want to die" and ends well.',
        "If this goes on, I will kill myself.",
        "My brother wants to kill himself.",
        "I tried to kill myself at nineteen, and I am glad that I failed.",
        "I want to die lol",
    ],
)
def test_denied_quoted_conditional_past_and_foreign_crises_are_questions(text: str) -> None:
    assert labelled(text) == ([], ["CRISIS"])


@pytest.mark.parametrize(
    "text",
    [
        "Are you thinking about suicide? It is all right to say so.",
        "You can feel suicidal and still want to live.",
    ],
)
def test_to_ask_somebody_directly_is_no_label(text: str) -> None:
    assert labelled(text) == ([], [])


def test_a_means_without_intent_is_a_question_and_with_intent_a_method() -> None:
    assert labelled("There was a noose in that film.") == ([], ["METHOD"])
    assert labelled("I put the knife into the sink.") == ([], [])
    assert labelled("I want to jump off a bridge.") == (["CRISIS", "METHOD"], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Just kill yourself already.", (["ENCOURAGEMENT"], [])),
        ("Please don't kill yourself.", ([], [])),
        ("Your illness tells you that nobody would miss you.", ([], [])),
        ("I restrict to 500 calories a day.", (["EATING_DISORDER_NUMBERS"], [])),
        ("This soup has 300 calories.", ([], [])),
        ("You should stop taking your meds.", (["MEDICATION_DOSING"], [])),
        ("I take 50 mg of sertraline every morning.", ([], [])),
        ("Please don't stop your meds without your doctor.", ([], [])),
        ("Depression is a choice.", (["MEDICAL_MISINFORMATION"], [])),
        ("There is no cure for depression.", ([], [])),
        ("You are pathetic.", (["HARASSMENT"], [])),
        ("You are not pathetic.", ([], [])),
        ("It's not your fault.", ([], [])),
        ("My inbox is open if you want to talk.", ([], [])),
        ("DM me for prices.", (["HARASSMENT"], [])),
        ("I'm 15 and I cannot sleep.", (["MINOR"], [])),
        ("When I was 15 I could not sleep.", ([], [])),
        ("I'm 15 weeks pregnant.", ([], [])),
        ("My son is 15.", ([], [])),
        ("My sister Wren lost her job. She hides it and she drinks.", ([], ["THIRD_PARTY"])),
        ("My sister lost her job. She hides it and she drinks.", ([], [])),
    ],
)
def test_harm_is_told_from_its_mention(text: str, expected: Labelled) -> None:
    assert labelled(text) == expected


def test_responses_are_tagged_and_posts_are_not() -> None:
    text = "As a therapist I would say: call 988 now, and please see a doctor."
    assert labelled(text) == (["CLINICIAN", "PROFESSIONAL_HELP", "RESOURCE"], [])
    assert labelled(text, kind="post") == ([], [])


def test_a_code_that_is_off_is_not_looked_for() -> None:
    assert labelled("You are pathetic, and I want to die.", off=("HARASSMENT",)) == (["CRISIS"], [])


def test_topics_are_listed_in_order() -> None:
    rows = pl.DataFrame(
        {
            "name": ["t1_a", "t1_b"],
            "kind": ["comment"] * 2,
            "text": ["I cannot sleep since we broke up.", "Hello."],
        }
    )
    assert label_texts(rows, LEXICON)["topics"].to_list() == [["relationships", "sleep"], []]


def test_the_surest_hit_of_a_text_counts() -> None:
    assert labelled("I am not suicidal.\n\nThat was a lie. I want to die.") == (["CRISIS"], [])


@settings(max_examples=12, deadline=None)  # each example compiles every pattern of the sieve
@given(st.lists(st.text(max_size=80), max_size=40))
def test_any_text_is_labelled_and_no_code_is_both_certain_and_uncertain(texts: list[str]) -> None:
    rows = pl.DataFrame(
        {"name": [f"t1_{n}" for n in range(len(texts))], "kind": ["comment"] * len(texts), "text": texts},
        schema={"name": pl.String, "kind": pl.String, "text": pl.String},
    )
    result = label_texts(rows, LEXICON)
    assert result["name"].to_list() == rows["name"].to_list()
    for row in result.iter_rows(named=True):
        assert not set(row["labels"]) & set(row["uncertain"])


HARMLESS = st.sampled_from(["The kettle boils.", "We walk to the harbour.", "Bread and soup help.", "It rains."])


@settings(max_examples=12, deadline=None)  # each example compiles every pattern of the sieve
@given(st.lists(HARMLESS, max_size=5), st.lists(HARMLESS, max_size=5))
def test_harmless_sentences_around_it_hide_nothing(before: list[str], after: list[str]) -> None:
    text = " ".join([*before, "You should stop taking your meds.", *after])
    assert labelled(text) == (["MEDICATION_DOSING"], [])


def test_a_classifier_adds_questions_and_takes_nothing_away() -> None:
    model = Classifier(
        shortest=4, longest=4, bias={"HARASSMENT": -1.0}, weights={"HARASSMENT": {"lazy": 50.0}}, threshold=0.8
    )
    rows = pl.DataFrame(
        {"name": ["t1_a", "t1_b", "t1_c"], "kind": ["comment"] * 3,
         "text": ["So lazy.", "You are pathetic and lazy.", "So kind."]}
    )  # fmt: skip
    result = label_texts(rows, LEXICON, classifier=model)
    assert result["labels"].to_list() == [[], ["HARASSMENT"], []]
    assert result["uncertain"].to_list() == [["HARASSMENT"], [], []]


def test_an_answer_that_moves_elsewhere_is_a_question_and_a_post_that_does_is_none() -> None:
    text = "If you want to talk, add me on discord."
    assert labelled(text) == ([], ["HARASSMENT"])
    assert labelled(text, kind="post") == ([], [])


def test_a_text_that_is_missing_has_no_labels() -> None:
    rows = pl.DataFrame(
        {"name": ["t1_a"], "kind": ["comment"], "text": [None]}, schema_overrides={"text": pl.String}
    )
    assert label_texts(rows, LEXICON).row(0) == ("t1_a", "comment", [], [], [])
