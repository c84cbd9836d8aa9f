"""One process or several -> who does what, and sums over all of them.

The only place that reads the environment of a launcher: `torchrun` and `accelerate launch` set the same names.
"""

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed, nn

from prefpairs.errors import ConfigError

_BUCKET_ELEMENTS = 1 << 24  # 64 MiB of float32: large enough to be fast, small enough to fit beside anything


class Processes:
    """The processes of a run. One process is the same with a size of 1: nothing is started for it.

    Attributes
    ----------
    rank, size
        Which process this is, and how many there are.
    device
        What this process computes on.

    """

    def __init__(self, *, rank: int = 0, size: int = 1, device: torch.device | None = None) -> None:
        self.rank = rank
        self.size = size
        self.device = device or torch.device("cpu")
        self._mesh: Any = None

    @property
    def main(self) -> bool:
        """Whether this is the one process that writes and speaks."""
        return self.rank == 0

    def mesh(self) -> Any:
        """Return all processes as a mesh of one dimension, which FSDP2 divides a model among."""
        if self._mesh is None:
            self._mesh = distributed.device_mesh.init_device_mesh(self.device.type, (self.size,))
        return self._mesh

    def let_go(self) -> None:
        """Let go of the group: caches of PyTorch keep the mesh to the end of the process, and it the group."""
        getattr(self._mesh, "_pg_registry", {}).clear()
        self._mesh = None

    def sum(self, tensor: Tensor) -> Tensor:
        """Return the sum over processes; `tensor` itself stays as it is."""
        return self._reduced(tensor, distributed.ReduceOp.SUM)

    def least(self, tensor: Tensor) -> Tensor:
        """Return the minimum over processes, element by element."""
        return self._reduced(tensor, distributed.ReduceOp.MIN)

    def barrier(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            # Not `distributed.barrier`: with NCCL that one guesses which GPU is meant.
            self.sum(torch.zeros(1, device=self.device)).item()

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace the gradients of copied parameters by their sums over processes, many at a time.

        Losses are divided by global denominators before they get here: a mean would divide twice. Parameters in
        parts (FSDP2) are left alone, because their gradients were summed in the backward pass. A parameter
        without a gradient counts as zero: a process may have had no row in this step.
        """
        if self.size == 1:
            return
        for parameter in parameters:
            if parameter.grad is None and not is_part(parameter):
                parameter.grad = torch.zeros_like(parameter)
        gradients = [
            parameter.grad for parameter in parameters if parameter.grad is not None and not is_part(parameter)
        ]
        for bucket in buckets(gradients):
            flat = torch.cat([gradient.reshape(-1) for gradient in bucket])
            distributed.all_reduce(flat)
            parts = torch.split(flat, [gradient.numel() for gradient in bucket])
            for gradient, part in zip(bucket, parts, strict=True):
                gradient.copy_(part.view_as(gradient))

    def _reduced(self, tensor: Tensor, operation: Any) -> Tensor:
        if self.size == 1:
            return tensor
        reduced = tensor.clone()
        distributed.all_reduce(reduced, op=operation)
        return reduced


@contextmanager
def started(device: torch.device, environment: Mapping[str, str] | None = None) -> Iterator[Processes]:
    """Join the processes that a launcher started; without a launcher this process is alone.

    On GPUs each process takes the one of its local rank. The processes talk through NCCL there, else through
    Gloo.

    Raises
    ------
    ConfigError
        If there are more processes on this machine than GPUs.

    """
    environment = os.environ if environment is None else environment
    size, rank = int(environment.get("WORLD_SIZE", "1")), int(environment.get("RANK", "0"))
    if device.type == "cuda":
        device = _own_gpu(int(environment.get("LOCAL_RANK", "0")))
    if size == 1:
        yield Processes(device=device)
        return
    mine = not distributed.is_initialized()
    if mine:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", rank=rank, world_size=size)
    processes = Processes(rank=rank, size=size, device=device)
    try:
        yield processes
        _leave_together(processes)
    finally:
        processes.let_go()
        if mine:
            # Models in parts are cycles that hold the group. Its threads end only when nothing holds it, and
            # Python aborts a process that ends before them.
            gc.collect()
            distributed.destroy_process_group()


def _leave_together(processes: Processes) -> None:
    """Wait for all processes, and until none of Gloo's threads holds a tensor.

    A thread lets go of the tensors of a sum after the sum has returned, and Python aborts a process that ends
    meanwhile (seen in 1 of 8 runs of a busy machine). These barriers wait for what came before them and hold no
    tensor.
    """
    processes.barrier()
    if processes.device.type == "cpu":
        for _ in range(2):
            distributed.barrier()


def is_part(tensor: Tensor) -> bool:
    """Return whether a tensor is this process's part of a larger one (FSDP2)."""
    return hasattr(tensor, "to_local")


def local(tensor: Tensor) -> Tensor:
    """Return what this process holds of a tensor: its part, or all of it."""
    part: Any = tensor
    held: Tensor = part.to_local() if is_part(tensor) else tensor
    return held


def _own_gpu(local_rank: int) -> torch.device:
    found = torch.cuda.device_count()
    if local_rank >= found:
        msg = f"Process {local_rank} of this machine has no GPU: PyTorch sees {found}. Start at most {found}."
        raise ConfigError(msg)
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def buckets(gradients: Sequence[Tensor], *, elements: int = _BUCKET_ELEMENTS) -> Iterator[list[Tensor]]:
    """Yield gradients of one type together, at most so many elements at a time or one gradient alone."""
    by_type: dict[torch.dtype, list[Tensor]] = {}
    for gradient in gradients:
        by_type.setdefault(gradient.dtype, []).append(gradient)
    for same in by_type.values():
        bucket: list[Tensor] = []
        for gradient in same:
            if bucket and sum(part.numel() for part in bucket) + gradient.numel() > elements:
                yield bucket
                bucket = []
            bucket.append(gradient)
        yield bucket
