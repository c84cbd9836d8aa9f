"""A run and a stage -> what the stage is made from, where it is made, and whether it is made already."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from prefpairs.errors import ConfigError
from prefpairs.files import sha256_json
from prefpairs.release.client import PulledVersion
from prefpairs.train.loop.checkpoint import Checkpoints
from prefpairs.train.loop.processes import Processes
from prefpairs.train.models.folder import REPORT_NAME
from prefpairs.train.models.save import missing_weights
from prefpairs.train.recipe import Recipe, Stage
from prefpairs.train.report import TrainReport

_ONLY_ROUNDING = frozenset({"row_tokens", "head_tokens", "gradient_checkpointing"})
"""Cut the same work into other parts: what was done before memory ran out is gone on with. The number of
processes, which is as little of the result, is not among the inputs at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all stages of a run share.

    Attributes
    ----------
    recipe
        How to train.
    pulled
        The version, verified.
    processes
        Who takes part.
    packages
        Name -> version of what computes.
    say
        Is told in sentences what was chosen and how far the run is; on the main process only.
    clock
        Seconds that only go forward: for speeds in the log, which nothing else depends on.
    console
        Where progress is shown; None: nowhere.

    """

    recipe: Recipe
    pulled: PulledVersion
    processes: Processes
    packages: Mapping[str, str]
    say: Callable[[str], None]
    clock: Callable[[], float]
    console: Console | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One stage, before it is begun.

    Attributes
    ----------
    stage
        Which.
    source
        The model folder that it begins with.
    output
        The model folder that it makes.
    inputs
        What decides the result.

    """

    stage: Stage
    source: Path
    output: Path
    inputs: Mapping[str, Any]

    @property
    def workshop(self) -> Path:
        """Where log and checkpoint are while the stage is made; it goes when the stage is finished."""
        return self.output.with_name(f"{self.output.name}.unfinished")

    @property
    def key(self) -> str:
        """One hash of what decides the result; the stage after this one is named by it."""
        return stage_key(self.inputs)

    def checkpoints(self, processes: Processes) -> Checkpoints:
        """Return the stage's checkpoints."""
        return Checkpoints(self.workshop, key=self.key, processes=processes)

    def sweep(self) -> None:
        """Remove what killed runs left half written; nobody else may be at work in the folder of the run."""
        left = (*self.output.parent.glob(f".{self.output.name}.*"), *self.workshop.glob(".checkpoint-*"))
        for folder in left:
            shutil.rmtree(folder, ignore_errors=True)

    def tidy(self, processes: Processes) -> None:
        """Remove log and checkpoint of a finished stage; its output has the log."""
        if processes.main:
            shutil.rmtree(self.workshop, ignore_errors=True)

    def finished(self) -> TrainReport | None:
        """Return the report of an output that was made from the same inputs; None if there is no output.

        Raises
        ------
        ConfigError
            If the output folder holds something else, or lacks weights.

        """
        if not self.output.exists() or (self.output.is_dir() and not any(self.output.iterdir())):
            return None
        try:
            report = TrainReport.from_json(json.loads((self.output / REPORT_NAME).read_bytes()))
            is_same = stage_key(report.inputs) == self.key
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            is_same = False
        if is_same:
            if missing := missing_weights(self.output):
                msg = f"{self.output} lacks its weights ({missing}). Remove that folder to make it again."
                raise ConfigError(msg)
            return replace(report, skipped=True)
        msg = f"{self.output} exists and was not made from this version, model and recipe. Name another output."
        raise ConfigError(msg)


def stage_key(inputs: Mapping[str, Any]) -> str:
    """Return one hash of what decides a stage's result, from its inputs: how the next stage names it."""
    recipe = {name: value for name, value in inputs["recipe"].items() if name not in _ONLY_ROUNDING}
    return sha256_json({**inputs, "recipe": recipe})
