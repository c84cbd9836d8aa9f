"""Which responses a supervised step may imitate: chosen in a published pair of their thread, rejected in none."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.config import Settings
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs import build
from prefpairs.pairs.completions import completions
from prefpairs.stage import StageReport
from tests.support.releases import pair
from tests.support.rows import append, frame
from tests.support.selected import selected_pair, store_selected

POLICY = "the policy's hash"
Row = dict[str, Any]


def preference(chosen: str, rejected: str, *, thread: str = "post", **changes: Any) -> Row:
    ids = {"pair_id": f"{thread} {chosen}>{rejected}", "thread_id": thread}
    sides = {"chosen_id": chosen, "rejected_id": rejected, "chosen": f"Text of {chosen}."}
    return pair(1, **{**ids, **sides, **changes})


def imitated(*pairs: Row) -> list[str]:
    return completions(frame("pairs", list(pairs)))["response_id"].to_list()


def test_of_a_chain_only_the_best_may_be_imitated() -> None:
    assert imitated(preference("a", "b"), preference("b", "c"), preference("a", "c")) == ["a"]


def test_every_response_that_wins_and_never_loses_is_there_once() -> None:
    assert imitated(preference("a", "c"), preference("b", "c"), preference("a", "d")) == ["a", "b"]


def test_what_loses_in_another_thread_is_another_response() -> None:
    found = completions(frame("pairs", [preference("a", "b"), preference("c", "a", thread="another")]))

    assert found.select("thread_id", "response_id").rows() == [("another", "c"), ("post", "a")]


@pytest.mark.parametrize("copy", ["Text of a.", " Text of a.\n"])
def test_a_text_that_loses_under_another_id_is_not_imitated(copy: str) -> None:
    won, lost = preference("a", "b"), {**preference("d", "c"), "rejected": copy}

    assert imitated(won, lost) == ["d"]
    assert imitated(won, {**lost, "thread_id": "another"}) == ["d", "a"]


@pytest.mark.parametrize("config", ["crisis", "safety_contrast"])
def test_pairs_that_are_kept_apart_neither_qualify_a_response_nor_rule_it_out(config: str) -> None:
    apart = [preference("a", "b", config=config), preference("c", "d", config=config)]

    assert imitated(*apart) == []
    assert imitated(*apart, preference("b", "e")) == ["b"]


def test_a_row_says_why_it_is_there() -> None:
    pairs = [
        preference("a", "b", preference_probability=0.97),
        preference("a", "c", preference_probability=0.81, labels_rejected=["sleep"]),
        preference("d", "c", preference_probability=0.5),
    ]

    first = completions(frame("pairs", pairs)).row(0, named=True)

    assert (first["response_id"], first["pairs_won"], first["preference_probability"]) == ("a", 2, 0.81)
    assert (first["completion"], first["score"], first["percentile"]) == ("Text of a.", 20, 98.0)
    assert (first["words_prompt"], first["words_completion"], first["preset"]) == (6, 7, "shp")


def test_a_row_keeps_the_split_the_labels_and_the_community_of_its_pairs() -> None:
    told: Row = {
        "labels_prompt": ["anxiety"],
        "labels_chosen": ["RESOURCE"],
        "split": "test",
        "subreddit": "QuietRoom",
    }

    (row,) = completions(frame("pairs", [preference("a", "b", **told)])).to_dicts()

    assert (row["labels_prompt"], row["labels_completion"]) == (["anxiety"], ["RESOURCE"])
    assert (row["split"], row["subreddit"], row["month"]) == ("test", "QuietRoom", "2024-05")


ranked = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 6)).filter(lambda drawn: drawn[1] < drawn[2]),
    max_size=40,
    unique=True,
)


@given(ranked, st.randoms())
def test_the_rule_holds_for_every_ranking_and_no_order_of_rows_changes_it(
    drawn: list[tuple[int, int, int]], random: Any
) -> None:
    pairs = [preference(str(better), str(worse), thread=str(post)) for post, better, worse in drawn]

    found = completions(frame("pairs", pairs))
    random.shuffle(pairs)

    assert completions(frame("pairs", pairs)).equals(found)
    won = {(str(post), str(better)) for post, better, _ in drawn}
    lost = {(str(post), str(worse)) for post, _, worse in drawn}
    assert found.select("thread_id", "response_id").rows() == sorted(won - lost)
    assert found["thread_id"].n_unique() == len({post for post, _, _ in drawn})


def stored(lake: Lake, key: ProjectKey, *pairs: Row, **texts: str) -> StageReport:
    values = {"title": "How do I sleep", "selftext": "", "a": "Keep an hour.", "b": "No screens.", "c": "No idea."}
    rows = [
        {
            "text_id": key.text_id(name, field), "name_hash": key.name_hash(name), "field": field,
            "content_hash": "0", "thread_hash": "0", "policy_hash": POLICY, "text": text, "language": "en",
            "words": len(text.split()),
        }
        for (name, field), text in zip(
            (("t3_p", "title"), ("t3_p", "selftext"), ("t1_a", "body"), ("t1_b", "body"), ("t1_c", "body")),
            {**values, **texts}.values(),
            strict=True,
        )
    ]  # fmt: skip
    store_selected(lake, list(pairs))
    lake.merge("texts", frame("texts", rows))
    return build.run(Settings(), lake, key, policy_hash=POLICY)


def texts_of(lake: Lake) -> list[str]:
    return lake.scan("sft").select(pl.col("completion").sort()).collect()["completion"].to_list()


def test_the_table_is_made_with_the_pairs_and_counted(lake: Lake, key: ProjectKey) -> None:
    report = stored(lake, key, selected_pair("t1_a", "t1_b"), selected_pair("t1_b", "t1_c"))

    assert texts_of(lake) == ["Keep an hour."]
    assert report.counts["completions"] == 1


def test_harm_and_crises_that_selection_kept_out_of_default_are_nothing_to_imitate(
    lake: Lake, key: ProjectKey
) -> None:
    stored(
        lake,
        key,
        selected_pair("t1_a", "t1_c", config="crisis", labels_chosen=["CRISIS"]),
        selected_pair("t1_b", "t1_c", config="safety_contrast", labels_rejected=["HARASSMENT"]),
    )

    assert lake.scan("pairs").collect().height == 2
    assert texts_of(lake) == []


def test_a_text_that_was_deleted_is_imitated_no_more(lake: Lake, key: ProjectKey) -> None:
    pairs = [selected_pair("t1_a", "t1_c"), selected_pair("t1_b", "t1_c")]
    stored(lake, key, *pairs)
    assert texts_of(lake) == ["Keep an hour.", "No screens."]

    append(lake, "tombstones", [{"name_hash": key.name_hash("t1_a"), "reason": "user", "requested_at": 1}])
    build.run(Settings(), lake, key, policy_hash=POLICY)

    assert texts_of(lake) == ["No screens."]


def test_a_post_that_was_deleted_takes_its_completions_with_it(lake: Lake, key: ProjectKey) -> None:
    stored(lake, key, selected_pair("t1_a", "t1_c"))

    append(lake, "tombstones", [{"name_hash": key.name_hash("t3_p"), "reason": "user", "requested_at": 1}])
    build.run(Settings(), lake, key, policy_hash=POLICY)

    assert texts_of(lake) == []


def test_ids_are_those_of_the_pairs(lake: Lake, key: ProjectKey) -> None:
    stored(lake, key, selected_pair("t1_a", "t1_c"))

    (pair_,), (row,) = lake.scan("pairs").collect().to_dicts(), lake.scan("sft").collect().to_dicts()
    assert (row["thread_id"], row["response_id"]) == (pair_["thread_id"], pair_["chosen_id"])
