"""One recipe after another, as one of several processes: `python -m tests.support.train_on_several RUNS.json`.

The launcher's names (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT) are in the environment, as `torchrun` sets them.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from prefpairs.train.loop.checkpoint import Checkpoints, State
from prefpairs.train.loop.processes import started
from prefpairs.train.recipe import Recipe
from prefpairs.train.run import run


@dataclass(frozen=True, kw_only=True)
class Run:
    """A recipe, and the checkpoint behind which every process is to stop."""

    recipe: Recipe
    stop_at: int | None = None


def train_on(processes: int, runs: Sequence[Run], *, folder: Path) -> None:
    """Make so many processes of their own go through the runs, and wait for them."""
    path = folder / "runs.json"
    path.write_text(
        json.dumps([{"recipe": each.recipe.model_dump(mode="json"), "stop_at": each.stop_at} for each in runs])
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {**os.environ, "WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.train_on_several", str(path)],
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(processes)
    ]
    said = [process.communicate(timeout=600)[0] for process in running]
    assert [process.returncode for process in running] == [0] * processes, "\n".join(said)


class _StoppedError(Exception):
    pass


def main() -> None:
    """Go through the runs in one process group, and let no thread of it outlive it: Python aborts if one does."""
    with started(torch.device("cpu")):
        for document in json.loads(Path(sys.argv[1]).read_text()):
            recipe = Recipe.model_validate(document["recipe"])
            if document["stop_at"] is None:
                run(recipe)
            else:
                _run_until(document["stop_at"], recipe)
    names = [task.read_text().strip() for task in Path("/proc/self/task").glob("*/comm")]
    assert not [name for name in names if "gloo" in name], names


def _run_until(step: int, recipe: Recipe) -> None:
    save = Checkpoints.save

    def save_and_stop(self: Checkpoints, state: State, **others: Any) -> None:
        save(self, state, **others)
        if state.step == step:
            raise _StoppedError

    Checkpoints.save = save_and_stop  # type: ignore[method-assign]
    try:
        run(recipe)
    except _StoppedError:
        return
    finally:
        Checkpoints.save = save  # type: ignore[method-assign]
    msg = f"there was no checkpoint {step}"
    raise AssertionError(msg)


if __name__ == "__main__":
    main()
