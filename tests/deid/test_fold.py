"""A folded text reads like the raw one, and every part of it is found again in the raw text."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.deid.fold import fold

_PIECES = st.sampled_from(
    [
        "&#64;", "&amp;#x2F;", "&nbsp;", "&sol;", "&#x200B;", "&#xD800;", "&#0;", "&bogus;", "&", "&#", "&amp;",
        "\u200b", "\u202e", "\ufeff\u200b", "\u00ad", "ｕ", "／", "\u00a0", "𝓳", "\U0001f600\ufe0f", "e\u0301",
        "\r\n", "é", "u/name", "@", " ", ";",
    ]
)  # fmt: skip
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("ｕ／ｎａｍｅ", "u/name"),
        ("u/\u200bna\u00adme", "u/name"),
        ("jane&#64;gmail&period;com", "jane@gmail.com"),
        ("&amp;#x200B;", ""),
        ("&amp;#117;/x", "u/x"),
        ("𝐣𝐚𝐧𝐞＠x．org", "jane@x.org"),
        ("415‑555\u00a02671", "415-555 2671"),
        ("\u202ejane\u202c", "jane"),
        ("&#xFF20;", "@"),
    ],
)
def test_a_text_is_folded_to_what_a_reader_sees(raw: str, read: str) -> None:
    folded = fold(raw)
    assert folded is not None
    assert folded.text == read


@pytest.mark.parametrize(
    "raw", ["", "plain text", "naïve café – “quoted” … 3²", "\U0001f600 ok", "AT&T; R&D", "日本語"]
)
def test_ordinary_text_is_left_alone(raw: str) -> None:
    folded = fold(raw)
    assert folded is None


@given(raw=_TEXTS)
def test_every_folded_character_has_its_own_place_in_the_raw_text(raw: str) -> None:
    folded = fold(raw)
    if folded is None:
        return
    ranges = [folded.original(place, place + 1) for place in range(len(folded.text))]
    assert all(0 <= start < end <= len(raw) for start, end in ranges)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(ranges))


@given(raw=_TEXTS)
def test_each_place_holds_what_reads_like_the_folded_character(raw: str) -> None:
    folded = fold(raw)
    if folded is None:
        return
    for place, character in enumerate(folded.text):
        start, end = folded.original(place, place + 1)
        again = fold(raw[start:end])
        assert (raw[start:end] if again is None else again.text) == character


@given(raw=_TEXTS, data=st.data())
def test_a_folded_range_covers_its_characters_and_nothing_readable_beside(raw: str, data: st.DataObject) -> None:
    folded = fold(raw)
    if folded is None or not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.original(start, end)
    assert (first, last) == (folded.original(start, start + 1)[0], folded.original(end - 1, end)[1])
    assert folded.original(start, start) == (first, first)


@given(raw=_TEXTS)
def test_what_is_lost_is_unseen(raw: str) -> None:
    folded = fold(raw)
    if folded is None:
        return
    kept = {place for index in range(len(folded.text)) for place in range(*folded.original(index, index + 1))}
    lost = "".join(character for place, character in enumerate(raw) if place not in kept)
    again = fold(lost)
    left = lost if again is None else again.text
    assert all(unicodedata.category(character) in ("Cf", "Mn", "Lo", "Cn") for character in left) or left == ""
