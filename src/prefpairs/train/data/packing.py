"""Trees -> rows of a fixed token budget, each tree or part of a tree exactly once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from prefpairs.errors import ConfigError
from prefpairs.train.data.trees import PackedRow, Pair, Tree


def pack(trees: Sequence[Tree], *, row_tokens: int, shared: bool = True) -> list[PackedRow]:
    """Pack trees into rows of at most `row_tokens` tokens: each into the first row with room, longest first.

    A tree over the budget is cut into parts first (`fitting_parts`). The same trees give the same rows. Unless
    prompts are `shared`, each response brings a copy of its prompt, and the copies count. Lognormal trees fill
    95 % of the rows and more (`tests/train/data/test_packing.py`).

    Raises
    ------
    ConfigError
        If a pair, or a response by itself, does not fit `row_tokens` with its prompt.

    """
    parts = [part for tree in trees for part in fitting_parts(tree, row_tokens=row_tokens, shared=shared)]
    sizes = [_cost(part, shared=shared) for part in parts]
    rows: list[list[Tree]] = []
    room = _Room(len(parts), row_tokens)
    for place in sorted(range(len(parts)), key=lambda place: -sizes[place]):
        number = room.first(sizes[place])
        if number == len(rows):
            rows.append([])
        rows[number].append(parts[place])
        room.take(number, sizes[place])
    return list(rows)


def fitting_parts(tree: Tree, *, row_tokens: int, shared: bool = True) -> list[Tree]:
    """Return the tree, or if it is over the budget parts of it that together hold every pair exactly once.

    Each part has the prompt and the responses that its pairs need; without pairs, every response is in one
    part. `numbers` and `response_ids` stay with their responses. `shared` as in `pack`.

    Raises
    ------
    ConfigError
        If a pair, or a response by itself, does not fit `row_tokens` with its prompt.

    """
    if _cost(tree, shared=shared) <= row_tokens:
        return [tree]
    return [_part(tree, places, pairs) for places, pairs in _groups(tree, row_tokens, shared=shared)]


def _cost(tree: Tree, *, shared: bool) -> int:
    copies = 0 if shared else len(tree.responses) - 1
    return tree.tokens + copies * len(tree.prompt)


def _groups(tree: Tree, row_tokens: int, *, shared: bool) -> Iterator[tuple[set[int], list[Pair]]]:
    """Yield responses and pairs that fit: each group takes the first pair that is left, and all that still fit."""
    needs: list[tuple[frozenset[int], list[Pair]]] = [
        (frozenset((pair.chosen, pair.rejected)), [pair]) for pair in tree.pairs
    ] or [(frozenset([place]), []) for place in range(len(tree.responses))]
    prompt = len(tree.prompt)
    costs = [len(response) + (0 if shared else prompt) for response in tree.responses]
    room = row_tokens - (prompt if shared else 0)
    while needs:
        taken: set[int] = set()
        pairs: list[Pair] = []
        left = []
        for places, pair in needs:
            if sum(costs[place] for place in taken | places) <= room:
                taken |= places
                pairs += pair
            else:
                left.append((places, pair))
        if not taken:
            msg = (
                f"A prompt of {prompt} tokens and the responses of one pair are longer than row_tokens. "
                "Raise row_tokens to at least twice text.max_tokens."
            )
            raise ConfigError(msg)
        yield taken, pairs
        needs = left


def _part(tree: Tree, places: Iterable[int], pairs: Sequence[Pair]) -> Tree:
    kept = sorted(places)
    position = {place: number for number, place in enumerate(kept)}
    return replace(
        tree,
        responses=tuple(tree.responses[place] for place in kept),
        response_ids=tuple(tree.response_ids[place] for place in kept),
        numbers=tuple(tree.numbers[place] for place in kept),
        pairs=tuple(
            replace(pair, chosen=position[pair.chosen], rejected=position[pair.rejected]) for pair in pairs
        ),
        ranking=tuple(position[place] for place in tree.ranking if place in position),
        whole_pairs=tree.whole_pairs or len(tree.pairs) or None,
    )


class _Room:
    """The room left in each row, in a tree of maxima: the first row with enough of it in log(rows) steps."""

    def __init__(self, rows: int, budget: int) -> None:
        self._leaves = 1 << max(0, rows - 1).bit_length()
        self._most = [budget] * (2 * self._leaves)

    def first(self, tokens: int) -> int:
        node = 1
        while node < self._leaves:
            node *= 2
            node += self._most[node] < tokens
        return node - self._leaves

    def take(self, row: int, tokens: int) -> None:
        node = row + self._leaves
        self._most[node] -= tokens
        while node > 1:
            node //= 2
            self._most[node] = max(self._most[2 * node], self._most[2 * node + 1])
