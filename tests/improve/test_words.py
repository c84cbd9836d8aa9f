import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.improve.words import measures


def measured(draft: str, better: str) -> dict[str, float]:
    frame = pl.DataFrame({"draft": [draft], "better": [better]})
    return measures(frame).row(0, named=True)


def test_a_typo_is_one_word_out_and_one_word_in() -> None:
    found = measured("you shuold talk to a friend", "You should talk to a friend.")
    assert (found["words_draft"], found["words_better"], found["changed_words"]) == (6, 6, 2)
    assert found["kept_words"] == pytest.approx(5 / 6)


def test_words_in_another_order_are_no_change() -> None:
    assert measured("walk first then sleep", "sleep first, then walk")["changed_words"] == 0


def test_similarity_is_the_cosine_of_content_words() -> None:
    # walk, sleep against walk, doctor: one of two words is shared. "the", "and" and "a" say nothing.
    assert measured("the walk and the sleep", "a walk and a doctor")["word_similarity"] == pytest.approx(0.5)
    assert measured("you and me", "you and me")["word_similarity"] == 0


def test_a_text_without_words_is_like_no_other() -> None:
    assert measured("", "!!!") == dict.fromkeys(measured("", "!!!"), 0)


def test_the_apostrophe_of_a_phone_is_an_apostrophe() -> None:
    assert measured("don’t walk", "don't walk")["changed_words"] == 0


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), min_size=1, max_size=8))
def test_rows_do_not_mix_and_every_measure_is_in_bounds(pairs: list[tuple[str, str]]) -> None:
    frame = pl.DataFrame(pairs, schema={"draft": pl.String, "better": pl.String}, orient="row")
    together = measures(frame)
    assert together.rows() == [measures(frame[row]).row(0) for row in range(frame.height)]
    assert together.select(pl.col("kept_words", "word_similarity").is_between(0, 1.0001).all()).row(0) == (
        True,
        True,
    )
    back = measures(frame.select(draft="better", better="draft"))
    assert together["changed_words"].equals(back["changed_words"])
