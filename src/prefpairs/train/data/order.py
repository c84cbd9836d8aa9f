"""A seed and a step -> which trees that step trains on, the same on every machine and after every resume."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from prefpairs.train.data.trees import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order in which a split is trained on.

    Every epoch is a new permutation, cut into steps; its last step may be smaller. It comes from SHA-256, not
    from a library's generator, so that no version of Python or PyTorch changes it.

    Attributes
    ----------
    split_size
        Trees in the split.
    seed
        Another seed, another order.
    posts_per_step
        Trees in one step.

    """

    split_size: int
    seed: int
    posts_per_step: int

    @property
    def steps_per_epoch(self) -> int:
        """How many steps one pass over the split takes."""
        return -(-self.split_size // self.posts_per_step)

    def steps(self, epochs: int) -> int:
        """Return how many steps so many epochs take."""
        return epochs * self.steps_per_epoch

    def epoch(self, step: int) -> int:
        """Return the epoch of a step; both count from 0."""
        return step // self.steps_per_epoch

    def batch(self, step: int) -> list[int]:
        """Return the positions of the trees of a step, counted from 0."""
        epoch, place = divmod(step, self.steps_per_epoch)
        start = place * self.posts_per_step
        return list(_permutation(self.split_size, self.seed, epoch)[start : start + self.posts_per_step])


def data_order_hash(order: Order, trees: Sequence[Tree], *, epochs: int) -> str:
    """Return the SHA-256 of which posts and responses a run is shown, in which order."""
    digest = hashlib.sha256()
    for step in range(order.steps(epochs)):
        for position in order.batch(step):
            tree = trees[position]
            digest.update("\t".join((tree.thread_id, *tree.response_ids)).encode() + b"\n")
        digest.update(b"\n")
    return digest.hexdigest()


@lru_cache(maxsize=2)
def _permutation(size: int, seed: int, epoch: int) -> tuple[int, ...]:
    def place(position: int) -> bytes:
        return hashlib.sha256(f"{seed}:{epoch}:{position}".encode()).digest()

    return tuple(sorted(range(size), key=place))
