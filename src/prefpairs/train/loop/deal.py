"""The trees of a step -> packed rows for each process, as even as they go."""

from collections.abc import Sequence
from dataclasses import dataclass

from prefpairs.train.data.packing import pack
from prefpairs.train.data.trees import PackedRow, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a stage is cut up, which changes neither its order nor, but for rounding, its result.

    Attributes
    ----------
    row_tokens
        Tokens of one forward pass.
    log_every, checkpoint_every
        Steps between reports, and between checkpoints.
    equal_calls
        Whether every process has to call the model equally often.
    shared
        Whether a row holds a prompt once for all its responses, or once for each.

    """

    row_tokens: int
    log_every: int
    checkpoint_every: int
    equal_calls: bool = False
    shared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What one process computes in a step.

    Attributes
    ----------
    rows
        Its rows.
    idle
        Rows computed for nothing, so that all processes call the model equally often: those that hold a model in
        parts (FSDP2) wait for one another in every call.

    """

    rows: tuple[PackedRow, ...]
    idle: tuple[PackedRow, ...] = ()


def deal(
    trees: Sequence[Tree], *, size: int, row_tokens: int, equal_calls: bool = False, shared: bool = True
) -> list[Hand]:
    """Give each of `size` processes its trees, largest first to whoever has fewest tokens, and pack them."""
    hands: list[list[Tree]] = [[] for _ in range(size)]
    load = [0] * size
    for tree in sorted(trees, key=lambda tree: tree.tokens, reverse=True) if size > 1 else trees:
        place = load.index(min(load))
        hands[place].append(tree)
        load[place] += tree.tokens
    packed = [tuple(pack(hand, row_tokens=row_tokens, shared=shared)) for hand in hands]
    if not equal_calls:
        return [Hand(rows=rows) for rows in packed]
    most = max(map(len, packed))
    smallest = min((row for rows in packed for row in rows), key=lambda row: sum(tree.tokens for tree in row))
    return [Hand(rows=rows, idle=(smallest,) * (most - len(rows))) for rows in packed]
