"""Nothing that is held out is learnt from: not by post, not by person, not by a copy of the text."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.pairs.held_out import ORDER, Apart, select_apart, with_groups
from prefpairs.pairs.matching import Selection

Row = dict[str, Any]
NO_COPIES: dict[str, str] = {}
SCHEMA = {
    "response": pl.UInt32,
    "post": pl.UInt32,
    "name": pl.String,
    "link_id": pl.String,
    "author_hash": pl.String,
    "post_author": pl.String,
    "split": pl.String,
}


def neighbours(rows: pl.DataFrame) -> Selection:
    """Pair every response with the next one to its post; the last one, or an only one, gets no partner."""
    following = pl.col("response").sort().shift(-1).over("post", order_by="response")
    pairs = rows.select("post", chosen="response", rejected=following).drop_nulls().sort("post", "chosen")
    lonely = rows.height - len(set(pairs["chosen"]) | set(pairs["rejected"]))
    return Selection(
        pairs=pairs.select("chosen", "rejected"), dropped={"ONLY_RESPONSE": lonely}, admissible=pairs.height
    )


def threads(*posts: tuple[str, str | None, list[str | None]]) -> pl.DataFrame:
    """Return responses from (split, author of the post, authors of its responses), named t3_0, t1_0_0, ..."""
    rows = [
        {
            "post": number,
            "name": f"t1_{number}_{place}",
            "link_id": f"t3_{number}",
            "author_hash": author,
            "post_author": post_author,
            "split": split,
        }
        for number, (split, post_author, authors) in enumerate(posts)
        for place, author in enumerate(authors)
    ]
    return pl.DataFrame([{"response": number, **row} for number, row in enumerate(rows)], schema=SCHEMA)


def apart(responses: pl.DataFrame, copies: dict[str, str] = NO_COPIES, **switches: bool) -> Apart:
    """`copies` = name -> group."""
    near_duplicates = pl.DataFrame(
        {"name": list(copies), "group": list(copies.values())}, schema={"name": pl.String, "group": pl.String}
    )
    return select_apart(with_groups(responses, near_duplicates), neighbours, **switches)


def names_in_pairs(responses: pl.DataFrame, outcome: Apart) -> set[str]:
    used = pl.concat([outcome.selection.pairs["chosen"], outcome.selection.pairs["rejected"]])
    return set(responses.filter(pl.col("response").is_in(used.implode()))["name"])


def reasons(responses: pl.DataFrame, outcome: Apart) -> dict[str, str]:
    named = outcome.reasons.join(responses, on="response").select("name", "reason")
    return dict(named.iter_rows())


@pytest.mark.parametrize("author", ["asked", "won", "lost"])
def test_what_a_held_out_author_wrote_is_dropped_from_train(author: str) -> None:
    responses = threads(("test", "asked", ["won", "lost"]), ("train", "else", [author, "a", "b"]))

    outcome = apart(responses)

    assert reasons(responses, outcome) == {"t1_1_0": "HELD_OUT_AUTHOR"}
    assert names_in_pairs(responses, outcome) == {"t1_0_0", "t1_0_1", "t1_1_1", "t1_1_2"}


def test_a_post_of_a_held_out_author_takes_its_responses_along() -> None:
    responses = threads(("validation", "asked", ["won", "lost"]), ("train", "won", ["a", "b"]))

    outcome = apart(responses)

    assert reasons(responses, outcome) == {"t1_1_0": "HELD_OUT_AUTHOR", "t1_1_1": "HELD_OUT_AUTHOR"}


def test_who_is_in_no_pair_of_the_test_holds_nothing_out() -> None:
    responses = threads(("test", "asked", ["alone"]), ("train", "asked", ["alone", "a"]))

    outcome = apart(responses)

    assert reasons(responses, outcome) == {}
    assert names_in_pairs(responses, outcome) == {"t1_1_0", "t1_1_1"}


def test_an_unknown_author_is_nobody_in_particular() -> None:
    responses = threads(("test", None, [None, "lost"]), ("train", None, [None, "a"]))

    assert reasons(responses, apart(responses)) == {}


@pytest.mark.parametrize("copied", ["t1_0_0", "t1_0_1"])
def test_a_copy_of_a_held_out_response_is_dropped(copied: str) -> None:
    responses = threads(("test", "p", ["a", "b"]), ("train", "q", ["c", "d", "e"]))

    outcome = apart(responses, {copied: "g", "t1_1_1": "g", "t1_1_2": "another"})

    assert reasons(responses, outcome) == {"t1_1_1": "HELD_OUT_NEAR_DUPLICATE"}


def test_a_copy_of_a_held_out_post_is_dropped_with_its_thread() -> None:
    responses = threads(("test", "p", ["a", "b"]), ("train", "q", ["c", "d"]))

    outcome = apart(responses, {"t3_0": "g", "t3_1": "g"})

    assert reasons(responses, outcome) == {
        "t1_1_0": "HELD_OUT_NEAR_DUPLICATE",
        "t1_1_1": "HELD_OUT_NEAR_DUPLICATE",
    }


def test_copies_on_one_side_may_stay() -> None:
    responses = threads(("train", "p", ["a", "b"]), ("train", "q", ["c", "d"]))

    assert reasons(responses, apart(responses, {"t1_0_0": "g", "t1_1_0": "g"})) == {}


def test_test_wins_over_validation_and_what_validation_lost_stays_out_of_nothing_else() -> None:
    responses = threads(
        ("validation", "p", ["shared", "a"]), ("test", "q", ["shared", "b"]), ("train", "r", ["a", "c", "d"])
    )

    outcome = apart(responses)

    # Without its partner `a` is in no pair of validation, so train may have it.
    assert reasons(responses, outcome) == {"t1_0_0": "HELD_OUT_AUTHOR"}
    assert names_in_pairs(responses, outcome) == {"t1_1_0", "t1_1_1", "t1_2_0", "t1_2_1", "t1_2_2"}


def test_each_rule_has_a_switch() -> None:
    responses = threads(("test", "p", ["a", "b"]), ("train", "q", ["a", "c"]))
    copies = {"t1_0_1": "g", "t1_1_1": "g"}

    assert reasons(responses, apart(responses, copies, authors=False)) == {"t1_1_1": "HELD_OUT_NEAR_DUPLICATE"}
    assert reasons(responses, apart(responses, copies, near_duplicates=False)) == {"t1_1_0": "HELD_OUT_AUTHOR"}
    assert reasons(responses, apart(responses, copies, authors=False, near_duplicates=False)) == {}


def test_nothing_to_select_from_is_nothing_selected() -> None:
    outcome = apart(threads())

    assert outcome.selection.pairs.height == 0
    assert outcome.reasons.height == 0


AUTHORS = st.sampled_from([None, *"abcdefghij"])
THREADS = st.lists(
    st.tuples(st.sampled_from(ORDER), AUTHORS, st.lists(AUTHORS, min_size=1, max_size=4)), max_size=12
).map(lambda posts: threads(*posts))


@st.composite
def corpora(draw: st.DrawFn) -> tuple[pl.DataFrame, dict[str, str]]:
    responses = draw(THREADS)
    names = sorted({*responses["name"], *responses["link_id"]})
    groups = draw(st.lists(st.sampled_from(["", "", "", "g", "h"]), min_size=len(names), max_size=len(names)))
    # A post and a comment are never in one group.
    return responses, {name: name[:2] + group for name, group in zip(names, groups, strict=True) if group}


def sides(responses: pl.DataFrame, copies: dict[str, str], outcome: Apart) -> dict[str, set[str]]:
    """Return for each split who wrote its pairs, and the groups of their texts."""
    rows = responses.filter(pl.col("name").is_in(names_in_pairs(responses, outcome)))
    found: dict[str, set[str]] = {split: set() for split in ORDER}
    for row in rows.iter_rows(named=True):
        found[row["split"]] |= {
            f"author {row[column]}" for column in ("author_hash", "post_author") if row[column]
        }
        found[row["split"]] |= {
            f"group {copies[row[column]]}" for column in ("name", "link_id") if row[column] in copies
        }
    return found


@settings(deadline=None)
@given(corpora())
def test_no_author_and_no_copy_is_on_two_sides(corpus: tuple[pl.DataFrame, dict[str, str]]) -> None:
    responses, copies = corpus
    found = sides(responses, copies, apart(responses, copies))

    assert not found["train"] & (found["test"] | found["validation"])
    assert not found["validation"] & found["test"]


@settings(deadline=None)
@given(corpora())
def test_every_response_is_in_a_pair_or_counted_once(corpus: tuple[pl.DataFrame, dict[str, str]]) -> None:
    responses, copies = corpus
    outcome = apart(responses, copies)

    assert len(names_in_pairs(responses, outcome)) + sum(outcome.selection.dropped.values()) == responses.height
    assert outcome.reasons["response"].is_unique().all()


@settings(deadline=None)
@given(corpora(), st.permutations("abcdefghij"))
def test_other_ids_change_nothing_but_names(
    corpus: tuple[pl.DataFrame, dict[str, str]], others: list[str]
) -> None:
    responses, copies = corpus
    author = dict(zip("abcdefghij", others, strict=True))
    renamed = responses.with_columns(
        pl.col("author_hash", "post_author").replace(author),
        name="x" + pl.col("name"),
        link_id="x" + pl.col("link_id"),
    )
    before = apart(responses, copies)
    after = apart(renamed, {f"x{name}": f"renamed {group}" for name, group in copies.items()})

    assert after.selection.pairs.equals(before.selection.pairs)
    assert after.reasons.equals(before.reasons)


@settings(deadline=None)
@given(corpora())
def test_pairs_are_in_the_order_of_posts_whatever_was_selected_first(
    corpus: tuple[pl.DataFrame, dict[str, str]],
) -> None:
    responses, copies = corpus
    pairs = apart(responses, copies).selection.pairs

    # `threads` numbers the responses post after post.
    assert pairs.equals(pairs.sort("chosen", "rejected"))
