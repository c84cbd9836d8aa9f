"""A recipe -> a pulled version, and one model folder for each stage, each from where the one before it ended."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console

from prefpairs.errors import ConfigError, ContractError, VerificationError
from prefpairs.files import sha256_file
from prefpairs.release.client import PulledVersion, pull
from prefpairs.release.manifest import MANIFEST_NAME
from prefpairs.train.data.human_rows import read_human_pairs
from prefpairs.train.loop.lock import sole_run
from prefpairs.train.loop.plan import Plan, Setting
from prefpairs.train.loop.processes import started
from prefpairs.train.models.folder import folder_hash
from prefpairs.train.models.load import choose_device
from prefpairs.train.models.memory import is_out_of_memory
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
    BusyError
        If another run is at work in the same output.
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
        with sole_run(output, processes):
            return RunReport(stages=tuple(_reports(plans, setting)))


def _reports(plans: list[Plan], setting: Setting) -> Iterator[TrainReport]:
    finished = [plan.finished() for plan in plans]
    _check_gapless(plans, finished)
    _check_startable(setting, [plan.stage for plan, report in zip(plans, finished, strict=True) if report is None])
    setting.processes.barrier()  # nobody looks any more
    for plan in plans if setting.processes.main else ():
        plan.sweep()
    for plan, report in zip(plans, finished, strict=True):
        if report is not None:
            setting.say(f"{plan.stage}: finished before, from the same inputs. {plan.output}")
            plan.tidy(setting.processes)
        yield report or STAGES[plan.stage](plan, setting)


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
    base = folder_hash(model)
    source, made_from = model, base
    for stage in setting.recipe.stages:
        inputs = _inputs(stage, setting, base=base, made_from=made_from)
        plans.append(Plan(stage=stage, source=source, output=output / stage, inputs=inputs))
        source, made_from = plans[-1].output, plans[-1].key
    return plans


def _inputs(stage: Stage, setting: Setting, *, base: str, made_from: str) -> dict[str, Any]:
    recipe = setting.recipe
    settings = recipe.model_dump(mode="json", exclude=_NOT_OF_THE_RESULT)
    if stage == "sft":
        settings = {name: value for name, value in settings.items() if name not in _ONLY_OF_PREFERENCES}
    inputs = {
        "manifest_sha256": sha256_file(setting.pulled.folder / MANIFEST_NAME),
        "base_model_sha256": base,
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


def _check_startable(setting: Setting, stages: list[Stage]) -> None:
    """Refuse now what a later stage would stop at, hours from here."""
    recipe = setting.recipe
    if stages and recipe.tensorboard and find_spec("tensorboard") is None:
        msg = "TensorBoard is not installed: pip install 'prefpairs[train]', or set tensorboard to false."
        raise ConfigError(msg)
    if "dpo2" in stages and recipe.human_preferences is not None:
        judged = read_human_pairs(recipe.human_preferences, task=recipe.task, split="train")
        if not judged.threads:
            msg = f"{recipe.human_preferences} has no pair of the split train: its pairs say split: validation."
            raise ContractError(msg)


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
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    else:
        return
    raise ConfigError(_memory_advice(recipe))


def _memory_advice(recipe: Recipe) -> str:
    least = 2 * recipe.text.max_tokens
    is_least = recipe.row_tokens <= least
    lower = [] if is_least else [f"row_tokens ({recipe.row_tokens})"]
    lower.append(f"head_tokens ({recipe.head_tokens})")
    again = "" if recipe.gradient_checkpointing else ", or set gradient_checkpointing=true"
    shorter = ""
    if is_least:
        shorter = (
            f" row_tokens ({recipe.row_tokens}) is as low as it goes: lower text.max_tokens with it, which does "
            "change the result."
        )
    return (
        f"Memory is too small. Lower {' or '.join(lower)}{again}: the result stays the same, and what was done is "
        f"gone on with.{shorter}"
    )


def _saying(console: Console | None) -> Callable[[str], None]:
    if console is None:
        return _nobody
    return partial(console.print, style="dim", markup=False, highlight=False, soft_wrap=True)


def _nobody(sentence: str) -> None:
    del sentence
