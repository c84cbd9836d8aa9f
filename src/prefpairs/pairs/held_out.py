"""Responses and their splits -> the responses of train that nothing held out has a part in.

A split by posts alone lets a model learn from what it is tested on: the same person answers elsewhere, and
the same text is posted again. So test is selected first, then validation without what test took, then train
without what either took. Only what came out as a pair counts: a thread that gives no pair holds out nobody.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from prefpairs.pairs.matching import Selection
from prefpairs.splits import Split

ORDER: tuple[Split, ...] = ("test", "validation", "train")
"""Who takes first. An earlier split wins what two have in common."""

REASONS: dict[str, str] = {
    "HELD_OUT_AUTHOR": "their author, or that of their post, has a part in validation or test"
    " (pairs.drop_held_out_authors)",
    "HELD_OUT_NEAR_DUPLICATE": "their text, or that of their post, says almost the same as one in validation or"
    " test (pairs.drop_held_out_near_duplicates)",
}
"""Reason code -> why responses are in no pair, in the order in which the reasons are looked for."""


def _none() -> pl.Series:
    return pl.Series([], dtype=pl.String)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Whom and what the later splits may not use: keyed hashes of authors, and groups of near-duplicates."""

    authors: pl.Series = field(default_factory=_none)
    groups: pl.Series = field(default_factory=_none)

    def __or__(self, other: "HeldOut") -> "HeldOut":
        return HeldOut(
            authors=pl.concat([self.authors, other.authors]).unique(),
            groups=pl.concat([self.groups, other.groups]).unique(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """What came of all splits.

    Attributes
    ----------
    selection
        The pairs of all splits, sorted by post, chosen, rejected, and the reasons of every split in one count.
    reasons
        `response` and `reason` (a code of `REASONS`) of the responses that an earlier split kept out, sorted.

    """

    selection: Selection
    reasons: pl.DataFrame


def with_groups(responses: pl.DataFrame, near_duplicates: pl.DataFrame) -> pl.DataFrame:
    """Return `responses` in their order, with the groups of near-duplicates that they and their posts are in.

    Parameters
    ----------
    responses
        `name` and `link_id` among its columns.
    near_duplicates
        `name` and `group`; a text that is like no other is not in it.

    """
    own = near_duplicates.select("name", "group")
    of_post = near_duplicates.select(link_id="name", post_group="group")
    return responses.join(own, on="name", how="left", maintain_order="left").join(
        of_post, on="link_id", how="left", maintain_order="left"
    )


def select_apart(
    responses: pl.DataFrame,
    select: Callable[[pl.DataFrame], Selection],
    *,
    authors: bool = True,
    near_duplicates: bool = True,
) -> Apart:
    """Select each split by itself, in `ORDER`, without what the splits before it hold out.

    Parameters
    ----------
    responses
        One row a response: `response`, `post`, `split`, `author_hash` and `post_author` (null: unknown, and
        never held out), `group` and `post_group` (see `with_groups`), and what `select` needs.
    select
        The responses of one split -> their pairs.
    authors, near_duplicates
        False lets the splits share them.

    """
    held = HeldOut()
    selections: list[Selection] = []
    reasons: list[pl.DataFrame] = []
    for split in ORDER:
        rows = responses.filter(split=split).with_columns(reason=against(held))
        reasons.append(rows.select("response", "reason").drop_nulls())
        selection = select(rows.filter(pl.col("reason").is_null()))
        selections.append(selection)
        held |= held_out(selection.pairs, rows, authors=authors, near_duplicates=near_duplicates)
    kept_out = pl.concat(reasons).sort("response")
    return Apart(selection=_together(selections, kept_out, responses), reasons=kept_out)


def held_out(
    pairs: pl.DataFrame, responses: pl.DataFrame, *, authors: bool = True, near_duplicates: bool = True
) -> HeldOut:
    """Return who wrote the posts and responses of `pairs`, and the groups that their texts are in."""
    sides = pl.concat([pairs["chosen"], pairs["rejected"]]).unique()
    used = responses.filter(pl.col("response").is_in(sides.implode()))
    return HeldOut(
        authors=_values(used, "author_hash", "post_author") if authors else _none(),
        groups=_values(used, "group", "post_group") if near_duplicates else _none(),
    )


def against(held: HeldOut) -> pl.Expr:
    """Return the reason why a response may not be used beside what is held out, or null.

    A post that is held out takes every response to it along.
    """
    by_author = _any_in(held.authors, "author_hash", "post_author")
    alike = _any_in(held.groups, "group", "post_group")
    author, near_duplicate = REASONS
    return pl.when(by_author).then(pl.lit(author)).when(alike).then(pl.lit(near_duplicate))


def _values(rows: pl.DataFrame, *columns: str) -> pl.Series:
    return pl.concat([rows[column].cast(pl.String) for column in columns]).drop_nulls().unique()


def _any_in(values: pl.Series, *columns: str) -> pl.Expr:
    known = values.implode()
    return pl.any_horizontal([pl.col(column).is_in(known).fill_null(value=False) for column in columns])


def _together(selections: list[Selection], kept_out: pl.DataFrame, responses: pl.DataFrame) -> Selection:
    posts = responses.select("post", chosen="response")
    pairs = pl.concat([selection.pairs for selection in selections])
    dropped = Counter(dict(kept_out["reason"].value_counts().sort("reason").iter_rows()))
    for selection in selections:
        dropped.update(selection.dropped)
    return Selection(
        pairs=pairs.join(posts, on="chosen", how="left").sort("post", "chosen", "rejected").select(pairs.columns),
        reasons=pl.concat([selection.reasons for selection in selections]).sort("response"),
        dropped=dict(dropped),
        admissible=sum(selection.admissible for selection in selections),
    )
