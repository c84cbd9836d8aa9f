"""Offsets: what is masked, what stays, and that nothing detected is left over."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.deid.spans import Span, kept_ranges, replace_spans, resolve

TEXT = "one two three four five six seven"


def _span(
    start: int, end: int, entity_type: str = "PERSON", score: float = 0.5, action: str = "placeholder"
) -> Span:
    return Span(
        start=start,
        end=end,
        entity_type=entity_type,
        score=score,
        recognizer=f"finds {entity_type}",
        action=action,
    )


@st.composite
def _texts_and_detections(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(alphabet="ab é\u0301\U0001f600\r\n.,>!<", max_size=40))
    places = st.integers(min_value=0, max_value=len(text))
    ranges = draw(st.lists(st.tuples(places, places), max_size=6))
    types = st.sampled_from(["PERSON", "URL", "PHONE_NUMBER"])
    scores = st.sampled_from([0.4, 0.5, 0.85])
    return text, [_span(min(pair), max(pair), draw(types), draw(scores)) for pair in ranges]


@given(_texts_and_detections())
def test_every_detected_character_is_masked_and_the_rest_stays_in_order(case: tuple[str, list[Span]]) -> None:
    text, detections = case
    spans = resolve(text, detections)
    ends = [0, *(span.end for span in spans)]
    starts = [*(span.start for span in spans), len(text)]

    covered = {place for span in spans for place in range(span.start, span.end)}
    assert {place for span in detections for place in range(span.start, span.end)} <= covered
    assert all(end <= start for end, start in zip(ends, starts, strict=True))
    kept = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    placeholders = [f"<{span.entity_type}>" for span in spans]
    expected = kept[0] + "".join(mask + rest for mask, rest in zip(placeholders, kept[1:], strict=True))
    assert replace_spans(text, spans).text == expected


@given(_texts_and_detections(), st.randoms())
def test_the_order_in_which_recognizers_report_does_not_matter(
    case: tuple[str, list[Span]], random: object
) -> None:
    text, detections = case
    shuffled = list(detections)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert resolve(text, shuffled) == resolve(text, detections)


def test_overlapping_detections_become_their_union_under_the_most_certain_type() -> None:
    spans = resolve(TEXT, [_span(4, 13, "URL", 0.5), _span(8, 18, "EMAIL_ADDRESS", 1.0)])
    assert [(span.start, span.end, span.entity_type) for span in spans] == [(4, 18, "EMAIL_ADDRESS")]


def test_the_longest_wins_between_equally_certain_types() -> None:
    spans = resolve(TEXT, [_span(4, 7, "US_SSN"), _span(4, 13, "PHONE_NUMBER")])
    assert [span.entity_type for span in spans] == ["PHONE_NUMBER"]


def test_adjacent_detections_stay_two() -> None:
    spans = resolve("ab-cd", [_span(0, 3), _span(3, 5, "URL")])
    assert replace_spans("ab-cd", spans).text == "<PERSON><URL>"


def test_a_detection_that_ends_inside_a_word_takes_the_rest_of_it() -> None:
    text = "at lonely.boi now"
    assert replace_spans(text, resolve(text, [_span(3, 12, "URL")])).text == "at <URL> now"


def test_a_combining_mark_goes_with_its_letter() -> None:
    text = "Zoe\u0308 left"
    assert replace_spans(text, resolve(text, [_span(0, 3)])).text == "<PERSON> left"


def test_a_number_in_a_script_without_spaces_does_not_take_the_line() -> None:
    text = "电话13800138000请联系"
    assert replace_spans(text, resolve(text, [_span(2, 13, "PHONE_NUMBER")])).text == "电话<PHONE_NUMBER>请联系"


@given(_texts_and_detections(), st.lists(st.sampled_from(["", "<X>", "Ana", "  "]), min_size=6, max_size=6))
def test_whatever_is_put_in_only_spans_and_one_space_beside_a_dropped_one_change(
    case: tuple[str, list[Span]], drawn: list[str]
) -> None:
    text, detections = case
    spans = resolve(text, detections)
    replacements = drawn[: len(spans)]
    kept = kept_ranges(text, spans, replacements)
    pieces = [text[start:end] for start, end in kept]
    expected = pieces[0] + "".join(new + piece for new, piece in zip(replacements, pieces[1:], strict=True))
    assert replace_spans(text, spans, replacements).text == expected
    lost = [text[end:start] for (_, end), (start, _) in pairwise(kept)]
    for span, replacement, gone in zip(spans, replacements, lost, strict=True):
        identifier = text[span.start : span.end]
        assert gone in ((identifier, f" {identifier}", f"{identifier} ") if not replacement else (identifier,))


@pytest.mark.parametrize(
    ("text", "dropped", "left"),
    [
        ("I saw Ana today", "Ana", "I saw today"),
        ("I saw Ana, then", "Ana", "I saw, then"),
        ("I saw Ana", "Ana", "I saw"),
        ("Ana saw me", "Ana", "saw me"),
        ("one\nAna saw", "Ana", "one\nsaw"),
        ("Ana", "Ana", ""),
        ("(Ana)", "Ana", "()"),
        ("a\u00a0Ana b", "Ana", "a b"),
    ],
)
def test_what_is_dropped_takes_one_space_with_it(text: str, dropped: str, left: str) -> None:
    start = text.index(dropped)
    assert replace_spans(text, [_span(start, start + len(dropped))], [""]).text == left


def test_an_overlap_is_treated_as_strictly_as_any_of_its_parts() -> None:
    kept, banded = _span(4, 13, "LOCATION", 0.9, "keep"), _span(8, 18, "AGE", 0.5, "generalise")
    assert resolve(TEXT, [kept, _span(8, 18, "PERSON", 0.5)])[0].action == "placeholder"
    assert resolve(TEXT, [kept, banded])[0].action == "placeholder"
    assert resolve(TEXT, [kept, _span(20, 23, "PERSON")])[0].action == "keep"
    assert (
        resolve(TEXT, [_span(4, 13, "AGE", 0.9, "generalise"), _span(4, 7, "NRP", 0.5, "keep")])[0].action
        == "generalise"
    )


def test_a_word_of_a_million_letters_is_walked_once() -> None:
    text = "ab" * 500_000
    spans = resolve(text, [_span(place, place + 1) for place in range(0, len(text), 100)])
    assert [(span.start, span.end) for span in spans] == [(0, len(text))]


def test_links_spoilers_and_line_ends_stay_readable() -> None:
    text = ">!Ana!< [Ana](http://x.org)\r\n\U0001f600Ana &amp; e\u0301"
    places = [place for place in range(len(text)) if text.startswith("Ana", place)]
    link = text.index("http")
    spans = resolve(text, [*(_span(place, place + 3) for place in places), _span(link, link + 12, "URL")])
    assert replace_spans(text, spans).text == (
        ">!<PERSON>!< [<PERSON>](<URL>)\r\n\U0001f600<PERSON> &amp; e\u0301"
    )
