from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prefpairs.errors import ContractError
from prefpairs.release.manifest import Manifest, read_manifest
from prefpairs.train.data.trees import Pair
from prefpairs.train.data.version_rows import (
    Thread,
    completion_threads,
    improvement_threads,
    preference_threads,
)
from tests.support.version_folder import (
    completion_row,
    improvement_row,
    pair_row,
    thread_row,
    write_configs,
)

PAIR = pair_row("t", "How?", "Walk a lot.", "No.", seconds_between=-60, words_chosen=30, words_rejected=10)
THREAD = thread_row("t", "How?", ["Walk a lot.", "No."], [(0, 1)])


def _version(folder: Path, **configs: Any) -> Manifest:
    write_configs(folder, {config: {"train": rows} for config, rows in configs.items()})
    return read_manifest(folder)


def _preferences(folder: Path, **configs: Any) -> list[Thread]:
    return list(preference_threads(folder, _version(folder, **configs), "train"))


def test_a_thread_brings_its_pairs_and_what_the_baselines_need_of_them(tmp_path: Path) -> None:
    thread = _preferences(tmp_path, threads=[THREAD], pairs=[PAIR])[0]

    assert (thread.thread_id, thread.community, thread.prompt) == ("t", "quiet_evenings", "How?")
    assert thread.responses == ("Walk a lot.", "No.")
    assert thread.response_ids == (PAIR["chosen_id"], PAIR["rejected_id"])
    assert thread.pairs == (
        Pair(chosen=0, rejected=1, weight=1.0, probability=0.75, extra_words=20, seconds_between=-60),
    )


def test_without_pairs_words_are_counted_and_times_are_unknown(tmp_path: Path) -> None:
    pair = _preferences(tmp_path, threads=[THREAD])[0].pairs[0]

    assert (pair.extra_words, pair.seconds_between) == (2, None)


def test_a_version_of_pairs_alone_gives_threads(tmp_path: Path) -> None:
    rows = [
        pair_row("a", "A?", "best", "mid", preference_probability=0.9, words_chosen=4, words_rejected=1),
        pair_row("b", "B?", "yes", "no"),
        pair_row("a", "A?", "mid", "worst", seconds_between=None),
    ]

    one, other = _preferences(tmp_path, pairs=rows)

    assert one.responses == ("best", "mid", "worst")
    assert one.response_ids == (rows[0]["chosen_id"], rows[0]["rejected_id"], rows[2]["rejected_id"])
    assert one.pairs == (
        Pair(chosen=0, rejected=1, probability=0.9, extra_words=3, seconds_between=60),
        Pair(chosen=1, rejected=2, probability=rows[2]["preference_probability"], seconds_between=None),
    )
    assert other.responses == ("yes", "no")


def test_both_ways_to_read_a_version_agree(tmp_path: Path) -> None:
    texts, places = ["best", "mid", "worst"], [(0, 1), (0, 2), (1, 2)]
    pairs = [
        pair_row("t", "How?", texts[chosen], texts[rejected], preference_probability=0.75)
        for chosen, rejected in places
    ]

    from_threads = _preferences(tmp_path / "a", threads=[thread_row("t", "How?", texts, places)], pairs=pairs)
    from_pairs = _preferences(tmp_path / "b", pairs=pairs)

    assert from_threads == from_pairs


def test_completions_of_a_post_meet_wherever_they_stand(tmp_path: Path) -> None:
    rows = [completion_row("a", "A?", "one"), completion_row("b", "B?", "two"), completion_row("a", "A?", "six")]
    manifest = _version(tmp_path, sft=rows)

    threads = list(completion_threads(tmp_path, manifest, "train"))

    assert [thread.responses for thread in threads] == [("one", "six"), ("two",)]
    assert threads[0].response_ids == (rows[0]["response_id"], rows[2]["response_id"])
    assert threads[0].pairs == ()


def test_sorted_completions_are_not_all_held_in_memory(tmp_path: Path) -> None:
    good = [completion_row("a", "A?", "yes"), *(completion_row("b", "B?", str(place)) for place in range(5000))]
    # In the last of several batches: found once it is read.
    bad = pa.Table.from_pylist([*good, completion_row("b", "B?", "no") | {"completion": None}])

    threads = completion_threads(tmp_path, _spoilt(tmp_path, "sft", good, bad), "train")

    assert next(threads).responses == ("yes",)
    with pytest.raises(ContractError, match="nulls"):
        next(threads)


def test_without_sft_the_responses_that_no_pair_rejects_are_learned_from(tmp_path: Path) -> None:
    row = thread_row("t", "How?", ["best", "also good", "mid", "worst"], [(0, 2), (1, 3), (2, 3)])
    manifest = _version(tmp_path, threads=[row])

    thread = next(completion_threads(tmp_path, manifest, "train"))

    assert thread.responses == ("best", "also good")
    assert thread.response_ids == tuple(response["response_id"] for response in row["responses"][:2])
    assert thread.pairs == ()


def test_a_text_that_was_rejected_in_another_place_is_not_learned_from(tmp_path: Path) -> None:
    manifest = _version(tmp_path, threads=[thread_row("t", "How?", ["same", "no", "same"], [(0, 1), (1, 2)])])

    assert next(completion_threads(tmp_path, manifest, "train")).responses == ()


def test_better_texts_of_one_draft_are_one_thread(tmp_path: Path) -> None:
    rows = [
        improvement_row(
            "t", "How?", "Walk.", "Take a walk.", draft_id="d", better_id="b", preference_probability=0.8
        ),
        improvement_row("t", "How?", "Walk.", "Walk a bit.", draft_id="d"),
        improvement_row("t", "How?", "Sleep.", "Sleep well."),
    ]
    manifest = _version(tmp_path, improvement=rows)

    one, other = improvement_threads(tmp_path, manifest, "train")

    assert (one.draft, one.responses) == ("Walk.", ("Take a walk.", "Walk a bit.", "Walk."))
    assert one.response_ids == ("b", rows[1]["improvement_id"], "d")
    assert one.pairs == (
        Pair(chosen=0, rejected=2, probability=0.8, extra_words=2),
        Pair(chosen=1, rejected=2, extra_words=2),
    )
    assert one.undisputed().responses == ("Take a walk.", "Walk a bit.")
    assert other.response_ids == (rows[2]["improvement_id"], f"{rows[2]['improvement_id']}:draft")


def test_only_the_split_that_was_asked_for_is_read(tmp_path: Path) -> None:
    write_configs(tmp_path, {"threads": {"train": [THREAD], "test": [THREAD, THREAD]}})
    manifest = read_manifest(tmp_path)

    assert [len(list(preference_threads(tmp_path, manifest, split))) for split in ("train", "test")] == [1, 2]
    assert list(preference_threads(tmp_path, manifest, "validation")) == []


def test_a_version_without_what_a_stage_needs_is_refused(tmp_path: Path) -> None:
    manifest = _version(tmp_path, sft=[completion_row("t", "How?", "Walk.")])

    with pytest.raises(ContractError, match=r"no config threads nor pairs, only sft\."):
        preference_threads(tmp_path, manifest, "train")
    with pytest.raises(ContractError, match="no config improvement"):
        improvement_threads(tmp_path, manifest, "train")


def test_a_labels_only_version_is_refused(tmp_path: Path) -> None:
    manifest = _version(tmp_path, pairs=[PAIR]).model_copy(update={"configs": {}, "mode": "labels-only"})

    with pytest.raises(ContractError, match="Labels without text"):
        preference_threads(tmp_path, manifest, "train")


def _spoilt(folder: Path, config: str, rows: list[dict[str, Any]], table: pa.Table) -> Manifest:
    manifest = _version(folder, **{config: rows})
    pq.write_table(table, folder / f"data/{config}/train-00000-of-00001.parquet")
    return manifest


def test_a_file_that_lacks_columns_is_named(tmp_path: Path) -> None:
    manifest = _spoilt(tmp_path, "pairs", [PAIR], pa.table({"pair_id": ["a"]}))

    with pytest.raises(ContractError, match=r"train-00000-of-00001\.parquet lacks the columns .*labels-only"):
        list(preference_threads(tmp_path, manifest, "train"))


def test_a_null_where_the_contract_forbids_one_is_refused(tmp_path: Path) -> None:
    manifest = _spoilt(tmp_path, "pairs", [PAIR], pa.Table.from_pylist([PAIR | {"chosen": None}]))

    with pytest.raises(ContractError, match=r"nulls in the columns \['chosen'\]"):
        list(preference_threads(tmp_path, manifest, "train"))


@pytest.mark.parametrize(
    "fault",
    [
        {"pairs": [{"chosen": 0, "rejected": 2, "weight": 1.0, "probability": 0.5}]},
        {"pairs": [{"chosen": -1, "rejected": 1, "weight": 1.0, "probability": 0.5}]},
        {"pairs": [{"chosen": 0, "rejected": 1, "weight": None, "probability": 0.5}]},
        {"pairs": [{"chosen": 0, "rejected": 1, "weight": 1.0, "probability": float("nan")}]},
        {"pairs": [{"chosen": 0, "rejected": 1}]},
        {"responses": [{"response_id": "a", "text": None}, {"response_id": "b", "text": "no"}]},
        {"responses": [{"response_id": None, "text": "yes"}, {"response_id": "b", "text": "no"}]},
    ],
)
def test_a_thread_that_does_not_hold_together_is_refused_by_row_and_without_text(
    tmp_path: Path, fault: dict[str, Any]
) -> None:
    manifest = _spoilt(tmp_path, "threads", [THREAD], pa.Table.from_pylist([THREAD | fault]))

    with pytest.raises(ContractError, match=r"\.parquet, row 1: ") as caught:
        list(preference_threads(tmp_path, manifest, "train"))
    assert "How?" not in str(caught.value)


def test_a_file_that_is_not_parquet_is_refused(tmp_path: Path) -> None:
    manifest = _version(tmp_path, pairs=[PAIR])
    (tmp_path / "data/pairs/train-00000-of-00001.parquet").write_bytes(b"not Parquet at all")

    with pytest.raises(ContractError, match="cannot be read as Parquet"):
        list(preference_threads(tmp_path, manifest, "train"))
