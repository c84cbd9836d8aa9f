"""An exception -> whether it says that memory is too small, in whatever words of PyTorch, CUDA or Python."""

import re

import torch

_WORDS = re.compile(r"can't allocate memory|out of memory|STATUS_ALLOC_FAILED", re.IGNORECASE)


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an exception means that memory is too small."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and _WORDS.search(str(error)) is not None
