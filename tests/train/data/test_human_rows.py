import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prefpairs.errors import ConfigError, ContractError
from prefpairs.train.data.human_rows import read_human_pairs
from prefpairs.train.data.trees import Pair

PAIR = {"prompt": "How?", "chosen": "Take a walk.", "rejected": "No."}


def _file(folder: Path, *lines: Any) -> Path:
    path = folder / "judged.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_pairs_of_one_prompt_meet_and_are_named_by_their_lines(tmp_path: Path) -> None:
    other = {"prompt": "Why?", "chosen": "yes", "rejected": "no"}
    path = _file(tmp_path, PAIR, other, PAIR | {"rejected": "Sleep.", "weight": 2, "probability": 0.9})

    one, second = read_human_pairs(path, task="generation", split="train").threads

    assert (one.thread_id, one.prompt, second.prompt) == ("line-1", "How?", "Why?")
    assert one.responses == ("Take a walk.", "No.", "Take a walk.", "Sleep.")
    assert one.response_ids == ("line-1:chosen", "line-1:rejected", "line-3:chosen", "line-3:rejected")
    assert one.pairs == (
        Pair(chosen=0, rejected=1, extra_words=2),
        Pair(chosen=2, rejected=3, weight=2.0, probability=0.9, extra_words=2),
    )


def test_a_bad_line_costs_only_itself_and_is_counted_with_its_reason(tmp_path: Path) -> None:
    bad = [
        "{no json",
        '"only a text"',
        "[" * 100_000,
        {"chosen": "a", "rejected": "b"},
        PAIR | {"rejected": None},
        PAIR | {"chosen": [{"role": "assistant", "content": "a"}]},
        PAIR | {"split": "holdout"},
        PAIR | {"weight": 0},
        PAIR | {"weight": True},
        PAIR | {"probability": 1.5},
        PAIR | {"weight": 10**400},
        PAIR | {"probability": -(10**400)},
        '{"prompt": "How?", "chosen": "a", "rejected": "b", "weight": NaN}',
        PAIR | {"draft": "Walk."},
    ]
    path = _file(tmp_path, PAIR, "", *bad)

    human = read_human_pairs(path, task="generation", split="train")

    assert human.dropped == {
        "for_another_task": 1,
        "not_a_json_object": 3,
        "not_a_text": 1,
        "probability_not_a_share": 2,
        "prompt_missing": 1,
        "rejected_missing": 1,
        "split_unknown": 1,
        "weight_not_positive": 4,
    }
    assert human.first_bad_line == 3
    assert len(human.threads) == 1


def test_a_byte_order_mark_is_no_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "judged.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(PAIR).encode())

    assert read_human_pairs(path, task="generation", split="train").dropped == {}


def test_lines_go_to_their_split_and_else_to_training(tmp_path: Path) -> None:
    path = _file(tmp_path, PAIR, PAIR | {"split": "validation"}, PAIR | {"split": "train"}, PAIR | {"split": None})

    pairs = {
        split: sum(len(thread.pairs) for thread in read_human_pairs(path, task="generation", split=split).threads)
        for split in ("train", "validation", "test")
    }

    assert pairs == {"train": 3, "validation": 1, "test": 0}


def test_one_file_serves_both_models(tmp_path: Path) -> None:
    path = _file(tmp_path, PAIR, PAIR | {"draft": "Walk."}, PAIR | {"draft": "Sleep."})

    generation = read_human_pairs(path, task="generation", split="train")
    improvement = read_human_pairs(path, task="improvement", split="train")

    assert [thread.draft for thread in generation.threads] == [None]
    assert [thread.draft for thread in improvement.threads] == ["Walk.", "Sleep."]
    assert (generation.dropped, improvement.dropped) == ({"for_another_task": 2}, {"for_another_task": 1})


def test_parquet_gives_what_json_lines_give(tmp_path: Path) -> None:
    rows = [PAIR | {"weight": 2.0, "draft": None}, PAIR | {"weight": None, "draft": None, "chosen": None}]
    path = tmp_path / "judged.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)

    assert read_human_pairs(path, task="generation", split="train") == read_human_pairs(
        _file(tmp_path, *rows), task="generation", split="train"
    )


def test_bytes_that_are_no_text_cost_only_their_row(tmp_path: Path) -> None:
    good, bad = pa.array(["yes", "yes"]), pa.array([b"no", b"\xff\xfe"])
    rejected = pa.Array.from_buffers(pa.string(), 2, bad.buffers())
    path = tmp_path / "judged.parquet"
    pq.write_table(pa.table({"prompt": good, "chosen": good, "rejected": rejected}), path)

    human = read_human_pairs(path, task="generation", split="train")

    assert human.dropped == {"not_a_text": 1}
    assert human.first_bad_line == 2


def test_a_file_without_any_pair_names_its_first_bad_line(tmp_path: Path) -> None:
    path = _file(tmp_path, "", "Marigold", PAIR | {"prompt": None})

    with pytest.raises(
        ContractError, match=r"1 not_a_json_object, 1 prompt_missing\. The first is line 2"
    ) as caught:
        read_human_pairs(path, task="generation", split="train")
    assert "Marigold" not in str(caught.value)


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", b""), ("a.parquet", b"no Parquet")])
def test_a_file_with_nothing_to_read_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ContractError, match=r"it is empty|cannot be read as Parquet"):
        read_human_pairs(tmp_path / name, task="generation", split="train")


def test_a_parquet_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "judged.parquet"
    pq.write_table(pa.table({"text": ["a"]}), path)

    with pytest.raises(ContractError, match="lacks the columns"):
        read_human_pairs(path, task="generation", split="train")


@pytest.mark.parametrize("name", ["none.jsonl", "none.parquet"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read_human_pairs(tmp_path / name, task="generation", split="train")
