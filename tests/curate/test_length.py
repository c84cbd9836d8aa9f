"""Which texts are somebody else's: links, quotes."""

import pytest

from tests.support.curating import reasons, reasons_for_text
from tests.support.rows import LONG_ENOUGH, post


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a https://example.org/b https://example.org/c https://example.org/d www.example.org",
        "Try this: https://example.org/1 https://example.org/2 https://example.org/3",
        "[a page that helped many people](https://example.org/page) [and a second one](https://example.org/2)",
    ],
)
def test_links_alone_are_no_answer(text: str) -> None:
    assert "LINK_ONLY" in reasons_for_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "This page helped me back then: https://example.org/page",
        f"{LONG_ENOUGH} https://example.org https://example.org/2",
        "Ich 谢谢 you (all) for [this] and that.",
    ],
)
def test_words_beside_a_link_are_an_answer(text: str) -> None:
    assert "LINK_ONLY" not in reasons_for_text(text)


def test_quotes_alone_are_no_answer() -> None:
    assert reasons_for_text(f"> {LONG_ENOUGH}\n>\n> {LONG_ENOUGH}\n\nThis is so true.") == ["QUOTE_ONLY"]


@pytest.mark.parametrize(
    "text",
    [
        f"> I do not know what to do\n\n{LONG_ENOUGH}\n\n> and nobody is there\n\n{LONG_ENOUGH}",
        f"> I wait\n> I sit\n> I do not sleep\n> I cry\n\n{LONG_ENOUGH} I was there too, and I know how it is.",
        f">!{LONG_ENOUGH}!<\n>!{LONG_ENOUGH} I was there too, and it is over now.!<",
        f"I am so angry >:( and I feel it too. {LONG_ENOUGH}",
    ],
    ids=["point by point", "long answer under many short lines", "spoilers", "emoticon"],
)
def test_answers_with_quotes_in_them_are_kept(text: str) -> None:
    assert reasons_for_text(text) == []


def test_title_of_a_post_is_text_of_its_own() -> None:
    row = post("t3_q", title="What do you think of this page about sleep?", selftext="https://example.org/sleep")
    assert reasons([row]) == {"t3_q": []}
