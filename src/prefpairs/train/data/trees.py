"""What training sees of a version: a prompt, its responses and their pairs, as token ids."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Ids: TypeAlias = "array[int]"
"""Token ids, four bytes each: a million responses of 120 tokens are half a gigabyte, as tuples four."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two positions in the responses of a tree, and what is known of the preference between them.

    Attributes
    ----------
    chosen, rejected
        Positions in `Tree.responses`.
    weight
        How much the pair counts in the dataset; 1 unless the version says otherwise.
    probability
        How likely the chosen response is the better one, by the version's vote model; None if it has none.
    extra_words
        Words of the chosen response minus words of the rejected one.
    seconds_between
        Written time of the chosen response minus that of the rejected one; None if unknown.

    """

    chosen: int
    rejected: int
    weight: float = 1.0
    probability: float | None = None
    extra_words: int = 0
    seconds_between: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One prompt and its distinct responses: what a tree-packed row is made of.

    Attributes
    ----------
    thread_id
        The post in this release series.
    prompt
        Token ids, at least one. Already cut so that prompt and longest response fit `max_tokens` together.
    responses
        Token ids of each response with its end, at least one response, none empty.
    response_ids
        The published id of each response.
    numbers
        The place of each response among all responses of its split: stored reference scores are indexed by it.
    pairs
        May be empty (SFT).
    ranking
        Positions in `responses`, best first, for listwise objectives; empty if the pairs contradict each other.
    whole_pairs
        Pairs of the tree that this one was cut from to fit a row; None if it is whole. A post can so count once,
        however many rows it takes.

    """

    thread_id: str
    prompt: Ids
    responses: tuple[Ids, ...]
    response_ids: tuple[str, ...]
    numbers: tuple[int, ...]
    pairs: tuple[Pair, ...] = ()
    ranking: tuple[int, ...] = ()
    whole_pairs: int | None = None

    @property
    def tokens(self) -> int:
        """How many tokens the tree takes in a packed row: the prompt once, every response once."""
        return len(self.prompt) + sum(map(len, self.responses))


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A split of a version, tokenised.

    Attributes
    ----------
    trees
        In the order of the files.
    rows
        Rows read: pairs, SFT examples or improvements.
    dropped
        Reason -> rows dropped for it. A row is counted once, under its first reason.
    prompts_cut, prompt_tokens_cut
        Prompts that lost tokens at their start, and how many tokens they lost.
    boundary_merges
        Responses that the tokenizer would have split otherwise, had it seen prompt and response as one text.
    rankings_cyclic
        Trees whose pairs contradict each other, so that they have no ranking.
    notes
        Sentences for whoever started the run, as about lines of a file that are no pair. No text of a person.

    """

    trees: tuple[Tree, ...]
    rows: int
    dropped: Mapping[str, int]
    prompts_cut: int = 0
    prompt_tokens_cut: int = 0
    boundary_merges: int = 0
    rankings_cyclic: int = 0
    notes: tuple[str, ...] = ()

    @property
    def pairs(self) -> int:
        """How many pairs are left."""
        return sum(len(tree.pairs) for tree in self.trees)

    @property
    def responses(self) -> int:
        """How many distinct responses are left; `Tree.numbers` run from 0 to one less."""
        return sum(len(tree.responses) for tree in self.trees)

    def counts(self) -> dict[str, int]:
        """Return the numbers that a report carries."""
        return {
            "rows": self.rows,
            "pairs": self.pairs,
            "threads": len(self.trees),
            "responses": self.responses,
            "prompts_cut": self.prompts_cut,
            "prompt_tokens_cut": self.prompt_tokens_cut,
            "boundary_merges": self.boundary_merges,
            "rankings_cyclic": self.rankings_cyclic,
        }


PackedRow: TypeAlias = Sequence[Tree]
"""Trees that are scored in one forward pass, one behind the other."""
