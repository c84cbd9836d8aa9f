"""A text is folded alike by itself and in a column: the stage and the evaluation read the same rules."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.safety.fold import folded, unmarked
from prefpairs.safety_rules import fold


@given(
    st.text()
    | st.lists(st.sampled_from([*fold.REPLACED, "word", "*", "_", " ", "\n", "."]), max_size=12).map("".join)
)
def test_one_text_is_folded_as_a_column_of_texts_is(text: str) -> None:
    column = pl.DataFrame({"text": [text]})
    assert fold.unmarked(text) == column.select(unmarked(pl.col("text"))).item()
    assert fold.folded(text) == column.select(folded(pl.col("text"))).item()
