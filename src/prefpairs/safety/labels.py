"""Texts -> the codes and topics of each: Rust's engine finds the few that can hit, `judge` weighs those."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.safety.classifier import Classifier
from prefpairs.safety.fold import folded, unmarked
from prefpairs.safety_codes import HARM_CODES, RESPONSE_TAGS, TOPICS
from prefpairs.safety_rules.judge import Verdict, judge
from prefpairs.safety_rules.terms import Family, Lexicon

Verdicts = npt.NDArray[np.int8]
"""A `Verdict` for each text, in the order of the texts."""


def label_texts(
    texts: pl.DataFrame,
    lexicon: Lexicon,
    *,
    off: Collection[str] = (),
    classifier: Classifier | None = None,
) -> pl.DataFrame:
    """Return `name`, `kind`, `labels`, `topics`, `uncertain` for the rows of `texts` (`name`, `kind`, `text`).

    Tags of responses are given to comments only, and only where they are certain. `off` names codes that
    are not looked for; `classifier` adds uncertain ones where no rule speaks.
    """
    rows = texts.select("name", "kind", unmarked=unmarked(pl.col("text").fill_null(""))).with_columns(
        folded=folded(pl.col("unmarked"))
    )
    harms = {family.code: _verdicts(rows, family, lexicon) for family in lexicon.harms if family.code not in off}
    is_comment = (rows["kind"] == "comment").to_numpy()
    tags = {
        family.code: np.where(is_comment, _verdicts(rows, family, lexicon), Verdict.NOTHING)
        for family in lexicon.tags
        if family.code not in off
    }
    if classifier:
        for code, added in classifier.hits(rows["folded"].to_list()).items():
            if code in harms:
                harms[code] = np.maximum(harms[code], np.where(added, Verdict.UNCERTAIN, Verdict.NOTHING))
    topics = rows.select(_holds_any("folded", family).alias(family.code) for family in lexicon.topics)
    certain = {code: verdicts == Verdict.CERTAIN for code, verdicts in (harms | tags).items()}
    uncertain = {code: verdicts == Verdict.UNCERTAIN for code, verdicts in harms.items()}
    return rows.select("name", "kind").with_columns(
        labels=_listed(pl.DataFrame(certain), (*HARM_CODES, *RESPONSE_TAGS)),
        topics=_listed(topics, TOPICS),
        uncertain=_listed(pl.DataFrame(uncertain), HARM_CODES),
    )


def _verdicts(rows: pl.DataFrame, family: Family, lexicon: Lexicon) -> Verdicts:
    """Return one verdict a row. Two sieves come first: can any term hit, and which one."""
    verdicts = np.zeros(rows.height, dtype=np.int8)
    column = "unmarked" if family.case else "folded"
    sieved = (
        rows.select("kind", pl.col(column).alias("text")).with_row_index("row").filter(_holds_any("text", family))
    )
    for term in family.terms:
        counts_here = pl.col("kind") == "comment" if term.comments_only else pl.lit(value=True)
        hits = sieved.filter(pl.col("text").str.contains(term.gate), counts_here)
        for row, text in zip(hits["row"].to_list(), hits["text"].to_list(), strict=True):
            if verdicts[row] < Verdict.CERTAIN:
                verdicts[row] = max(verdicts[row], judge(text, (term,), lexicon.guards))
    return verdicts


def _holds_any(column: str, family: Family) -> pl.Expr:
    return pl.any_horizontal(pl.col(column).str.contains(gate) for gate in family.gates)


def _listed(flags: pl.DataFrame, order: Sequence[str]) -> pl.Series:
    """Return for each row the sorted names of the columns that are true."""
    names = [name for name in sorted(order) if name in flags.columns]
    if not names:
        return pl.Series([[]] * flags.height, dtype=pl.List(pl.String))
    chosen = [pl.when(pl.col(name)).then(pl.lit(name)) for name in names]
    return flags.select(pl.concat_list(chosen).list.drop_nulls()).to_series()
