import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from peft import PeftModel
from safetensors.torch import load_file

from prefpairs.errors import ConfigError, ContractError
from prefpairs.train.recipe import Recipe
from prefpairs.train.run import run
from tests.support.training import FAST, VERSION, configs, recipe, release

SHORT = {**FAST["dpo"], "epochs": 1}
LORA = {"rank": 4}
_JUDGED = {"prompt": "How?", "chosen": "I hear you.", "rejected": "whatever."}


@pytest.fixture
def make(task_model: Path, task_release: Path, tmp_path: Path) -> Callable[..., Recipe]:
    """Return what makes a recipe that learns from the synthetic task."""

    def made(**changes: Any) -> Recipe:
        return recipe(task_release, model=task_model, root=tmp_path, **changes)

    return made


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Return a file in which people prefer what mentions tea."""
    path = tmp_path / "people.jsonl"
    lines = [
        {"prompt": f"How was your {word}?", "chosen": f"I had tea, {word}.", "rejected": f"I had rain, {word}."}
        for word in ("walk", "music", "window", "letter", "garden")
    ]
    lines.append({"prompt": "How was your bread?", "chosen": "I had tea.", "rejected": "I had rain."})
    lines[-1]["split"] = "validation"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("lora", [None, LORA], ids=["full", "lora"])
def test_each_stage_begins_where_the_one_before_it_ended(
    make: Callable[..., Recipe], people: Path, lora: dict[str, Any] | None, tmp_path: Path
) -> None:
    report = run(make(stages=["sft", "dpo", "dpo2"], lora=lora, human_preferences=people))

    sft, dpo, dpo2 = report.stages
    assert [stage.stage for stage in report.stages] == ["sft", "dpo", "dpo2"]
    for stage in (sft, dpo, dpo2):
        assert stage.validation is not None
        assert stage.validation.after["loss"] < stage.validation.before["loss"]
    for stage in (dpo, dpo2):
        # Policy and reference are the same function, so the reference is the model of the stage before.
        assert stage.validation is not None
        assert stage.validation.before["loss"] == pytest.approx(math.log(2), abs=1e-5)
        assert stage.validation.before["rewards/margins"] == pytest.approx(0, abs=1e-5)
    assert dpo2.counts["train"]["pairs"] == 5
    assert dpo.counts["train"]["pairs"] > 5
    assert len({_weights(tmp_path / "out" / name) for name in ("sft", "dpo", "dpo2")}) == 3
    assert sorted(path.name for path in (tmp_path / "out").glob("[!.]*")) == ["dpo", "dpo2", "sft"]


def _weights(folder: Path) -> bytes:
    [file] = folder.glob("*.safetensors")
    return file.read_bytes()


def test_sft_learns_the_replies_that_the_community_valued(make: Callable[..., Recipe]) -> None:
    [report] = run(make(stages=["sft"])).stages

    assert report.validation is not None
    # Six nats are a random model's over a vocabulary of 400.
    assert report.validation.before["loss"] == pytest.approx(6, abs=0.5)
    assert report.validation.after["loss"] < report.validation.before["loss"] - 1
    assert report.validation.baselines is None
    assert report.counts["train"]["pairs"] == 0
    assert 0 < report.work["tokens"] < report.work["separate_tokens"]


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks for it
def test_an_adapter_is_saved_as_one_and_speaks_through_its_base_model(
    make: Callable[..., Recipe], task_model: Path, tmp_path: Path
) -> None:
    [report] = run(make(stages=["dpo"], lora=LORA, dpo=SHORT)).stages

    saved = load_file(tmp_path / "out/dpo/adapter_model.safetensors")
    base = transformers.AutoModelForCausalLM.from_pretrained(task_model, local_files_only=True)
    adapted = PeftModel.from_pretrained(base, tmp_path / "out/dpo")
    assert saved
    assert all("lora_" in name for name in saved)
    assert report.parameters["trained"] == sum(tensor.numel() for tensor in saved.values())
    assert not any(parameter.isnan().any() for parameter in adapted.parameters())


def test_the_improvement_model_prefers_the_better_text_to_the_draft(make: Callable[..., Recipe]) -> None:
    sft, dpo = run(make(task="improvement", stages=["sft", "dpo"], dpo={**FAST["dpo"], "epochs": 6})).stages

    assert sft.counts["train"]["rows"] == dpo.counts["train"]["pairs"] > 24
    assert dpo.validation is not None
    assert dpo.validation.accuracy is not None
    assert dpo.validation.accuracy >= 0.9


@pytest.mark.parametrize("lora", [None, LORA], ids=["full", "lora"])
def test_a_reward_model_gives_held_out_warm_answers_more(
    make: Callable[..., Recipe], lora: dict[str, Any] | None, tmp_path: Path
) -> None:
    settings = {**FAST["reward"], "epochs": 5}

    [report] = run(make(task="reward", stages=["reward"], lora=lora, reward=settings)).stages

    assert report.validation is not None
    assert report.validation.accuracy is not None
    assert report.validation.accuracy >= 0.9
    assert report.validation.baselines is not None
    assert report.validation.baselines.reference_likelihood is None
    assert (tmp_path / "out/reward/training.json").is_file()


def test_a_saved_reward_model_says_in_transformers_what_it_said_in_training(
    make: Callable[..., Recipe], tmp_path: Path
) -> None:
    [report] = run(make(task="reward", stages=["reward"])).stages

    folder = tmp_path / "out/reward"
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    chosen = [
        _reward(model, tokenizer, row["prompt"], row["responses"][pair["chosen"]]["text"])
        for row in _threads(tmp_path / "data" / VERSION, "validation")
        for pair in row["pairs"]
    ]
    assert report.validation is not None
    assert report.validation.after["rewards/chosen"] == pytest.approx(sum(chosen) / len(chosen), abs=1e-4)


def _threads(version: Path, split: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(next(version.glob(f"data/threads/{split}-*.parquet"))).to_pylist()
    return rows


def _reward(model: Any, tokenizer: Any, prompt: str, response: str) -> float:
    text = f"<|user|>{prompt}<|end|><|assistant|>{response}<|end|>"
    ids = torch.tensor([tokenizer(text, add_special_tokens=False).input_ids])
    with torch.no_grad():
        return float(model(ids).logits[0, 0])


def test_a_finished_stage_is_skipped_when_another_one_is_added(make: Callable[..., Recipe]) -> None:
    run(make(stages=["sft"]))

    both = run(make(stages=["sft", "dpo"], dpo=SHORT, beta=0.3))

    assert [stage.skipped for stage in both.stages] == [True, False]
    assert run(make(stages=["sft", "dpo"], dpo=SHORT, beta=0.3)).skipped


def test_a_stage_whose_beginning_is_gone_is_not_taken_for_finished(
    make: Callable[..., Recipe], tmp_path: Path
) -> None:
    chosen = make(stages=["sft", "dpo"], dpo=SHORT)
    run(chosen)
    (tmp_path / "out/sft").rename(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match=r"out/sft is gone, and a stage that was made from it is there"):
        run(chosen)


def test_a_later_stage_of_other_inputs_is_refused_before_any_is_begun(
    make: Callable[..., Recipe], tmp_path: Path
) -> None:
    (tmp_path / "out/dpo").mkdir(parents=True)
    (tmp_path / "out/dpo/model.safetensors").write_bytes(b"precious")

    with pytest.raises(ConfigError, match="out/dpo exists"):
        run(make(stages=["sft", "dpo"]))
    assert not (tmp_path / "out/sft").exists()


def test_a_file_of_human_preferences_that_is_not_there_is_told_before_any_stage(
    make: Callable[..., Recipe], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"human_preferences: there is no file .*nowhere.jsonl"):
        run(make(stages=["sft", "dpo2"], human_preferences=tmp_path / "nowhere.jsonl"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "line", [{"prompt": "How?"}, {**_JUDGED, "split": "validation"}], ids=["none", "held out"]
)
def test_a_file_without_a_pair_to_train_on_is_told_before_any_stage(
    make: Callable[..., Recipe], line: dict[str, str], tmp_path: Path
) -> None:
    people = tmp_path / "people.jsonl"
    people.write_text(json.dumps(line) + "\n")

    with pytest.raises(ContractError, match=r"people.jsonl (has|holds) no pair"):
        run(make(stages=["sft", "dpo2"], human_preferences=people))
    assert not (tmp_path / "out/sft").exists()


def test_probabilities_that_are_not_there_are_told_before_the_reference_is_scored(
    make: Callable[..., Recipe],
) -> None:
    said: list[str] = []

    with pytest.raises(ConfigError, match="no preference probability"):
        run(make(task="improvement", stages=["dpo"], probability="weight"), log=said.append)
    assert not [line for line in said if "reference scores" in line]


def test_a_reward_model_is_not_made_from_an_adapter(make: Callable[..., Recipe], tmp_path: Path) -> None:
    run(make(stages=["dpo"], lora=LORA, dpo=SHORT))
    chosen = make(task="reward", stages=["reward"], lora=LORA, output=tmp_path / "reward")

    with pytest.raises(ConfigError, match="merge it first"):
        run(chosen.model_copy(update={"model": tmp_path / "out/dpo"}))


def test_a_version_without_improvements_cannot_train_the_improvement_model(
    task_model: Path, tmp_path: Path
) -> None:
    releases = release(tmp_path / "own", {"pairs": configs(threads=2, held_out=0)["pairs"]})

    with pytest.raises(ContractError, match="no config improvement"):
        run(recipe(releases, model=task_model, root=tmp_path, task="improvement"))


@pytest.mark.parametrize("loss", ["ipo", "plackett_luce"])
def test_the_other_losses_learn_the_preference_too(make: Callable[..., Recipe], loss: str) -> None:
    [report] = run(make(stages=["dpo"], loss=loss, dpo={**FAST["dpo"], "epochs": 5})).stages

    assert report.validation is not None
    assert report.validation.accuracy is not None
    assert report.validation.accuracy >= 0.9
