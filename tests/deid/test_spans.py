"""Offsets: what is masked, what stays, and that nothing detected is left over."""

from hypothesis import given
from hypothesis import strategies as st

from prefpairs.deid.spans import Span, replace_spans, resolve

TEXT = "one two three four five six seven"


def _span(start: int, end: int, entity_type: str = "PERSON", score: float = 0.5) -> Span:
    return Span(start=start, end=end, entity_type=entity_type, score=score, recognizer=f"finds {entity_type}")


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
