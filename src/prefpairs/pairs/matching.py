"""Responses as numbers -> the pairs that the preset admits and the caps leave.

Nothing here knows a name or a text. Posts are taken in blocks from end to end, so memory does not grow
with the threads, and any order of the input rows gives the same pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.config_pairs import Pairs
from prefpairs.pairs.candidates import (
    BLOCK_PAIRS,
    Ranking,
    Rows,
    grouped,
    outside_the_middle,
    pairs_of_rows,
    post_blocks,
    ranking,
    row_blocks,
    with_siblings,
)
from prefpairs.pairs.caps import within_author_cap, within_caps, within_reach
from prefpairs.pairs.ordering import Positions, best_first
from prefpairs.pairs.presets import PRESETS, FloatArray, Mask, Votes
from prefpairs.reasons import Rule

_NO_REASONS = pl.DataFrame(schema={"response": pl.UInt32, "reason": pl.String})
_REASONS = ("ONLY_RESPONSE", "MEGA_THREAD", "NO_PARTNER", "CAPPED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What came of the responses.

    Attributes
    ----------
    pairs
        `chosen` and `rejected`: numbers of responses, sorted by post, chosen, rejected.
    dropped
        Reason code -> responses that are in no pair.
    admissible
        Pairs that the preset admits, before the caps.
    reasons
        `response` and `reason`, a code, of every response that is in no pair, sorted by number.

    """

    pairs: pl.DataFrame
    dropped: Mapping[str, int]
    admissible: int
    reasons: pl.DataFrame = field(default_factory=lambda: _NO_REASONS)


def select_pairs(responses: pl.DataFrame, settings: Pairs, *, block_pairs: int = BLOCK_PAIRS) -> Selection:
    """Compare the responses of each post.

    A cap takes the pair that is worth more first (`presets.Preset.worth`). The caps of a post and of a
    response hold first: ties go to the chosen response of the higher level, then of the lower number, then
    to the rejected one by the same rule. The cap of an author is applied to what they leave, over the
    whole corpus, and gives no place back: ties go to the lower post, chosen, rejected.

    Parameters
    ----------
    responses
        One row a response: `response` and `post` (whole numbers, in the order that breaks ties), `score`,
        `created_utc` (seconds, may be null), and `author` (any type; null is never capped); as the preset
        asks, `percentile`, `quality`, `quality_sd`, `expected_votes` (a null is compared with nothing);
        `may_be_chosen`, true where it is missing.
    settings
        The preset, its thresholds and the caps.
    block_pairs
        Possible pairs looked at together: it decides memory and speed, never the result.

    """
    if not responses.get_column("response").is_sorted():
        responses = responses.sort("response")
    reasons = _Reasons(responses, PRESETS[settings.preset].response_rules(settings))
    everybody = grouped(responses.get_column("post").to_numpy(), reasons.of_row == 0)
    posts = with_siblings(everybody)
    reasons.of_row[everybody.rows] = reasons.number["ONLY_RESPONSE"]
    reasons.of_row[posts.rows] = reasons.number["CAPPED"]

    matching = _Matching(responses, settings, reasons, block_pairs)
    parts = [_NOTHING]
    for first, last in post_blocks(posts, pairs=block_pairs, most=settings.max_responses_per_post):
        rows = posts.rows[posts.starts[first] : posts.starts[last]]
        sizes = np.diff(posts.starts[first : last + 1])
        parts.append(matching.of_block(np.repeat(np.arange(last - first), sizes), rows))

    chosen, rejected = (np.concatenate([getattr(part, side) for part in parts]) for side in ("chosen", "rejected"))
    worth = np.concatenate([part.worth for part in parts[1:] or parts])
    author = responses.get_column("author")[chosen]
    kept = within_author_cap(author, worth, per_author=settings.max_pairs_per_author)
    chosen, rejected = chosen[kept], rejected[kept]
    reasons.of_row[chosen] = reasons.of_row[rejected] = 0
    number = responses.get_column("response")
    return Selection(
        pairs=pl.DataFrame({"chosen": number[chosen], "rejected": number[rejected]}),
        reasons=reasons.listed(number),
        dropped=reasons.counted(),
        admissible=sum(part.admissible for part in parts),
    )


class _Reasons:
    """Why each row is in no pair: `of_row` holds the number of a code, 0 for none."""

    def __init__(self, responses: pl.DataFrame, rules: Sequence[Rule]) -> None:
        self._codes = ("", *(code for code, _ in rules), *_REASONS)
        self.number = {code: number for number, code in enumerate(self._codes)}
        self.of_row = np.zeros(responses.height, dtype=np.uint8)
        for code, drops in rules:
            hit = responses.select(drops.fill_null(value=False)).to_series().to_numpy()
            self.of_row[hit & (self.of_row == 0)] = self.number[code]

    def counted(self) -> dict[str, int]:
        """Return how many rows each code has, without those that have none."""
        counts = np.bincount(self.of_row, minlength=len(self._codes)).tolist()
        return {code: count for code, count in zip(self._codes[1:], counts[1:], strict=True) if count}

    def listed(self, number: pl.Series) -> pl.DataFrame:
        """Return the numbers of the responses that have a reason, and its code."""
        rows = np.flatnonzero(self.of_row)
        codes = pl.Series(self._codes, dtype=pl.String)
        return pl.DataFrame({"response": number[rows], "reason": codes[self.of_row[rows]]})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matched:
    """Pairs of a block of posts, as row numbers, by post, chosen, rejected; how many the preset admits."""

    chosen: Rows
    rejected: Rows
    worth: FloatArray
    admissible: int


_NOTHING = _Matched(
    chosen=np.zeros(0, dtype=np.uint32),
    rejected=np.zeros(0, dtype=np.uint32),
    worth=np.zeros(0, dtype=np.float32),
    admissible=0,
)


class _Matching:
    """The votes of all responses, in rising order of their numbers -> the pairs of each block of posts."""

    def __init__(self, responses: pl.DataFrame, settings: Pairs, reasons: _Reasons, block_pairs: int) -> None:
        self._settings, self._reasons, self._block_pairs = settings, reasons, block_pairs
        self._preset = PRESETS[settings.preset]
        self._votes = responses.select(pl.col(name) for name in _VOTES if name in responses.columns)
        slices = self._votes.iter_slices(BLOCK_PAIRS)
        self._level = np.concatenate([_NO_LEVEL, *(self._preset.level(_votes(part)) for part in slices)])

    def of_block(self, post: Positions, rows: Rows) -> _Matched:
        """Match the responses of a block of posts: `post` numbers them from 0, in rising order, then `rows`."""
        level = self._level[rows]
        order = best_first(post, level)
        fits = outside_the_middle(post, self._settings.max_responses_per_post)
        self._reasons.of_row[rows[order[~fits]]] = self._reasons.number["MEGA_THREAD"]
        order, post = order[fits], post[fits]
        rows, level = rows[order], level[order]
        votes = _votes(self._votes[rows])
        index = ranking(post, level, votes.may_be_chosen)
        has_partner = np.zeros(len(rows), dtype=np.bool_)
        chosen, rejected, admissible = self._admissible_pairs(index, votes, has_partner)
        self._reasons.of_row[rows[~has_partner]] = self._reasons.number["NO_PARTNER"]
        worth = self._preset.worth(votes, chosen, rejected)
        best = within_caps(post[chosen], chosen, rejected, worth, **self._caps())
        best = best[np.lexsort((rows[rejected[best]], rows[chosen[best]], post[chosen[best]]))]
        return _Matched(
            chosen=rows[chosen[best]],
            rejected=rows[rejected[best]],
            worth=worth[best],
            admissible=admissible,
        )

    def _admissible_pairs(
        self, index: Ranking, votes: Votes, has_partner: Mask
    ) -> tuple[Positions, Positions, int]:
        """Return the admissible pairs in rising order, and their number; mark who is in one.

        Of a post that needs several blocks of rows, only the pairs that the caps could take are kept.
        """
        blocks = list(row_blocks(index, pairs=self._block_pairs))
        parts, count = [], 0
        for block in blocks:
            chosen, rejected = pairs_of_rows(index, *block)
            keep = self._preset.admissible(votes, chosen, rejected, self._settings)
            chosen, rejected = chosen[keep], rejected[keep]
            has_partner[chosen] = has_partner[rejected] = True
            count += len(chosen)
            if len(blocks) > 1:
                reach = within_reach(chosen, self._preset.worth(votes, chosen, rejected), **self._caps())
                chosen, rejected = chosen[reach], rejected[reach]
            parts.append((chosen, rejected))
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]), count

    def _caps(self) -> dict[str, int]:
        settings = self._settings
        return {"per_post": settings.max_pairs_per_post, "per_response": settings.max_pairs_per_response}


_VOTES = {column.name: np.nan for column in fields(Votes)} | {"score": 0, "created_utc": 0, "may_be_chosen": True}
"""Each column of `Votes`, and what stands for a null and for a missing column."""
_NO_LEVEL = np.zeros(0, dtype=np.int8)


def _votes(responses: pl.DataFrame) -> Votes:
    return Votes(**{name: _column(responses, name, unknown) for name, unknown in _VOTES.items()})


def _column(responses: pl.DataFrame, name: str, unknown: float) -> npt.NDArray[Any]:
    if name not in responses.columns:
        return np.full(responses.height, unknown)
    values: npt.NDArray[Any] = responses.get_column(name).fill_null(unknown).to_numpy()
    return values
