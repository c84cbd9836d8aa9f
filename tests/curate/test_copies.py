"""The same text again: which copies go, which one stays, and why lists of crisis lines all stay."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.config_curate import Curate
from prefpairs.curate.crisis_lines import is_crisis_line
from prefpairs.curate.duplicates import normalised
from tests.support.curating import reasons
from tests.support.rows import CREATED, LONG_ENOUGH, Row, comment, post

WAVE = "Remember that every wave that rises has to fall, and that you have seen all of yours fall so far."
LINES = """National Suicide Prevention Lifeline: 1-800-273-8255
Crisis Text Line: 741741
Samaritans (UK, Ireland): 116 123
Lifeline Australia: 13 11 14
Kids Help Phone: 1 800 668 6868"""


def normal(text: str) -> str:
    return str(pl.select(normalised(pl.lit(text))).item())


def copies(text: str, *, authors: int = 1, threads: int = 1, count: int, kind: str = "comment") -> list[Row]:
    """Return `count` copies by as many authors in as many threads, the first one first."""
    rows = []
    for number in range(count):
        row = {"author": f"author{number % authors}", "created_utc": CREATED + number}
        if kind == "post":
            rows.append(post(f"t3_{number}", title="", selftext=text, **row))
        else:
            rows.append(comment(f"t1_{number}", body=text, link_id=f"t3_{number % threads}", **row))
    return rows


def found(rows: list[Row], settings: Curate | None = None) -> list[list[str]]:
    return list(reasons(rows, settings).values())


@pytest.mark.parametrize(
    "again",
    [
        "TAKE IT ONE DAY AT A TIME, I SLEPT 4 HOURS TOO",
        "Take it **one day** at a time,\n\n_I slept 4 hours too_",
        "### Take it one day at a time; I slept 12 hours too!!!",
        "Take it one day at a time, I slept 4 hours too https://example.org/nights",
        "Take it one day at a time, I slept 4 hours too [](www.example.org)",
        "“Take it one day at a time”, I slept 4 hours too 💙",
    ],
)
def test_case_white_space_markdown_links_and_numbers_make_no_other_text(again: str) -> None:
    first = comment("t1_first", body="Take it one day at a time, I slept 4 hours too")
    later = comment("t1_later", body=again, created_utc=CREATED + 7200)
    assert reasons([later, first]) == {"t1_first": [], "t1_later": ["DUPLICATE"]}


def test_one_other_word_makes_another_text() -> None:
    assert normal("I slept 4 hours, and it was fine") != normal("I slept 4 hours, and it was bad")
    assert normal("Ich schlief, ελπίδα, надежда") == "ich schlief ελπίδα надежда"


@given(st.text(max_size=60) | st.from_regex(r"(?:[ a-zA-Z0-9*_>]|https?://\S{1,9}|www\.|İ|ΑΣ|ß|ǅ|½){0,12}"))
def test_to_normalise_twice_changes_nothing(text: str) -> None:
    once = normal(text)
    assert normal(once) == once


@pytest.mark.parametrize("text", ["", " \n ", "?!?!", "https://example.org/a-long-address-indeed", "💙💙💙"])
def test_texts_without_words_are_no_copies_of_each_other(text: str) -> None:
    assert not any({"DUPLICATE", "COPYPASTA"} & set(why) for why in found(copies(text, authors=6, count=6)))


def test_text_by_three_authors_is_nobodys() -> None:
    assert found(copies(WAVE, authors=3, count=3)) == [["COPYPASTA"]] * 3
    assert found(copies(WAVE, authors=2, count=3)) == [[], ["DUPLICATE"], ["DUPLICATE"]]


def test_answer_under_five_posts_is_no_answer() -> None:
    assert found(copies(WAVE, threads=5, count=5)) == [["COPYPASTA"]] * 5
    assert found(copies(WAVE, threads=4, count=4)) == [[], *[["DUPLICATE"]] * 3]


def test_post_that_its_author_put_into_five_communities_is_kept_once() -> None:
    assert found(copies(WAVE, kind="post", count=5)) == [[], *[["DUPLICATE"]] * 4]


def test_few_words_come_to_many_people_by_themselves() -> None:
    assert found(copies("You are not alone, it does get better with time.", authors=5, count=5))[0] == []


def test_copies_that_were_taken_away_count_for_nothing() -> None:
    rows = copies(WAVE, authors=3, threads=3, count=3)
    rows[0]["was_deleted_later"] = True
    assert found(rows) == [["DELETED_LATER"], [], ["DUPLICATE"]]


def test_authors_who_are_gone_are_not_counted_as_authors() -> None:
    rows = [*copies(WAVE, authors=2, count=2), *copies(WAVE, count=4)[2:]]
    rows[2]["author"], rows[3]["author"] = "[deleted]", None
    assert not any("COPYPASTA" in why for why in found(rows, Curate(keep_deleted_author=True)))


def test_lists_of_crisis_lines_are_kept_by_whomever_and_wherever() -> None:
    assert found(copies(LINES, authors=6, threads=6, count=6)) == [[]] * 6


def test_two_people_may_list_the_same_lines_in_one_thread() -> None:
    assert found(copies(LINES, authors=2, count=2)) == [[], []]


def test_crisis_lines_twice_by_one_author_in_one_thread_are_once() -> None:
    assert found(copies(LINES, count=2)) == [[], ["DUPLICATE"]]


def test_crisis_lines_do_not_save_a_bot() -> None:
    rows = copies(f"{LINES}\n\n*This action was performed automatically.*", threads=2, count=2)
    assert all(why == ["BOT"] for why in found(rows))


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        "Please call the lifeline, it is (800) 273-8255, they are kind.",
        "+1 800 273 8255, at any hour.",
        "You can call or text 988 at any hour.",
        "In the UK you can ring 116 123, and in Australia 13 11 14.",
        "There is a list at https://findahelpline.com for every country.",
        "There are people for this: the Samaritans, and the Crisis Text Line.",
    ],
)
def test_text_that_tells_where_help_is_counts_as_crisis_lines(text: str) -> None:
    assert pl.DataFrame({"text": [text]}).select(is_crisis_line()).item()


@pytest.mark.parametrize(
    "text",
    [
        WAVE,
        LONG_ENOUGH,
        "",
        "I paid 988 for it and never went back.",
        "Call me at 555-1737.",
        "Call me at 1737-555-12, I read 1741741 books.",
        "I called a hotline once and they let me wait for 20 minutes.",
        "My order number is 18002738255123, can you text me?",
        None,
    ],
)
def test_other_numbers_and_stories_do_not(text: str | None) -> None:
    assert not pl.DataFrame({"text": [text]}, schema={"text": pl.String}).select(is_crisis_line()).item()
