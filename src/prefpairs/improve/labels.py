"""The table `labels`, and a labeller for texts that are not in it -> the labels of each draft and better text."""

from collections.abc import Callable

import polars as pl

from prefpairs.lake import Lake

Labeller = Callable[[pl.DataFrame], pl.DataFrame]
"""`name`, `kind` and `text` -> `labels`, `topics` and `uncertain` (lists of codes), row by row."""

_SIDES = ("draft", "better")


def with_labels(rows: pl.DataFrame, lake: Lake) -> pl.DataFrame:
    """Return the rows with the labels of the post and of each side that is a comment as it stands.

    The columns are `labels_prompt`, `labels_draft`, `labels_better` (codes and topics, sorted; empty without
    any), `labelled_draft`, `labelled_better` (somebody looked), `row_missing` (the post, or a side that is a
    comment as it stands, has no row in `labels`), and `uncertain` (a person should look).
    """
    wanted = pl.concat([rows[name] for name in ("link_id", "draft_name", "better_name")]).unique()
    labels = (
        lake.scan("labels")
        .filter(pl.col("name").is_in(wanted.implode()))
        .select("name", _codes(), unsure=pl.col("uncertain").list.len() > 0)
        .collect(engine="streaming")
    )
    sides = {"prompt": "link_id", "draft": "draft_name", "better": "better_name"}
    for side, column in sides.items():
        own = labels.select(
            pl.col("name").alias(column),
            pl.col("codes").alias(f"labels_{side}"),
            pl.col("unsure").alias(f"unsure_{side}"),
        )
        rows = rows.join(own, on=column, how="left", maintain_order="left")
    stands = {side: pl.col(f"{side}_field") == "body" for side in _SIDES}
    nothing = pl.lit([], pl.List(pl.String))
    return (
        rows.with_columns(
            pl.col("labels_prompt").fill_null(nothing),
            row_missing=pl.any_horizontal(
                pl.col("labels_prompt").is_null(),
                *(stands[side] & pl.col(f"labels_{side}").is_null() for side in _SIDES),
            ),
        )
        .with_columns(
            *(
                pl.when(stands[side]).then(f"labels_{side}").fill_null(nothing).alias(f"labels_{side}")
                for side in _SIDES
            ),
            *(
                (stands[side] & pl.col(f"labels_{side}").is_not_null()).alias(f"labelled_{side}")
                for side in _SIDES
            ),
            uncertain=pl.any_horizontal(
                pl.col("unsure_prompt").fill_null(value=False),
                *((stands[side] & pl.col(f"unsure_{side}")).fill_null(value=False) for side in _SIDES),
            ),
        )
        .drop("unsure_prompt", "unsure_draft", "unsure_better")
    )


def with_new_labels(rows: pl.DataFrame, side: str, label: Labeller) -> pl.DataFrame:
    """Return the rows with the labels of the texts of `side` that nobody has looked at."""
    columns = (f"labels_{side}", f"labelled_{side}", "uncertain")
    numbered = rows.with_row_index("row")
    new = numbered.filter(~pl.col(f"labelled_{side}") & pl.col(side).is_not_null())
    given = label(new.select(name=f"{side}_name", kind=pl.lit("comment"), text=side))
    fresh = new.select("row", "uncertain").with_columns(
        given.select(_codes()).to_series().alias(columns[0]),
        pl.lit(value=True).alias(columns[1]),
        uncertain=pl.col("uncertain") | (given["uncertain"].list.len() > 0),
    )
    return numbered.update(fresh.select("row", *columns), on="row").drop("row")


def _codes() -> pl.Expr:
    return pl.concat_list("labels", "topics").list.unique().list.sort().alias("codes")
