"""A folder that appears whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefpairs.errors import BusyError
from prefpairs.files import PRIVATE_FILE, PRIVATE_FOLDER, fsync_folder, make_private_folder

_LOCK_NAME = ".lock"


@contextmanager
def sole_writer(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Be the only process that adds versions to `folder`; the system frees it when the process ends.

    Raises
    ------
    BusyError
        If another process is adding one and `wait` is false.

    """
    make_private_folder(folder)
    handle = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            msg = f"Another process is adding a version to {folder}. Wait for it to end; nothing was changed."
            raise BusyError(msg) from None
        yield
    finally:
        os.close(handle)


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Give an empty hidden folder beside `target`. What is in it at the end is removed, unless revealed.

    The name is fixed, so what a killed run left is removed by the next; hold `sole_writer` around it.
    """
    hidden = target.parent / f".{target.name}.partial"
    shutil.rmtree(hidden, ignore_errors=True)
    hidden.mkdir(mode=PRIVATE_FOLDER)
    try:
        yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def reveal(
    hidden: Path, target: Path, *, file_mode: int = PRIVATE_FILE, folder_mode: int = PRIVATE_FOLDER
) -> None:
    """Rename a staged folder to `target`, durably and in one step. `target` must not exist."""
    for parent, _, names in os.walk(hidden, topdown=False):
        for name in names:
            _settle(Path(parent, name), file_mode)
        Path(parent).chmod(folder_mode)
        fsync_folder(Path(parent))
    hidden.rename(target)
    fsync_folder(target.parent)


def _settle(path: Path, mode: int) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    path.chmod(mode)
