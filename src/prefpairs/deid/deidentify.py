"""What was selected, and raw texts -> de-identified texts, and where their identifiers were.

Only what can be published is read, a batch of threads at a time. A thread is done as a whole, since a
name that one of its texts gives away is masked in all of them; one that has not changed under the same
policy is not done again. Spans are written before texts: a row in `texts` says that the text is
finished, so a run that is cut off leaves nothing that counts.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field

import polars as pl

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.deid.engine import Engine, Outcome, Thread
from prefpairs.deid.needed import Needed, batches
from prefpairs.deid.workers import deidentify_all
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import Progress, StageReport

STAGE = "deidentify"
FAILED = "DEID_FAILED"
NOT_FOUND = "NOT_FOUND"


def run(settings: Settings, lake: Lake, key: ProjectKey, *, progress: Progress | None = None) -> StageReport:
    """De-identify the threads of selected pairs and improvements that are new or have changed; return counts.

    `progress` is told (texts that are done, texts that are needed) as it goes.

    Raises
    ------
    ConfigError
        If the spaCy pipeline, a named recognizer or a named entity type does not exist.
    ContractError
        If a response is selected under two posts.
    DeidentifyError
        If the workers cannot go on. What was finished is kept.

    """
    engine = Engine.load(settings.deid)
    cache = _Cache(lake, engine.policy_hash, settings)
    tally = _Tally()
    waiting: deque[Needed] = deque()

    def changed() -> Iterator[Thread]:
        for batch in batches(lake, key, settings):
            tally.total = batch.total
            tally.missing += batch.missing
            done = cache.unchanged(batch.threads)
            for needed in batch.threads:
                if needed.thread_hash in done:
                    tally.cached += len(needed.rows)
                else:
                    waiting.append(needed)
                    yield needed.thread
            tally.text_ids += [row.text_id for needed in batch.threads for row in needed.rows]

    with closing(deidentify_all(engine, settings.deid, changed())) as outcomes:
        for outcome in outcomes:
            needed = waiting.popleft()
            cache.add(needed, outcome)
            tally.new += len(outcome)
            (progress or _no_progress)(tally.done, tally.total)
    cache.write()
    return _report(tally, cache, engine.policy_hash)


@dataclass(slots=True)
class _Tally:
    """What was met, in texts."""

    total: int = 0
    missing: int = 0
    cached: int = 0
    new: int = 0
    text_ids: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.missing + self.cached + self.new


class _Cache:
    """The rows of `spans` and `texts` under one policy, and those that wait to be written."""

    def __init__(self, lake: Lake, policy_hash: str, settings: Settings) -> None:
        self._lake = lake
        self._policy_hash = policy_hash
        self._where = {"policy_hash": policy_hash}
        self._settings = settings
        self._waiting: list[tuple[Needed, tuple[Outcome, ...]]] = []

    def unchanged(self, threads: list[Needed]) -> set[str]:
        """Return the hashes of the threads of which every text was done as it is now."""
        ids = pl.DataFrame(
            [(row.text_id, needed.thread_hash) for needed in threads for row in needed.rows],
            schema={"text_id": pl.String, "thread_hash": pl.String},
            orient="row",
        )
        known = self._rows("texts", ids).select("text_id", "thread_hash").collect(engine="streaming")
        stale = ids.join(known, on=["text_id", "thread_hash"], how="anti")
        return set(ids["thread_hash"]) - set(stale["thread_hash"])

    def add(self, needed: Needed, outcomes: tuple[Outcome, ...]) -> None:
        """Remember what became of a thread, and write if enough waits."""
        self._waiting.append((needed, outcomes))
        if sum(len(outcomes) for _, outcomes in self._waiting) >= self._settings.deid.commit_texts:
            self.write()

    def write(self) -> None:
        """Write what waits, in the place of what an earlier run left of the same texts."""
        records = [
            (needed, row, outcome)
            for needed, outcomes in self._waiting
            for row, outcome in zip(needed.rows, outcomes, strict=True)
        ]
        self._waiting = []
        if not records:
            return
        self._forget(pl.DataFrame({"text_id": [row.text_id for _, row, _ in records]}))
        spans = [
            {"text_id": row.text_id, "field": row.field, **asdict(span)}
            for _, row, outcome in records
            if outcome is not None
            for span in outcome.spans
        ]
        texts = [
            (row.text_id, row.name_hash, row.field, row.content_hash, needed.thread_hash, outcome and outcome.text)
            for needed, row, outcome in records
        ]
        columns = ("text_id", "name_hash", "field", "content_hash", "thread_hash", "text")
        if spans:
            self._append("spans", pl.DataFrame(spans).sort("text_id", "start"))
        frame = pl.DataFrame(texts, schema=dict.fromkeys(columns, pl.String), orient="row")
        self._append("texts", self._with_language(frame).sort("text_id"))

    def failed(self, needed: pl.DataFrame) -> int:
        """Return how many of these texts could not be de-identified."""
        return int(
            self._rows("texts", needed).select(pl.col("text").is_null().sum()).collect(engine="streaming").item()
        )

    def span_counts(self, needed: pl.DataFrame) -> dict[str, int]:
        """Return `spans.<entity type>` -> how many, over these texts."""
        spans = self._rows("spans", needed).group_by("entity_type").len().sort("entity_type").collect()
        return {f"spans.{entity_type}": count for entity_type, count in spans.rows()}

    def _forget(self, ids: pl.DataFrame) -> None:
        # Texts first: spans without a text count as nothing, a text without its spans would pass for finished.
        for table in ("texts", "spans"):
            left = self._rows(table, ids).select("text_id").unique().sort("text_id").collect(engine="streaming")
            self._lake.delete_ids(table, "text_id", left["text_id"].to_list(), where=self._where)

    def _rows(self, table: str, ids: pl.DataFrame) -> pl.LazyFrame:
        of_policy = self._lake.scan(table).filter(pl.col("policy_hash") == self._policy_hash)
        return of_policy.join(ids.lazy().select("text_id"), on="text_id", how="semi")

    def _append(self, table: str, rows: pl.DataFrame) -> None:
        shaped = rows.with_columns(policy_hash=pl.lit(self._policy_hash)).select(contract(table).columns)
        self._lake.append(table, shaped)

    def _with_language(self, texts: pl.DataFrame) -> pl.DataFrame:
        curate = self._settings.curate
        words = pl.col("text").str.count_matches(r"\S+").fill_null(0)
        # Curation kept only this language and texts too short to tell; it is not asked again.
        too_short = words < curate.language_min_words
        language = pl.when(too_short).then(pl.lit("und")).otherwise(pl.lit(curate.language))
        return texts.with_columns(language=language, words=words)


def _report(tally: _Tally, cache: _Cache, policy_hash: str) -> StageReport:
    needed = pl.DataFrame({"text_id": tally.text_ids}, schema={"text_id": pl.String})
    failed = cache.failed(needed)
    dropped = {FAILED: failed, NOT_FOUND: tally.missing}
    return StageReport(
        stage=STAGE,
        rows_in=needed.height + tally.missing,
        rows_out=needed.height - failed,
        dropped={reason: count for reason, count in dropped.items() if count},
        counts={"texts_cached": tally.cached, "texts_new": tally.new, **cache.span_counts(needed)},
        inputs={"policy_hash": policy_hash},
        skipped=tally.new == 0,
    )


def _no_progress(done: int, total: int) -> None:
    """Tell nobody."""
