from typing import Any

import polars as pl
import pytest

from prefpairs.config import Settings
from prefpairs.config_improvement import Contrast, Improvement
from prefpairs.improve import select
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from tests.support.decided import decided_comment
from tests.support.improving import edited, harmless, kept, label, pair, selected, thread, write
from tests.support.rows import Row, comment

WALK = "Going for a short walk before noon helped me with sleep, and so did keeping the same hour for bed."
SAME = "A walk before noon may help, and keep to one hour for bed: sleep comes back when the hour is the same."
OTHER = "My manager was rude to all of us, so I wrote down every shift and took it to the union in the end."


def three_answers(lake: Lake, pairs: list[Row]) -> None:
    bodies = {"t1_walk": WALK, "t1_same": SAME, "t1_other": OTHER}
    rows = [comment(name, body=body) for name, body in bodies.items()]
    thread(lake, rows, [decided_comment(name, 5) for name in bodies])
    label(lake, {"t3_p": [], **{name: [] for name in bodies}})
    write(lake, "selected_pairs", pairs)


def test_a_low_and_a_high_answer_of_similar_intent_are_draft_and_better(lake: Lake, key: ProjectKey) -> None:
    three_answers(lake, [pair("t1_same", "t1_walk"), pair("t1_same", "t1_other")])
    report = select.run(Settings(), lake, key)
    (row,) = selected(lake)
    assert (row["draft_name"], row["better_name"], row["made_by"]) == ("t1_walk", "t1_same", "contrast")
    assert (row["score_draft"], row["score_better"], row["preference_probability"]) == (2, 9, 0.9)
    assert (row["labelled_draft"], row["labelled_better"], row["similarity_by"]) == (True, True, "words")
    assert dict(report.dropped) == {"NOT_SIMILAR": 1}


@pytest.mark.parametrize("changes", [{"preference_probability": 0.79}, {"config": "safety_contrast"}])
def test_an_unsure_pair_or_one_of_another_config_is_no_candidate(
    lake: Lake, key: ProjectKey, changes: dict[str, object]
) -> None:
    three_answers(lake, [pair("t1_same", "t1_walk", **changes)])
    assert select.run(Settings(), lake, key).rows_in == 0


def test_how_alike_answers_must_be_is_a_setting(lake: Lake, key: ProjectKey) -> None:
    three_answers(lake, [pair("t1_same", "t1_walk")])
    strict = Settings(improvement=Improvement(contrast=Contrast(min_similarity_words=0.99)))
    loose = Settings(improvement=Improvement(contrast=Contrast(max_similarity=0.01, min_similarity_words=0)))
    assert dict(select.run(strict, lake, key).dropped) == {"NOT_SIMILAR": 1}
    assert dict(select.run(loose, lake, key).dropped) == {"TOO_SIMILAR": 1}


@pytest.mark.parametrize("name", ["t3_p", "t1_walk", "t1_same"])
def test_an_answer_that_nobody_labelled_is_dropped(lake: Lake, key: ProjectKey, name: str) -> None:
    three_answers(lake, [pair("t1_same", "t1_walk")])
    label(lake, {other: [] for other in ("t3_p", "t1_walk", "t1_same") if other != name})
    assert dict(select.run(Settings(), lake, key, label=harmless).dropped) == {"NOT_LABELLED": 1}


def test_no_text_enters_the_table(lake: Lake, key: ProjectKey) -> None:
    three_answers(lake, [pair("t1_same", "t1_walk")])
    select.run(Settings(), lake, key)
    (row,) = selected(lake)
    assert "before noon" not in str(row)


def test_the_second_night_does_nothing_and_other_settings_do(lake: Lake, key: ProjectKey) -> None:
    three_answers(lake, [pair("t1_same", "t1_walk")])
    first = select.run(Settings(), lake, key)
    second = select.run(Settings(), lake, key)
    off = select.run(Settings(improvement=Improvement(enabled=False)), lake, key)
    assert (first.skipped, second.skipped, second.counts) == (False, True, first.counts)
    assert (off.rows_in, off.rows_out, selected(lake)) == (0, 0, [])


def test_batches_change_nothing(lake: Lake, key: ProjectKey) -> None:
    three_answers(lake, [pair("t1_same", "t1_walk"), pair("t1_walk", "t1_other"), pair("t1_same", "t1_other")])
    everything = Contrast(min_similarity_words=0)
    select.run(Settings(improvement=Improvement(contrast=everything)), lake, key)
    whole = selected(lake)
    one_at_a_time = Improvement(contrast=everything, batch_rows=1)
    # What it was made from is the same, so the stage would do nothing: forget it.
    write(lake, "selected_improvements", [])
    select.run(Settings(improvement=one_at_a_time), lake, key)
    assert selected(lake) == whole
    assert len(whole) == 3


@pytest.mark.parametrize(
    ("caps", "left"),
    [
        ({"max_per_post": 2}, 2),
        ({"max_per_author": 1}, 2),
        ({"max_per_text": 1}, 1),
        ({}, 3),
    ],
)
def test_caps_hold_and_what_is_surest_and_most_alike_comes_first(
    lake: Lake, key: ProjectKey, caps: dict[str, Any], left: int
) -> None:
    pairs = [
        pair("t1_same", "t1_walk", preference_probability=0.99),
        pair("t1_walk", "t1_other", preference_probability=0.9),
        pair("t1_same", "t1_other", preference_probability=0.8),
    ]
    three_answers(lake, pairs)
    rule = Improvement(contrast=Contrast(min_similarity_words=0), **caps)
    report = select.run(Settings(improvement=rule), lake, key)
    assert report.rows_out == left
    assert report.dropped.get("CAPPED", 0) == 3 - left
    assert ("t1_walk", "t1_same") in [(row["draft_name"], row["better_name"]) for row in selected(lake)]


def test_what_its_author_improved_comes_before_a_contrast(lake: Lake, key: ProjectKey) -> None:
    rows = [*edited("t1_e"), comment("t1_walk", body=WALK), comment("t1_same", body=SAME)]
    thread(lake, rows, [kept("t1_e"), decided_comment("t1_walk", 5), decided_comment("t1_same", 9)])
    write(lake, "selected_pairs", [pair("t1_same", "t1_walk")])
    select.run(Settings(improvement=Improvement(max_per_post=1)), lake, key, label=harmless)
    assert [row["made_by"] for row in selected(lake)] == ["edit"]


def test_ids_that_are_renamed_change_nothing(lake: Lake, key: ProjectKey, tmp_path: object) -> None:
    three_answers(lake, [pair("t1_same", "t1_walk")])
    select.run(Settings(), lake, key)
    before = lake.scan("selected_improvements").select(pl.exclude("^.*_name$")).collect()
    other = Lake(lake.root.parent / "renamed")
    bodies = {"t1_b": WALK, "t1_a": SAME}
    rows = [comment(name, body=body) for name, body in bodies.items()]
    thread(other, rows, [decided_comment(name, 5) for name in bodies])
    label(other, {"t3_p": [], **{name: [] for name in bodies}})
    write(other, "selected_pairs", [pair("t1_a", "t1_b")])
    select.run(Settings(), other, key)
    assert other.scan("selected_improvements").select(pl.exclude("^.*_name$")).collect().equals(before)
