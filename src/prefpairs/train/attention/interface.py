"""What attends to a packed row: backbone and layout in, hidden states out."""

from typing import Any, Protocol

from torch import Tensor

from prefpairs.train.scoring.layout import Layout


class Attention(Protocol):
    """A way to let every response of a row attend to itself and its own prompt, and to nothing else."""

    @property
    def name(self) -> str:
        """What the recipe calls it."""
        ...

    @property
    def shares_prompt(self) -> bool:
        """Whether a prompt is computed once for all its responses."""
        ...

    @property
    def reason(self) -> str:
        """Why `auto` took it, as a sentence; empty if the recipe names it."""
        ...

    def hidden(self, backbone: Any, layout: Layout) -> Tensor:
        """Return `[T, hidden]`, the states after the last norm, in the order of the row. Gradients flow.

        `backbone` is the decoder without its head. Every call runs it exactly once, so that processes that
        share a model (FSDP2) stay in step.
        """
        ...
