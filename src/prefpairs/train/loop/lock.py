"""The folder of a run -> one run at a time in it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from prefpairs.errors import BusyError
from prefpairs.files import PRIVATE_FILE, make_private_folder
from prefpairs.train.loop.processes import Processes

_LOCK_NAME = ".run.lock"  # not `.lock`: that one is of the versions, if they are pulled into the same folder


@contextmanager
def sole_run(output: Path, processes: Processes) -> Iterator[None]:
    """Be the only run in a folder; the system frees it when the main process ends. Every process has to call this.

    Raises
    ------
    BusyError
        On every process, if another run is at work there.

    """
    handle = None
    if processes.main:
        make_private_folder(output)
        handle = os.open(output / _LOCK_NAME, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        busy = handle is not None and not _taken(handle)
        if processes.sum(torch.tensor(float(busy), device=processes.device)).item():
            msg = f"Another run is at work in {output}. Wait for it to end, or name another output."
            raise BusyError(msg)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
