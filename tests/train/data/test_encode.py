import json
from pathlib import Path
from typing import Any

import pytest

from prefpairs.errors import ConfigError
from prefpairs.release.manifest import read_manifest
from prefpairs.train.data.encode import load_splits
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.trees import Split
from prefpairs.train.recipe import Recipe, Stage
from tests.support.version_folder import (
    completion_row,
    improvement_row,
    pair_row,
    thread_row,
    write_configs,
)

THREADS = [thread_row("t", "How?", ["best", "mid", "worst"], [(0, 1), (0, 2), (1, 2)])]
IMPROVEMENTS = [
    improvement_row("t", "How?", "Walk.", "Take a walk."),
    improvement_row("t", "How?", "Walk.", "Go."),
]


def _load(folder: Path, tokenizer: Any, stage: Stage, **recipe: Any) -> dict[str, Split]:
    settings = Recipe(stages=(stage,), **recipe)
    encoder = Encoder(tokenizer, settings.text, task=settings.task)
    return load_splits(folder, read_manifest(folder), encoder, recipe=settings, stage=stage)


def _texts(tokenizer: Any, split: Split) -> list[list[str]]:
    return [[tokenizer.decode(ids[:-1]) for ids in tree.responses] for tree in split.trees]


@pytest.fixture
def version(tmp_path: Path) -> Path:
    write_configs(
        tmp_path,
        {
            "threads": {"train": THREADS},
            "sft": {"train": [completion_row("t", "How?", "best")], "validation": []},
            "improvement": {"train": IMPROVEMENTS},
        },
    )
    return tmp_path


def test_dpo_takes_the_pairs_of_a_version(version: Path, plain: Any) -> None:
    splits = _load(version, plain, "dpo")

    assert _texts(plain, splits["train"]) == [["best", "mid", "worst"]]
    assert splits["train"].pairs == 3
    assert splits["validation"].trees == ()


def test_sft_takes_its_own_config(version: Path, plain: Any) -> None:
    assert _texts(plain, _load(version, plain, "sft")["train"]) == [["best"]]


def test_sft_of_a_version_without_it_takes_what_no_pair_rejects(tmp_path: Path, plain: Any) -> None:
    write_configs(tmp_path, {"pairs": {"train": [pair_row("t", "How?", "best", "worst")]}})

    assert _texts(plain, _load(tmp_path, plain, "sft")["train"]) == [["best"]]


def test_a_reward_model_takes_the_trees_of_dpo(version: Path, plain: Any) -> None:
    assert _load(version, plain, "reward", task="reward") == _load(version, plain, "dpo")


def test_improvement_learns_the_better_texts_and_then_prefers_them_to_the_draft(version: Path, plain: Any) -> None:
    sft = _load(version, plain, "sft", task="improvement")["train"]
    dpo = _load(version, plain, "dpo", task="improvement")["train"]

    assert _texts(plain, sft) == [["Take a walk.", "Go."]]
    assert _texts(plain, dpo) == [["Take a walk.", "Go.", "Walk."]]
    assert [(pair.chosen, pair.rejected) for pair in dpo.trees[0].pairs] == [(0, 2), (1, 2)]
    assert sft.trees[0].prompt == dpo.trees[0].prompt
    assert "Walk." in plain.decode(sft.trees[0].prompt)


def test_a_listwise_loss_leaves_out_threads_over_the_budget(version: Path, plain: Any) -> None:
    long = thread_row(
        "u", "Why?", [f"{letter} " * 15 for letter in "abcdefgh"], [(0, place) for place in range(1, 8)]
    )
    write_configs(version, {"threads": {"train": [*THREADS, long]}})
    small = {"row_tokens": 128, "text": {"max_tokens": 64, "min_prompt_tokens": 16}}

    listwise = _load(version, plain, "dpo", loss="plackett_luce", **small)["train"]

    assert listwise.dropped == {"thread_over_row_tokens": 7}
    assert _load(version, plain, "dpo", **small)["train"].pairs == 10


def test_dpo2_takes_the_human_file_and_notes_its_bad_lines_once(version: Path, plain: Any) -> None:
    path = version.parent / "judged.jsonl"
    pair = {"prompt": "How?", "chosen": "yes", "rejected": "no"}
    lines = [pair, {**pair, "chosen": None}, {**pair, "rejected": " "}, {**pair, "split": "validation"}]
    path.write_text("\n".join(map(json.dumps, lines)))

    splits = _load(version, plain, "dpo2", human_preferences=path)

    assert _texts(plain, splits["train"]) == _texts(plain, splits["validation"]) == [["yes", "no"]]
    assert splits["train"].dropped == {"chosen_missing": 1, "response_empty": 1}
    assert splits["train"].rows == 3
    assert splits["train"].notes == (f"{path}: 1 lines are no pair (1 chosen_missing); the first is line 2.",)
    assert splits["validation"].notes == ()


def test_a_human_file_without_bad_lines_is_not_commented_on(version: Path, plain: Any) -> None:
    path = version.parent / "judged.jsonl"
    path.write_text(json.dumps({"prompt": "How?", "chosen": "yes", "rejected": "no"}))

    split = _load(version, plain, "dpo2", human_preferences=path)["train"]

    assert (split.notes, split.dropped) == ((), {})


@pytest.mark.parametrize("held_out", ["validation", "test"])
def test_dpo2_does_not_train_on_posts_that_the_version_holds_out(
    tmp_path: Path, plain: Any, held_out: str
) -> None:
    write_configs(tmp_path, {"pairs": {"train": [], held_out: [pair_row("t", "How  do\nyou?", "best", "worst")]}})
    pair = {"prompt": "How do you?\n", "chosen": "yes", "rejected": "no"}
    lines = [pair, {**pair, "chosen": "maybe"}, {**pair, "prompt": "Why?"}, {**pair, "split": "validation"}]
    path = tmp_path / "judged.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))

    splits = _load(tmp_path, plain, "dpo2", human_preferences=path)

    assert [plain.decode(tree.prompt).strip() for tree in splits["train"].trees] == ["Why?"]
    assert splits["train"].dropped == {"prompt_is_held_out": 2}
    assert (splits["train"].rows, splits["train"].pairs) == (3, 1)
    assert (splits["validation"].pairs, splits["validation"].dropped) == (1, {})


def test_dpo2_of_improvement_holds_out_the_posts_of_its_own_config(tmp_path: Path, plain: Any) -> None:
    write_configs(tmp_path, {"improvement": {"test": [improvement_row("t", "How?", "Walk.", "Take a walk.")]}})
    pair = {"draft": "Go.", "chosen": "yes", "rejected": "no"}
    path = tmp_path / "judged.jsonl"
    path.write_text("\n".join(json.dumps({**pair, "prompt": prompt}) for prompt in ("How?", "Why?")))

    train = _load(tmp_path, plain, "dpo2", task="improvement", human_preferences=path)["train"]

    assert train.dropped == {"prompt_is_held_out": 1}
    assert train.pairs == 1


def test_beside_a_version_of_labels_dpo2_has_no_posts_to_compare_with(version: Path, plain: Any) -> None:
    manifest = read_manifest(version).model_copy(update={"mode": "labels-only"})
    path = version / "judged.jsonl"
    path.write_text(json.dumps({"prompt": "How?", "chosen": "yes", "rejected": "no"}))
    settings = Recipe(human_preferences=path)
    encoder = Encoder(plain, settings.text, task="generation")

    assert load_splits(version, manifest, encoder, recipe=settings, stage="dpo2")["train"].pairs == 1


def test_dpo2_without_a_file_is_refused(version: Path, plain: Any) -> None:
    settings = Recipe()
    encoder = Encoder(plain, settings.text, task="generation")

    with pytest.raises(ConfigError, match="human_preferences"):
        load_splits(version, read_manifest(version), encoder, recipe=settings, stage="dpo2")
