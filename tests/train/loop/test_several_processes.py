import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from prefpairs.train.recipe import Recipe
from prefpairs.train.run import run
from tests.support.train_on_several import Run, train_on
from tests.support.training import FAST, configs, recipe, release

# Three posts a step cannot be dealt evenly to two processes, and the last step of an epoch has one post only.
SETTINGS: dict[str, Any] = {
    "stages": ["dpo"],
    "dpo": {**FAST["dpo"], "epochs": 2, "posts_per_step": 3, "learning_rate": 1e-3},
    "checkpoint_every": 2,
}
IN_PARTS = {"parallel": "fsdp2"}
LORA = {"lora": {"rank": 2}}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory, task_model: Path) -> Path:
    """Return the folder of what one and two processes made of the same recipes."""
    root = tmp_path_factory.mktemp("several")
    releases = release(root / "releases", configs(threads=7, held_out=3))

    def made(name: str, **changes: Any) -> Recipe:
        found = recipe(releases, model=task_model, root=root, **SETTINGS, **changes)
        # Reference scores of its own for each, so that they are computed in each of the ways.
        dataset = found.dataset.model_copy(update={"into": root / name})
        return found.model_copy(update={"output": root / name, "dataset": dataset})

    run(made("one"))
    run(made("one-lora", **LORA))
    runs = [
        Run(recipe=made("copies")),
        Run(recipe=made("parts", **IN_PARTS)),
        Run(recipe=made("stopped", **IN_PARTS), stop_at=2),
        Run(recipe=made("stopped", **IN_PARTS)),
        Run(recipe=made("parts-lora", **IN_PARTS, **LORA)),
    ]
    train_on(2, runs, folder=root)
    return root


@pytest.mark.parametrize(("one", "two"), [("one", "copies"), ("one", "parts"), ("one-lora", "parts-lora")])
def test_two_processes_learn_what_one_does(outputs: Path, one: str, two: str) -> None:
    alone, together = _weights(outputs / one), _weights(outputs / two)

    assert alone.keys() == together.keys()
    assert max(float((alone[name] - together[name]).abs().max()) for name in alone) < 1e-5
    for before, after in zip(_figures(outputs / one), _figures(outputs / two), strict=True):
        assert after == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize("two", ["copies", "parts", "parts-lora"])
def test_two_processes_say_what_they_are_and_count_once(outputs: Path, two: str) -> None:
    alone, together = (json.loads((outputs / name / "dpo/training.json").read_bytes()) for name in ("one", two))

    assert together["choices"]["processes"].startswith("2, a ")
    assert together["work"] == alone["work"]
    assert together["validation"]["pairs"] == alone["validation"]["pairs"]


def test_a_model_in_parts_goes_on_from_its_checkpoint_as_if_it_had_not_stopped(outputs: Path) -> None:
    unbroken, resumed = _weights(outputs / "parts"), _weights(outputs / "stopped")

    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)
    assert [path.name for path in (outputs / "stopped").iterdir() if "dpo" in path.name] == ["dpo"]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    [file] = (folder / "dpo").glob("*.safetensors")
    return load_file(file)


def _figures(folder: Path) -> list[dict[str, float]]:
    """Return loss, margin and the rest of every step, in order."""
    lines = [json.loads(line) for line in (folder / "dpo/metrics.jsonl").read_text().splitlines()]
    return [{name: line[name] for name in ("loss", "rewards/margins", "gradient_norm")} for line in lines]
