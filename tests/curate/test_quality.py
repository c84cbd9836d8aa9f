"""Which texts are no prose, or say the same over and over; and which short, loud or sad ones are fine."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_curate import Curate
from prefpairs.curate.repetition import repetitive
from tests.support.curating import reasons, reasons_for_text
from tests.support.rows import post

SENTENCES = (
    "I was in the same place two years ago and I did not tell anybody for months. ",
    "What helped me in the end was one friend who came over every week without asking. ",
    "You do not have to fix all of this today, and nobody can ask that of you. ",
    "Write down what you did manage, even if it is only that you got up and ate. ",
)
STORY = "".join(SENTENCES)


@pytest.mark.parametrize(
    "text",
    [
        "You are not alone in this.",
        "Sending you so much love ❤️❤️❤️❤️❤️❤️",
        "You got this!!! ❤️❤️❤️ ❤️❤️❤️ 💪🏽💪🏽💪🏽",
        "hugs to you <3 <3 <3 <3 <3",
        "I know... it is just... so hard... some days... and then... it is not...",
        "No no no, please do not give up, it gets better, it really does.",
        "i feel you, been there, it gets better, hang in there " + "🫂" * 60,
        "Day 1: I ate. Day 2: I slept 8 hours. Day 3: I went out for 20 minutes.",
        "¯\\_(ツ)_/¯ I do not know either, but I read this and I care.",
        "WE ARE ALL HERE FOR YOU!!!!!!!!!! AND WE BELIEVE IN YOU!!!!!!!!!!",
    ],
)
def test_ordinary_support_is_kept(text: str) -> None:
    assert reasons_for_text(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "|---|---|---|\n|:-|:-|:-| a | 1 |\n| b | 2 |\n| the | 3 | | 4 | | 5 | | 6 |",
        "#love #life #self #care #mind #hope #calm #rest #heal #the #me",
        "1. 2. 3. 4. 5. 6. 7. 8. 9. 10. 11. 12. 13. the 14. 15. 16. 17.",
        "{'the': 1, 'a': 2, 'of': 3, 'to': 4} {'in': 5, 'is': 6, 'it': 7, 'he': 8, 'at': 9}",
    ],
    ids=["table", "hashtags", "numbers", "code"],
)
def test_symbols_and_numbers_are_no_prose(text: str) -> None:
    assert "LOW_QUALITY" in reasons_for_text(text)


def test_ten_words_without_one_function_word_are_a_list() -> None:
    text = "melatonin magnesium chamomile lavender valerian ashwagandha tryptophan glycine theanine passionflower"
    assert reasons_for_text(text) == ["LANGUAGE", "LOW_QUALITY"]
    assert reasons_for_text(text, Curate(min_stop_words=0)) == ["LANGUAGE"]


def test_prose_of_other_languages_is_prose_once_they_are_welcome() -> None:
    text = "Ich war auch dort, und es hat lange gedauert, aber es wurde besser, und das wird es bei dir auch."
    assert reasons_for_text(text, Curate(off=("LANGUAGE",))) == []


@pytest.mark.parametrize(
    "text",
    [
        SENTENCES[0] * 4,
        "\n".join([SENTENCES[0], SENTENCES[1], SENTENCES[0], SENTENCES[2], SENTENCES[0], SENTENCES[0]]),
        "Just breathe. " * 30,
        "go away " * 10 + STORY,
        STORY + STORY,
    ],
    ids=["one sentence", "lines", "two words", "many times at the start", "the text twice"],
)
def test_saying_the_same_over_and_over_is_repetition(text: str) -> None:
    assert reasons_for_text(text) == ["REPETITION"]


@pytest.mark.parametrize(
    "text",
    [
        STORY,
        "I hate this. " * 4 + "I am so tired of it, and nobody sees it.",
        STORY + " One day at a time. Today it is one day at a time, and tomorrow it is one day at a time again.",
        f"Cognitive behavioural therapy helped. {STORY} So: cognitive behavioural therapy, with a friend.",
    ],
    ids=["none", "shorter than 50 words", "a motto", "a long term"],
)
def test_echoes_of_ordinary_prose_are_no_repetition(text: str) -> None:
    assert reasons_for_text(text) == []


def words(count: int) -> list[str]:
    """Return different words of three letters."""
    return [f"w{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(count)]


def only(**thresholds: object) -> Curate:
    """Return settings under which only the named thresholds can be passed."""
    never = {
        "max_repeated_lines": 1,
        "max_repeated_line_chars": 1,
        "max_top_gram_share": (1, 1, 1),
        "max_repeated_gram_share": (1,) * 6,
    }
    return Curate.model_validate({**never, **thresholds})


def judged(texts: list[str], settings: Curate) -> list[bool]:
    return repetitive(pl.Series(texts), settings).to_list()


@pytest.mark.parametrize("length", [2, 3, 4])
def test_share_of_the_most_frequent_phrase_is_the_one_that_can_be_counted_by_hand(length: int) -> None:
    """A phrase of `length` words stands 4 or 5 times among 60 words of one length."""
    default = Curate().max_top_gram_share
    phrase, other = " ".join(["xxx", "yyy", "zzz", "uuu"][:length]), words(60)
    four, five = (
        " ".join([f"{phrase} {other[place]}" for place in range(times)] + other[times : 60 - times * length])
        for times in (4, 5)
    )
    for most in (4 * length / 60 - 0.001, 4 * length / 60 + 0.001):
        shares = tuple(most if length == place else 1 for place in (2, 3, 4))
        assert judged([four, five], only(max_top_gram_share=shares)) == [most < 4 * length / 60, True]
    assert judged([four], only(max_top_gram_share=(0, 0, 0), top_gram_min_count=5)) == [False]
    assert judged([five], only(max_top_gram_share=default)) == [length > 2]


@pytest.mark.parametrize("length", [5, 6, 7, 8, 9, 10])
def test_share_of_repeated_words_is_the_one_that_can_be_counted_by_hand(length: int) -> None:
    """50 different words, and the first `length` or `length` - 1 of them once more."""
    shares = tuple(0.05 if length == place else 1 for place in range(5, 11))
    enough, less = (" ".join([*words(50), *words(again)]) for again in (length, length - 1))
    assert judged([enough, less], only(max_repeated_gram_share=shares)) == [True, False]
    exact = length / (50 + length)
    for most in (exact - 0.001, exact + 0.001):
        shares = tuple(most if length == place else 1 for place in range(5, 11))
        assert judged([enough], only(max_repeated_gram_share=shares)) == [most < exact]


def test_share_of_repeated_lines_is_the_one_that_can_be_counted_by_hand() -> None:
    """Of 6 lines, 2 are an earlier one in other case and with other white space."""
    lines = [" ".join(words(60)[place : place + 15]) for place in (0, 15, 30, 45)]
    text = "\n\n".join([*lines, lines[0].upper(), f"  {lines[1]} "])
    for share in ("max_repeated_lines", "max_repeated_line_chars"):
        assert judged([text], only(**{share: 0.33})) == [True]
        assert judged([text], only(**{share: 0.34})) == [False]


def test_post_that_starts_with_its_title_is_no_repetition() -> None:
    assert reasons([post("t3_q", title=STORY, selftext=STORY)]) == {"t3_q": []}


def test_words_do_not_run_over_from_one_text_into_the_next() -> None:
    settings = only(max_repeated_gram_share=(1, 1, 1, 1, 1, 0.05))
    end, start = " ".join(words(50) + ["go"] * 10), " ".join(["go"] * 8 + words(52))
    assert judged([end, start], settings) == [False, False]


def test_no_text_is_judged_by_another_one() -> None:
    """The words of one text come again in the next one, also across the border between them."""
    texts = pl.Series([STORY, STORY, None, "", STORY * 2, STORY])
    assert repetitive(texts, Curate()).to_list() == [False, False, False, False, True, False]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=200) | st.none(), max_size=8))
def test_repetition_never_fails_and_judges_every_text_for_itself(texts: list[str | None]) -> None:
    loose = Curate(repetition_min_words=10)
    together = repetitive(pl.Series(texts, dtype=pl.String), loose).to_list()
    assert together == [repetitive(pl.Series([text], dtype=pl.String), loose).item() for text in texts]
