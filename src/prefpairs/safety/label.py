"""Texts that curation kept -> `labels` (codes and topics, no text), and `safety_queue` for a person to look at.

A label says something about a text, never about who wrote it, and votes have no say in it. The raw texts
are read a batch at a time, and nothing of them is kept.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import polars as pl

from prefpairs.config import Settings
from prefpairs.config_safety import Safety, classifier_hash
from prefpairs.contracts import contract
from prefpairs.items import current_items
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.resources import code_version
from prefpairs.safety import classifier
from prefpairs.safety.labels import label_texts
from prefpairs.safety_codes import HARM_CODES, RESPONSE_TAGS, TOPICS
from prefpairs.safety_rules import lexicon
from prefpairs.stage import StageReport

STAGE = "label"
_INPUTS = ("decisions", "posts", "comments")
_KINDS = {"post": "posts", "comment": "comments"}


def run(settings: Settings, lake: Lake, key: ProjectKey) -> StageReport:  # noqa: ARG001  # every stage has one
    """Label every post and comment that `decisions` keeps; write `labels` and `safety_queue`."""
    safety = settings.safety
    lexicons = lexicon.load()
    path = _classifier_path(settings)
    fingerprint = lake.fingerprint(
        _INPUTS,
        lexicons.version,
        sorted(safety.off),
        None if path is None else [classifier_hash(path), safety.classifier_threshold],
        code_version(),
    )
    if report := lake.report_if_current("labels", fingerprint):
        return report.as_skipped()
    label = labeller(settings)
    # In the order of the names, whatever the batches were: the table's bytes do not depend on them.
    labels = (
        pl.concat(
            [
                _empty(),
                *(label(texts) for texts in _texts(lake, safety)),
            ]
        )
        .sort("name")
        .with_columns(lexicon_version=pl.lit(lexicons.version))
    )
    queue = labels.filter(pl.col("uncertain").list.len() > 0)
    report = _report(lake, labels, queue, lexicons.version)
    # The queue first: `labels` remembers the fingerprint, so a run that ends between the two does both again.
    lake.overwrite(
        "safety_queue", queue.select(contract("safety_queue").columns), fingerprint=fingerprint, report=report
    )
    lake.overwrite("labels", labels.select(contract("labels").columns), fingerprint=fingerprint, report=report)
    return report


def labeller(settings: Settings) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return what labels texts under these settings: see `labels.label_texts`.

    Raises
    ------
    ConfigError
        If the classifier cannot be read.

    """
    safety, lexicons, path = settings.safety, lexicon.load(), _classifier_path(settings)
    model = None if path is None else classifier.load(path, threshold=safety.classifier_threshold)
    return partial(label_texts, lexicon=lexicons, off=safety.off, classifier=model)


def _classifier_path(settings: Settings) -> Path | None:
    named = settings.safety.classifier
    return None if named is None else settings.path(named)


def _texts(lake: Lake, safety: Safety) -> Iterator[pl.DataFrame]:
    """Yield `name`, `kind`, `text` of what was kept, at most `batch_texts` rows at a time."""
    kept = lake.scan("decisions").filter("keep").select("name", "kind").sort("name").collect()
    for kind, table in _KINDS.items():
        names = kept.filter(pl.col("kind") == kind).select("name")
        for batch in names.iter_slices(safety.batch_texts):
            rows = current_items(lake, table, among=batch)
            text = pl.concat_str(["title", "selftext"], separator="\n\n", ignore_nulls=True)
            yield rows.select("name", kind=pl.lit(kind), text=text if kind == "post" else "body").collect()


def _empty() -> pl.DataFrame:
    names = pl.List(pl.String)
    return pl.DataFrame(
        schema={"name": pl.String, "kind": pl.String, "labels": names, "topics": names, "uncertain": names}
    )


def _report(lake: Lake, labels: pl.DataFrame, queue: pl.DataFrame, version: str) -> StageReport:
    certain, uncertain, topics = (_times(labels, column) for column in ("labels", "uncertain", "topics"))
    return StageReport(
        stage=STAGE,
        rows_in=labels.height,
        rows_out=labels.height,
        counts={
            **{code: certain[code] for code in (*HARM_CODES, *RESPONSE_TAGS)},
            **{f"{code} (uncertain)": uncertain[code] for code in HARM_CODES},
            **{topic: topics[topic] for topic in TOPICS},
            "in the queue": queue.height,
        },
        inputs={
            **{name: f"version {lake.version(name)}" for name in _INPUTS},
            "lexicons": version,
        },
    )


def _times(labels: pl.DataFrame, column: str) -> Counter[str]:
    counts = labels.select(pl.col(column).explode().drop_nulls()).to_series().value_counts()
    return Counter(dict(counts.iter_rows()))
