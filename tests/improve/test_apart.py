"""Nobody who has a part in a split that is held out has one in train, and no text either."""

from typing import Any

import polars as pl

from prefpairs.improve.apart import shared


def rows(*given: dict[str, Any]) -> pl.DataFrame:
    ordinary = {
        "link_id": "t3_p", "draft_name": "t1_a", "better_name": "t1_a", "made_by": "edit", "split": "train",
        "draft_author": None, "better_author": None, "post_author": None,
    }  # fmt: skip
    return pl.DataFrame(
        [{**ordinary, **row} for row in given], schema_overrides=dict.fromkeys(ordinary, pl.String)
    )


def names(*given: tuple[str, str], column: str) -> pl.DataFrame:
    return pl.DataFrame(given, schema={"name": pl.String, column: pl.String}, orient="row")


def pairs(*given: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        given, schema=dict.fromkeys(("link_id", "chosen_name", "rejected_name", "split"), pl.String), orient="row"
    )


WRITERS = names(("t1_h", "ann"), ("t1_i", "ben"), column="author")
NO_GROUPS = names(column="group")


def test_an_author_of_a_pair_that_is_held_out_is_in_no_row_of_train() -> None:
    given = rows({"draft_author": "ann"}, {"better_author": "zoe"}, {"post_author": "ben"})
    held = pairs(("t3_h", "t1_h", "t1_i", "test"))
    assert shared(given, held, WRITERS, NO_GROUPS).to_list() == [True, False, True]


def test_a_row_that_is_held_out_has_no_author_of_a_pair_of_train() -> None:
    """The pairs were there first: a model that trains on them has met her."""
    given = rows({"draft_author": "ann", "split": "test"})
    assert shared(given, pairs(("t3_h", "t1_h", "t1_i", "train")), WRITERS, NO_GROUPS).to_list() == [True]


def test_among_improvements_test_takes_before_train() -> None:
    given = rows({"draft_author": "zoe"}, {"draft_author": "zoe", "split": "test"}, {"draft_author": "zoe"})
    assert shared(given, pairs(), WRITERS, NO_GROUPS).to_list() == [True, False, True]


def test_a_contrast_stays_as_its_pair_came_and_holds_others_out() -> None:
    contrast = {"made_by": "contrast", "draft_author": "ann", "split": "test"}
    given = rows(contrast, {"draft_author": "ann"})
    assert shared(given, pairs(), WRITERS, NO_GROUPS).to_list() == [False, True]


def test_a_near_duplicate_of_what_is_held_out_is_dropped_from_train() -> None:
    groups = names(("t3_h", "g1"), ("t3_p", "g1"), column="group")
    held = pairs(("t3_h", "t1_h", "t1_i", "validation"))
    given = rows({}, {"link_id": "t3_q"})
    assert shared(given, held, WRITERS, groups).to_list() == [True, False]
    assert shared(given, held, WRITERS, NO_GROUPS).to_list() == [False, False]


def test_splits_may_share_people_where_no_writers_are_given() -> None:
    given = rows({"draft_author": "zoe"}, {"draft_author": "zoe", "split": "test"})
    assert shared(given, pairs(), WRITERS.clear(), NO_GROUPS).to_list() == [False, False]
