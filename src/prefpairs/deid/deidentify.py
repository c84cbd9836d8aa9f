"""Selected pairs and raw texts -> de-identified texts, and where their identifiers were.

Only what can enter a pair is read. A text that was done under the same policy is not done again, and
the same words under another id are copied. Spans are written before texts: a row in `texts` says that
the text is finished, so a run that is cut off leaves nothing that counts.
"""

from contextlib import closing
from dataclasses import asdict

import polars as pl

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.deid.engine import Engine
from prefpairs.deid.spans import Deidentified
from prefpairs.deid.workers import deidentify_all
from prefpairs.items import current_items
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import Progress, StageReport

STAGE = "deidentify"
FAILED = "DEID_FAILED"
NOT_FOUND = "NOT_FOUND"

"""Told (texts done, texts to do)."""

_NEEDED = pl.Schema(dict.fromkeys(("text_id", "name_hash", "field", "content_hash", "raw"), pl.String))


def run(settings: Settings, lake: Lake, key: ProjectKey, *, progress: Progress | None = None) -> StageReport:
    """De-identify the texts of `selected_pairs` that were not done yet; return counts only.

    `progress` is told (texts done, texts to do) as it goes. Different texts are counted; equal ones are
    done once.

    Raises
    ------
    ConfigError
        If the spaCy pipeline or a named recognizer does not exist.
    DeidentifyError
        If a worker process dies. What was finished is kept.

    """
    engine = Engine.load(settings.deid)
    cache = _Cache(lake, engine.policy_hash, settings)
    needed, missing = _needed(lake, key)
    cache.forget_edited(needed)
    pending = needed.join(cache.finished(), on="text_id", how="anti")
    cache.forget_unfinished(pending)
    copied = cache.copy_same_words(pending)
    todo = pending.filter(~pl.col("content_hash").is_in(copied))
    failed = _deidentify(todo, settings, engine, cache, progress or _no_progress)
    finished = needed.select("text_id").join(cache.finished(), on="text_id", how="semi")
    dropped = {FAILED: failed, NOT_FOUND: missing}
    return StageReport(
        stage=STAGE,
        rows_in=needed.height + missing,
        rows_out=finished.height,
        dropped={reason: count for reason, count in dropped.items() if count},
        counts={
            "texts_cached": needed.height - todo.height,
            "texts_new": todo.height - failed,
            **cache.span_counts(finished),
        },
        inputs={"policy_hash": engine.policy_hash},
        skipped=pending.height == 0,
    )


def _deidentify(
    todo: pl.DataFrame, settings: Settings, engine: Engine, cache: "_Cache", progress: Progress
) -> int:
    """Do what nobody has done, equal texts once, and write it; return how many rows failed and have no text."""
    unique = todo.unique("content_hash", keep="first", maintain_order=True)
    failed = done = 0
    with closing(deidentify_all(engine, settings.deid, unique.get_column("raw").to_list())) as outcomes:
        for batch in unique.iter_slices(settings.deid.commit_texts):
            found: dict[str, Deidentified] = {}
            # The batch comes first: where it ends, no outcome may be taken and lost.
            for content_hash, outcome in zip(batch.get_column("content_hash"), outcomes, strict=False):
                done += 1
                progress(done, unique.height)
                if outcome is not None:
                    found[content_hash] = outcome
            rows = todo.join(batch.select("content_hash"), on="content_hash", how="semi")
            failed += rows.height - cache.write(rows, found)
    return failed


class _Cache:
    """The rows of `spans` and `texts` under one policy."""

    def __init__(self, lake: Lake, policy_hash: str, settings: Settings) -> None:
        self._lake = lake
        self._policy_hash = policy_hash
        self._where = {"policy_hash": policy_hash}
        self._settings = settings

    def finished(self) -> pl.DataFrame:
        """Return `text_id` and `content_hash` of every text that is done."""
        return self._rows("texts").select("text_id", "content_hash").collect()

    def forget_edited(self, needed: pl.DataFrame) -> None:
        """Delete texts whose raw text has changed since, and their spans."""
        edited = (
            self.finished()
            .join(needed.select("text_id", now="content_hash"), on="text_id")
            .filter(pl.col("content_hash") != pl.col("now"))
        )
        for table in ("texts", "spans"):
            self._lake.delete_ids(table, "text_id", _ids(edited), where=self._where)

    def forget_unfinished(self, pending: pl.DataFrame) -> None:
        """Delete the spans that a run wrote before it was cut off: their texts are not there."""
        left = self._rows("spans").select("text_id").collect().join(pending, on="text_id", how="semi")
        self._lake.delete_ids("spans", "text_id", _ids(left), where=self._where)

    def copy_same_words(self, pending: pl.DataFrame) -> list[str]:
        """Give pending texts the result of an equal text that is done; return the content hashes copied."""
        donors = self.finished().join(pending, on="content_hash", how="semi").sort("text_id")
        donors = donors.unique("content_hash", keep="first", maintain_order=True)
        if donors.is_empty():
            return []
        texts = self._rows("texts").select("text_id", "text").collect().join(donors, on="text_id")
        spans = self._rows("spans").collect().join(donors, on="text_id")
        hashes = pending.select("content_hash", new_id="text_id", new_field="field")
        self._append(
            spans.join(hashes, on="content_hash").with_columns(text_id="new_id", field="new_field"),
            pending.join(texts.select("content_hash", "text"), on="content_hash"),
        )
        return donors.get_column("content_hash").to_list()

    def write(self, rows: pl.DataFrame, found: dict[str, Deidentified]) -> int:
        """Write the outcome of each row whose content hash has one; return how many."""
        done = rows.filter(pl.col("content_hash").is_in(list(found)))
        records = done.select("text_id", "field", "content_hash").rows()
        spans = [
            {"text_id": text_id, "field": field, **asdict(span)}
            for text_id, field, content_hash in records
            for span in found[content_hash].spans
        ]
        texts = pl.Series("text", [found[content_hash].text for _, _, content_hash in records], dtype=pl.String)
        self._append(pl.DataFrame(spans), done.with_columns(texts))
        return done.height

    def span_counts(self, finished: pl.DataFrame) -> dict[str, int]:
        """Return `spans.<entity type>` -> how many, over these texts."""
        spans = self._rows("spans").select("text_id", "entity_type").collect()
        counted = spans.join(finished, on="text_id", how="semi").group_by("entity_type").len().sort("entity_type")
        return {f"spans.{entity_type}": count for entity_type, count in counted.rows()}

    def _rows(self, table: str) -> pl.LazyFrame:
        return self._lake.scan(table).filter(pl.col("policy_hash") == self._policy_hash)

    def _append(self, spans: pl.DataFrame, texts: pl.DataFrame) -> None:
        if spans.height:
            self._lake.append("spans", self._shaped("spans", spans).sort("text_id", "start"))
        if texts.height:
            curate = self._settings.curate
            words = pl.col("text").str.count_matches(r"\S+")
            # Curation kept only this language and texts too short to tell; it is not asked again.
            language = (
                pl.when(words < curate.language_min_words).then(pl.lit("und")).otherwise(pl.lit(curate.language))
            )
            self._lake.append(
                "texts", self._shaped("texts", texts.with_columns(language=language, words=words)).sort("text_id")
            )

    def _shaped(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(policy_hash=pl.lit(self._policy_hash)).select(contract(table).columns)


def _needed(lake: Lake, key: ProjectKey) -> tuple[pl.DataFrame, int]:
    """Return every text that a selected pair needs, sorted by `text_id`, and how many ids have no item."""
    pairs = lake.scan("selected_pairs").select("link_id", "chosen_name", "rejected_name").collect()
    posts = pairs.select(name="link_id").unique()
    comments = pl.concat([pairs.select(name=side) for side in ("chosen_name", "rejected_name")]).unique()
    rows: list[tuple[str, ...]] = []
    missing = 0
    for names, table, fields in ((posts, "posts", ("title", "selftext")), (comments, "comments", ("body",))):
        found = (
            current_items(lake, table).join(names.lazy(), on="name", how="semi").select("name", *fields).collect()
        )
        missing += names.height - found.height
        for name, *texts in found.iter_rows():
            rows += (_row(key, name, field, raw) for field, raw in zip(fields, texts, strict=True))
    return pl.DataFrame(rows, schema=_NEEDED, orient="row").sort("text_id"), missing


def _row(key: ProjectKey, name: str, field: str, raw: str) -> tuple[str, ...]:
    return key.text_id(name, field), key.name_hash(name), field, key.content_hash(raw), raw


def _ids(rows: pl.DataFrame) -> list[str]:
    return rows.get_column("text_id").unique().sort().to_list()


def _no_progress(done: int, total: int) -> None:
    """Tell nobody."""
