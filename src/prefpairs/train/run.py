"""A recipe -> a pulled version, and one model folder for each stage, each from where the one before it ended."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from prefpairs.errors import ConfigError, VerificationError
from prefpairs.files import sha256_file, sha256_json
from prefpairs.release.client import PulledVersion, pull
from prefpairs.release.manifest import MANIFEST_NAME
from prefpairs.train.loop.plan import Plan, Setting
from prefpairs.train.loop.processes import started
from prefpairs.train.models.folder import folder_hash
from prefpairs.train.models.load import choose_device
from prefpairs.train.recipe import Recipe, Stage
from prefpairs.train.reference_store import forget
from prefpairs.train.report import RunReport, TrainReport
from prefpairs.train.stages import STAGES

PACKAGES = ("prefpairs", "accelerate", "peft", "pyarrow", "safetensors", "tokenizers", "torch", "transformers")
_NOT_OF_THE_RESULT = {
    "output": True,
    "model": True,  # named by its hash
    "human_preferences": True,  # named by its hash
    "dataset": True,  # named by the hash of its manifest
    "stages": True,
    "log_every": True,
    "checkpoint_every": True,
    "tensorboard": True,
    "spot_check": True,
    "sft": True,
    "dpo": True,
    "dpo2": True,
    "reward": True,
}
_ONLY_OF_PREFERENCES = ("loss", "beta", "label_smoothing", "pair_weighting", "probability", "sft_term")


def run(
    recipe: Recipe,
    *,
    token: str | None = None,
    log: Callable[[str], None] | None = None,
    console: Console | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> RunReport:
    """Train what a recipe says, from the first stage that is not finished.

    Parameters
    ----------
    recipe
        It has to name a version, where it comes from, a model and an output.
    token
        For a Hub that asks for one.
    log
        Is told in sentences what was chosen and how far the run is, on the main process only. By default the
        console is, if there is one.
    console
        Where progress is shown: a bar on a terminal, else lines. Nowhere by default.
    clock
        Seconds that only go forward: for the speeds in `metrics.jsonl`.

    Returns
    -------
    RunReport
        Also in `output/<stage>/training.json`. A stage whose output was made from the same inputs is skipped.

    Raises
    ------
    ConfigError
        If a setting, the model, the device or the output does not do, a loss is not a finite number, or memory is
        too small; the message names the setting to change.
    VerificationError
        If the version's bytes are not those of its manifest, or not those that the recipe expects.
    ContractError
        If its train split has nothing that can be trained on; the message counts the reasons.
    SourceError, TransientError, ApprovalError
        As `prefpairs.release.client.pull`.

    """
    model, output = _named(recipe)
    with started(choose_device(recipe.device)) as processes, _memory_explained(recipe):
        pulled = _pull(recipe, token)
        if processes.main:
            forget(recipe.dataset.into)
        say = (log or _saying(console)) if processes.main else _nobody
        setting = Setting(
            recipe=recipe,
            pulled=pulled,
            processes=processes,
            packages=_packages(),
            say=say,
            clock=clock,
            console=console,
        )
        plans = _plans(setting, model=model, output=output)
        finished = [plan.finished() for plan in plans]
        _check_gapless(plans, finished)
        reports = []
        for plan, report in zip(plans, finished, strict=True):
            if report is not None:
                say(f"{plan.stage}: finished before, from the same inputs. {plan.output}")
                plan.tidy(processes)
            reports.append(report or STAGES[plan.stage](plan, setting))
    return RunReport(stages=tuple(reports))


def _named(recipe: Recipe) -> tuple[Path, Path]:
    required = {
        "dataset.version": recipe.dataset.version,
        "dataset.source": recipe.dataset.source,
        "model": recipe.model,
        "output": recipe.output,
    }
    if missing := [name for name, value in required.items() if value is None]:
        msg = (
            f"The recipe does not say {', '.join(missing)}. Add it, or write {missing[0]}=... behind the command."
        )
        raise ConfigError(msg)
    return Path(str(recipe.model)), Path(str(recipe.output))


def _pull(recipe: Recipe, token: str | None) -> PulledVersion:
    dataset = recipe.dataset
    pulled = pull(
        str(dataset.source),
        str(dataset.version),
        into=dataset.into,
        endpoint=dataset.endpoint,
        token=token,
        content_root=dataset.content_root,
    )
    if dataset.commit is not None and pulled.commit != dataset.commit:
        msg = f"{dataset.version} is at commit {pulled.commit}, and the recipe expects {dataset.commit}."
        raise VerificationError(msg)
    return pulled


def _plans(setting: Setting, *, model: Path, output: Path) -> list[Plan]:
    """Say for every stage what it is made from, before any is begun: a stage is named by all those before it."""
    plans: list[Plan] = []
    source, made_from = model, folder_hash(model)
    for stage in setting.recipe.stages:
        inputs = _inputs(stage, setting, made_from=made_from)
        plans.append(Plan(stage=stage, source=source, output=output / stage, inputs=inputs))
        source, made_from = output / stage, sha256_json(inputs)
    return plans


def _inputs(stage: Stage, setting: Setting, *, made_from: str) -> dict[str, Any]:
    recipe = setting.recipe
    settings = recipe.model_dump(mode="json", exclude=_NOT_OF_THE_RESULT)
    if stage == "sft":
        settings = {name: value for name, value in settings.items() if name not in _ONLY_OF_PREFERENCES}
    inputs = {
        "manifest_sha256": sha256_file(setting.pulled.folder / MANIFEST_NAME),
        "model_sha256": made_from,
        "recipe": {**settings, "stage": stage, "optimiser": recipe.optimiser(stage).model_dump(mode="json")},
        "device": setting.processes.device.type,
        "packages": dict(setting.packages),
    }
    if stage == "dpo2" and recipe.human_preferences is not None:
        if not recipe.human_preferences.is_file():
            msg = f"human_preferences: there is no file {recipe.human_preferences}."
            raise ConfigError(msg)
        inputs["human_preferences_sha256"] = sha256_file(recipe.human_preferences)
    return inputs


def _check_gapless(plans: list[Plan], finished: list[TrainReport | None]) -> None:
    for before, after, plan in zip(finished, finished[1:], plans, strict=False):
        if before is None and after is not None:
            msg = f"{plan.output} is gone, and a stage that was made from it is there. Name another output."
            raise ConfigError(msg)


def _packages() -> Mapping[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


@contextmanager
def _memory_explained(recipe: Recipe) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError:
        pass
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):
            raise
    else:
        return
    lower = [f"row_tokens ({recipe.row_tokens})", f"head_tokens ({recipe.head_tokens})"]
    again = "" if recipe.gradient_checkpointing else ", or set gradient_checkpointing=true"
    msg = f"Memory is too small. Lower {' or '.join(lower)}{again}. The result stays the same."
    raise ConfigError(msg)


def _saying(console: Console | None) -> Callable[[str], None]:
    if console is None:
        return _nobody
    return partial(console.print, style="dim", markup=False, highlight=False, soft_wrap=True)


def _nobody(sentence: str) -> None:
    del sentence
