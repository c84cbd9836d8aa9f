"""A name that was found once is masked in its whole thread, and ordinary words are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.deid.propagate import Names
from prefpairs.deid.spans import Span, replace_spans, resolve


def _names(*found: tuple[str, str], authors: tuple[str, ...] = ()) -> Names:
    """Return the names of a thread in whose texts these identifiers (type, text) were found."""
    texts = [
        (text, [Span(start=0, end=len(text), entity_type=kind, score=0.8, recognizer="test")])
        for kind, text in found
    ]
    return Names.of_thread(texts, authors)


def _masked(names: Names, text: str) -> str:
    return replace_spans(text, resolve(text, names.within(text))).text


@pytest.mark.parametrize(
    ("found", "text", "masked"),
    [
        ("Ana Smith", "Ana, ana and ANA", "<PERSON>, <PERSON> and <PERSON>"),
        ("Ana Smith", "Ana's, ana’s, Anas and SMITH'S", "<PERSON>'s, <PERSON>’s, <PERSON> and <PERSON>'S"),
        ("Ana Smith", "AnaSmith, ana_smith, Ana  Smith", "<PERSON>, <PERSON>, <PERSON>"),
        ("Ana Smith", "banana, Anatolia, blacksmith", "banana, Anatolia, blacksmith"),
        (
            "Ana Smith",
            "**Ana** _Ana_ >!Ana!< [Ana](<URL>)",
            "**<PERSON>** <PERSON> >!<PERSON>!< [<PERSON>](<URL>)",
        ),
        ("José Núñez", "Jose, JOSÉ, Jose\u0301 nunez", "<PERSON>, <PERSON>, <PERSON> <PERSON>"),
        ("Jose", "José and Jo\u200bs\u00ade", "<PERSON> and <PERSON>"),
        ("Dr. Okafor", "my dr said Okafor is nice", "my dr said <PERSON> is nice"),
        ("O'Brien", "O’BRIEN and obrien", "<PERSON> and <PERSON>"),
        ("Ana&nbsp;Smith", "so&nbsp;it is, Smith", "so&nbsp;it is, <PERSON>"),
        ("Jean-Luc", "jean luc, jeanluc and Jean-Luc", "<PERSON>, <PERSON> and <PERSON>"),
        ("Ana\r\nSmith", "a\r\nana\r\n\U0001f600ana", "a\r\n<PERSON>\r\n\U0001f600<PERSON>"),
    ],
)
def test_a_name_is_masked_in_every_spelling(found: str, text: str, masked: str) -> None:
    assert _masked(_names(("PERSON", found)), text).replace("<PERSON> <PERSON>", "<PERSON>") == masked.replace(
        "<PERSON> <PERSON>", "<PERSON>"
    )


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("I will hope. Will you? Hope so.", "I will hope. Will you? Hope so."),
        ("I met Will and then Hope there", "I met <PERSON> and then <PERSON> there"),
        ("Will said so. Hope's dog.", "<PERSON> said so. <PERSON>'s dog."),
        ("How Will This End And Will It", "How Will This End And Will It"),
        ("WILL THIS EVER END, HOPE SO", "WILL THIS EVER END, HOPE SO"),
    ],
)
def test_a_name_that_is_a_word_is_masked_where_it_is_written_like_a_name(text: str, masked: str) -> None:
    assert _masked(_names(("PERSON", "Will"), ("PERSON", "Hope")), text) == masked


def test_a_word_that_was_taken_for_a_name_does_not_spread() -> None:
    names = _names(("PERSON", "Lexapro"), ("PERSON", "Depressed"), ("PERSON", "Hodgkin"), ("PERSON", "J."))
    assert (
        _masked(names, "Lexapro, depressed, my Hodgkin's, J. and I")
        == "Lexapro, depressed, my Hodgkin's, J. and I"
    )


def test_handles_and_local_parts_are_masked_without_what_gave_them_away() -> None:
    names = _names(
        ("SOCIAL_HANDLE", "@sad_panda99"),
        ("SOCIAL_HANDLE", "lonelyboi#1234"),
        ("EMAIL_ADDRESS", "jane.roe@gmail.com"),
        ("REDDIT_USER", "/u/Quiet\\_Otter"),
    )
    text = "sad_panda99 SAD\\_PANDA99 Lonelyboi jane.roe quiet_otter; sad panda jane gmail"
    masked = _masked(names, text)
    assert masked == (
        "<SOCIAL_HANDLE> <SOCIAL_HANDLE> <SOCIAL_HANDLE> <SOCIAL_HANDLE> <REDDIT_USER>; sad panda jane gmail"
    )


@pytest.mark.parametrize(
    ("author", "text", "masked"),
    [
        ("zorvik", "zorvik, ZORVIK's", "<REDDIT_USER>, <REDDIT_USER>'s"),
        ("sad-otter-12", "thanks sad-otter-12", "thanks <REDDIT_USER>"),
        ("SadOtter", "sadotter, sad otter", "<REDDIT_USER>, sad otter"),
        ("butterfly", "a butterfly, Butterfly", "a butterfly, Butterfly"),
        ("hope", "I hope, said Hope", "I hope, said Hope"),
        ("Hope", "I hope, as Hope there said", "I hope, as <REDDIT_USER> there said"),
        ("self-harm", "self-harm is hard", "self-harm is hard"),
        ("sad", "so sad, Sad", "so sad, Sad"),
        ("b12", "vitamin b12", "vitamin b12"),
        ("--_--", "a --_-- b", "a --_-- b"),
    ],
)
def test_authors_are_masked_unless_their_name_is_a_word(author: str, text: str, masked: str) -> None:
    assert _masked(_names(authors=(author,)), text) == masked


_AROUND = st.text(alphabet=st.sampled_from(list(" .,*_>!<()[]\r\n\U0001f600\u200b\u0301&;'\"")), max_size=4)
_SPELLINGS = st.sampled_from(["Ana", "ana", "ANA", "A\u0301na", "An\u200ba", "Ana's", "ANAS", "ana’s"])


@given(st.lists(st.tuples(_AROUND, _SPELLINGS), min_size=1, max_size=5))
def test_no_spelling_survives_whatever_stands_around_it(parts: list[tuple[str, str]]) -> None:
    text = "".join(f" {around}{spelling}{around} " for around, spelling in parts)
    spans = resolve(text, _names(("PERSON", "Ana")).within(text))
    assert len(spans) == len(parts)
    assert not set(replace_spans(text, spans).text.replace("<PERSON>", "")) & set("nN")


@given(st.text(max_size=60), st.sampled_from(["Ana Smith", "José", "ﬁﬁ", "ß", "Ǆ"]))
def test_places_fit_the_text_whatever_it_holds(text: str, name: str) -> None:
    for span in _names(("PERSON", name), authors=(text[:20],)).within(text):
        assert 0 <= span.start < span.end <= len(text)


@given(st.text(alphabet="aA\u0301\u200b ßﬁİıé'’", max_size=30))
def test_a_text_of_one_name_is_found_in_itself(text: str) -> None:
    whole = f"zorvik{text}"
    found = resolve(whole, _names(authors=("zorvik",)).within(f"zorvik {text}"))
    assert found[0].start == 0


def test_many_authors_cost_no_more_than_those_that_are_named() -> None:
    names = _names(authors=tuple(f"author_{number}" for number in range(5000)))
    assert _masked(names, "author_77 and author_9999") == "<REDDIT_USER> and author_9999"
