"""The project's texts and spans -> how dense identifiers are, by community, field and recognizer; and together.

A count below `min_count` is not shown. Communities with fewer threads than that are shown as one.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from prefpairs.audit.population import Population
from prefpairs.audit.report import Cell, Combination, DensityRow, ProjectFigures
from prefpairs.config import Audit
from prefpairs.deid.policy import QUASI
from prefpairs.quality.invariants import IDENTIFIERS, holds

SMALLER_COMMUNITIES = "smaller communities"
COMMUNITIES_SHOWN = 20
_MANY_KINDS = 3


def project_figures(population: Population, settings: Audit) -> ProjectFigures:
    """Return the densities and combinations of a project."""
    texts = population.texts.drop("raw", "text")
    threads = texts.get_column("thread").n_unique()
    communities = texts.get_column("community").n_unique()
    texts = texts.with_columns(community=_grouped_communities(texts, settings.min_count))
    spans = population.spans.join(texts, on="text_id")
    types = _by_frequency(spans.get_column("entity_type"))
    total = _row("all", texts, spans, types, settings)
    return ProjectFigures(
        texts=texts.height,
        words=int(texts.get_column("words").sum()),
        threads=threads,
        communities=communities,
        changed_since=population.changed_since,
        failed=population.failed,
        left_in_output=_left_in_output(population.texts),
        entity_types=types,
        total=total,
        by_community=list(_rows("community", texts, spans, types, settings)),
        by_field=list(_rows("field", texts, spans, types, settings)),
        by_recognizer=_by_recognizer(texts, spans, types, settings),
        **_combinations(population.spans, settings),
    )


def shown(count: int, settings: Audit) -> int | None:
    """Return a count of people's texts, or None if it is too small to be shown. None at all may be shown."""
    return count if count == 0 or count >= settings.min_count else None


def _cell(count: int, words: int, settings: Audit) -> Cell:
    may_show = shown(count, settings)
    if may_show is None or not words:
        return Cell(count=may_show, per_1000_words=None)
    return Cell(count=may_show, per_1000_words=1000 * may_show / words)


def _row(name: str, texts: pl.DataFrame, spans: pl.DataFrame, types: list[str], settings: Audit) -> DensityRow:
    words = int(texts.get_column("words").sum())
    counts = dict(spans.group_by("entity_type").len().rows())
    return DensityRow(
        name=name,
        texts=shown(texts.height, settings),
        words=words if shown(texts.height, settings) is not None else None,
        cells={entity: _cell(counts.get(entity, 0), words, settings) for entity in types},
    )


def _rows(
    column: str, texts: pl.DataFrame, spans: pl.DataFrame, types: list[str], settings: Audit
) -> Iterator[DensityRow]:
    for name in _by_frequency(texts.get_column(column)):
        this = pl.col(column) == name
        yield _row(name, texts.filter(this), spans.filter(this), types, settings)


def _by_recognizer(
    texts: pl.DataFrame, spans: pl.DataFrame, types: list[str], settings: Audit
) -> list[DensityRow]:
    # Every recognizer reads every text, so each has all texts and words below it.
    return [
        _row(name, texts, spans.filter(pl.col("recognizer") == name), types, settings)
        for name in _by_frequency(spans.get_column("recognizer"))
    ]


def _grouped_communities(texts: pl.DataFrame, least: int) -> pl.Series:
    sizes = texts.group_by("community").agg(threads=pl.col("thread").n_unique(), size=pl.len())
    large = (
        sizes.filter(pl.col("threads") >= least)
        .sort("size", "community", descending=[True, False])
        .head(COMMUNITIES_SHOWN)
        .get_column("community")
    )
    kept = pl.when(pl.col("community").is_in(large.implode())).then("community")
    return texts.select(kept.otherwise(pl.lit(SMALLER_COMMUNITIES)).alias("community")).to_series()


def _combinations(spans: pl.DataFrame, settings: Audit) -> dict[str, Any]:
    kinds = (
        spans.filter(pl.col("entity_type").is_in(sorted(QUASI)))
        .group_by("text_id")
        .agg(pl.col("entity_type").unique().sort())
        .filter(pl.col("entity_type").list.len() > 1)
    )
    counted = (
        kinds.group_by("entity_type")
        .len()
        .with_columns(key=pl.col("entity_type").list.join("+"))
        .sort("len", "key", descending=[True, False])
    )
    visible = counted.filter(pl.col("len") >= settings.min_count)
    hidden = counted.filter(pl.col("len") < settings.min_count)
    many = kinds.filter(pl.col("entity_type").list.len() >= _MANY_KINDS).height
    return {
        "combinations": [Combination(entity_types=types, texts=count) for types, count, _ in visible.rows()],
        "combinations_hidden": hidden.height,
        "texts_in_hidden_combinations": shown(int(hidden.get_column("len").sum()), settings),
        "texts_with_three_kinds": shown(many, settings),
    }


def _left_in_output(texts: pl.DataFrame) -> dict[str, int]:
    # The gate's own patterns, which share nothing with the recognizers.
    counts = {item.kind: texts.select("text").filter(holds(item)).height for item in IDENTIFIERS}
    return {kind: count for kind, count in counts.items() if count}


def _by_frequency(values: pl.Series) -> list[str]:
    counted = values.alias("name").to_frame().group_by("name").len()
    return counted.sort("len", "name", descending=[True, False]).get_column("name").to_list()
