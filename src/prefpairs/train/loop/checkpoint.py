"""A run in the middle -> a folder that it goes on from exactly, and back.

Tensors are safetensors and the rest is JSON: nothing that is read here can run code. There is no state of a
sampler or of a random generator, because the order of the data is a function of seed and step.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from prefpairs.errors import ConfigError
from prefpairs.files import PRIVATE_FILE, fsync_folder, make_private_folder, pretty_json
from prefpairs.train.loop.processes import Processes, is_part, local

_PREFIX = "checkpoint-"
_STATE = "state.json"
_WEIGHT, _SUMS = "weight.", "sums."
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a checkpoint holds beside weights and moments.

    Attributes
    ----------
    step
        Steps done.
    sums
        Name -> metric sums so far, over all processes.
    counters
        Other numbers to go on from.

    """

    step: int
    sums: Mapping[str, Tensor]
    counters: Mapping[str, int]


class Checkpoints:
    """The checkpoints of one stage. Only the newest is kept.

    Parameters
    ----------
    folder
        Where they lie.
    key
        Names everything that decides the result; a checkpoint with another key is refused.
    processes
        Copies of a model are written once, by the main process; parts by each process its own.

    """

    def __init__(self, folder: Path, *, key: str, processes: Processes) -> None:
        self._folder = folder
        self._key = key
        self._processes = processes

    def save(
        self, state: State, *, parameters: Mapping[str, nn.Parameter], optimizer: torch.optim.Optimizer
    ) -> None:
        """Write one, so that a crash leaves the one before or this one, whole. Every process has to call this."""
        name = f"{_PREFIX}{state.step:08d}"
        hidden, target = self._folder / f".{name}", self._folder / name
        in_parts = any(is_part(parameter) for parameter in parameters.values())
        if self._processes.main:
            shutil.rmtree(hidden, ignore_errors=True)
            make_private_folder(hidden)
        self._processes.barrier()
        if self._processes.main or in_parts:
            save_file(_tensors(state, parameters, optimizer), hidden / _shard_name(self._processes.rank))
        self._processes.barrier()
        if self._processes.main:
            shards = self._processes.size if in_parts else 1
            document = {"key": self._key, "step": state.step, "shards": shards, "counters": dict(state.counters)}
            (hidden / _STATE).write_bytes(pretty_json(document))
            _settle(hidden)
            hidden.rename(target)
            fsync_folder(self._folder)
            for older in self._found()[:-1]:
                shutil.rmtree(older)
        self._processes.barrier()

    def resume(self, *, parameters: Mapping[str, nn.Parameter], optimizer: torch.optim.Optimizer) -> State | None:
        """Put weights and moments back from the newest checkpoint and return the rest; None if there is none.

        Raises
        ------
        ConfigError
            If it was made from other inputs or by another number of processes, or cannot be read.

        """
        if not (found := self._found()):
            return None
        folder = found[-1]
        document = self._document(folder)
        in_parts = any(is_part(parameter) for parameter in parameters.values())
        shards = self._processes.size if in_parts else 1
        if document["shards"] != shards:
            msg = (
                f"{folder} holds a model in {document['shards']} parts, and this run has {shards}. Start it as it "
                "was started before, or remove that folder."
            )
            raise ConfigError(msg)
        rank = self._processes.rank if in_parts else 0
        tensors = _read(folder / _shard_name(rank))
        _restore(tensors, parameters, optimizer, folder=folder)
        sums = {name.removeprefix(_SUMS): sums for name, sums in tensors.items() if name.startswith(_SUMS)}
        if not self._processes.main:
            # They are sums over all processes: one of them goes on with all.
            sums = {name: torch.zeros_like(tensor) for name, tensor in sums.items()}
        return State(step=document["step"], sums=sums, counters=document["counters"])

    def newest(self) -> int | None:
        """Return the steps that were done at the newest checkpoint; None if there is none.

        Raises
        ------
        ConfigError
            If it was made from other inputs, or cannot be read.

        """
        if not (found := self._found()):
            return None
        step: int = self._document(found[-1])["step"]
        return step

    def _found(self) -> list[Path]:
        return sorted(self._folder.glob(f"{_PREFIX}*"))

    def _document(self, folder: Path) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads((folder / _STATE).read_bytes())
            key = document["key"]
        except (OSError, ValueError, KeyError, TypeError):
            raise _unreadable(folder) from None
        if key != self._key:
            msg = (
                f"{folder} belongs to a run that was made from another version, model or recipe and is not "
                f"finished. Remove {self._folder}, or name another output."
            )
            raise ConfigError(msg)
        return document


def _tensors(
    state: State, parameters: Mapping[str, nn.Parameter], optimizer: torch.optim.Optimizer
) -> dict[str, Tensor]:
    found = {f"{_SUMS}{name}": tensor for name, tensor in state.sums.items()}
    for name, parameter in parameters.items():
        found[f"{_WEIGHT}{name}"] = local(parameter.detach())
        # A parameter that nothing has used yet has no moments.
        moments = optimizer.state.get(parameter, {})
        found |= {f"{moment}.{name}": local(moments[moment]) for moment in _MOMENTS if moment in moments}
    return {name: tensor.detach().cpu().contiguous() for name, tensor in found.items()}


@torch.no_grad()
def _restore(
    tensors: Mapping[str, Tensor],
    parameters: Mapping[str, nn.Parameter],
    optimizer: torch.optim.Optimizer,
    *,
    folder: Path,
) -> None:
    states: dict[int, dict[str, Tensor]] = {}
    try:
        for number, (name, parameter) in enumerate(parameters.items()):
            local(parameter).copy_(tensors[f"{_WEIGHT}{name}"])
            if f"step.{name}" not in tensors:
                continue
            states[number] = {"step": tensors[f"step.{name}"]}
            for moment in _MOMENTS[:2]:
                states[number][moment] = torch.zeros_like(parameter)
                local(states[number][moment]).copy_(tensors[f"{moment}.{name}"])
    except (KeyError, RuntimeError):
        raise _unreadable(folder) from None
    optimizer.load_state_dict({**optimizer.state_dict(), "state": states})


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError):
        raise _unreadable(path.parent) from None


def _unreadable(folder: Path) -> ConfigError:
    return ConfigError(f"The checkpoint {folder} cannot be read. Remove it: the run then starts this stage again.")


def _shard_name(rank: int) -> str:
    return f"process-{rank:05d}.safetensors"


def _settle(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(PRIVATE_FILE)
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    fsync_folder(folder)
