"""What the report counts on a corpus whose truth nobody knows."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.labels import corpus, corpus_table
from prefpairs.config import Settings
from prefpairs.config_pairs import Pairs, Shp
from prefpairs.errors import ConfigError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.decided import decide, decided_comment, decided_post
from tests.support.rows import CREATED, Row, append, frame, observation

HOUR = 3600
EARLY = {"created_utc": CREATED + HOUR, "words": 50}
LATE = {"created_utc": CREATED + 5 * HOUR, "words": 10}
SETTINGS = Settings(pairs=Pairs(shp=Shp(min_score=None)))


def labelled(lake: Lake, rows: list[Row]) -> None:
    """Write decisions, and labels that find nothing in any text."""
    decide(lake, rows)
    nothing: Row = {"labels": [], "topics": [], "uncertain": [], "lexicon_version": "1"}
    labels = [{"name": row["name"], "kind": row["kind"], **nothing} for row in rows]
    lake.overwrite("labels", frame("labels", labels), fingerprint="labels", report=StageReport(stage="label"))


def threads(*scores: tuple[int, int]) -> list[Row]:
    """Return one thread for each (score of the early answer, score of the late one)."""
    rows = []
    for number, (early, late) in enumerate(scores):
        post = f"t3_p{number}"
        rows += [
            decided_post(post),
            decided_comment(f"t1_early{number}", early, link_id=post, **EARLY),
            decided_comment(f"t1_late{number}", late, link_id=post, **LATE),
        ]
    return rows


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, key: ProjectKey) -> corpus.Figures:
    """A corpus of three threads; of five answers there is a second look, a hidden and an early one besides."""
    lake = Lake(tmp_path_factory.mktemp("corpus") / "lake")
    labelled(lake, threads((40, 4), (30, 2), (3, 60), (8, 80)))
    later = {"t1_early0": 44, "t1_late0": 5, "t1_early1": 31, "t1_late1": 90, "t1_early2": 2}
    looks = [observation(name, score, age_h=200.0) for name, score in later.items()]
    looks += [observation("t1_early3", 1, age_h=200.0, score_hidden=True), observation("t1_late3", 9, age_h=120.0)]
    append(lake, "score_observations", looks)
    before = {path: path.stat().st_mtime_ns for path in lake.root.rglob("*")}

    found = corpus.measured(SETTINGS, lake, key)

    assert {path: path.stat().st_mtime_ns for path in lake.root.rglob("*")} == before, "the corpus was changed"
    return found


def test_bias_is_counted_within_each_preset(measured: corpus.Figures) -> None:
    assert measured["kept_comments"] == 8
    assert (measured["shp.pairs"], measured["shp.earlier_wins"], measured["shp.longer_wins"]) == (2, 0, 0)
    assert measured["stackexchange.pairs"] == 4
    assert measured["stackexchange.earlier_wins"] == measured["stackexchange.longer_wins"] == pytest.approx(1 / 2)


def test_presets_that_rank_by_votes_agree(measured: corpus.Figures) -> None:
    assert measured["stackexchange.kept_by_shp"] == measured["shp.kept_by_stackexchange"] == 1


def test_labels_that_a_look_after_a_week_turns_are_not_stable(measured: corpus.Figures) -> None:
    assert measured["looked_at_twice"] == 5
    assert measured["stackexchange.pairs_looked_at_twice"] == 2
    assert measured["stackexchange.stable"] == pytest.approx(1 / 2)


def test_the_table_shows_counts_and_shares_and_no_name(measured: corpus.Figures) -> None:
    shown = corpus_table.rows(measured)

    assert all(len(row) == len(corpus_table.HEADINGS) for row in shown)
    assert not pl.Series([cell for row in shown for cell in row]).str.contains("t1_|t3_|author").any()
    assert ("earlier wins", "0.500") in {
        (row[0], row[corpus_table.HEADINGS.index("stackexchange")]) for row in shown
    }


def test_a_corpus_that_nobody_read_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "prefpairs.toml").write_text('[ingest]\narchives = ["archives"]\n', encoding="utf-8")

    with pytest.raises(ConfigError, match="prefpairs refresh"):
        corpus.report(tmp_path / "prefpairs.toml")
