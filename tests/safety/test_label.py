"""What a data engineer sees in `labels` and `safety_queue` after the stage ran."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from prefpairs.config import Settings
from prefpairs.curate import decide
from prefpairs.ingest import counselchat
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.safety import label
from tests.support.rows import Row, append, comment, observation, post
from tests.support.shared_data import shared_data

PATHETIC = "You are pathetic, and I am tired of reading what you write."
DENIED = "I'm not suicidal, I am only tired of it all and cannot sleep."


def lake_with(lake: Lake, key: ProjectKey, *rows: Row) -> Lake:
    """Fill a lake with an ordinary post and these comments, and curate it."""
    append(lake, "posts", [post()])
    append(lake, "comments", rows)
    append(lake, "score_observations", [observation(row["name"]) for row in (post(), *rows)])
    decide.run(Settings(), lake, key)
    return lake


def rows_of(lake: Lake, table: str) -> dict[str, Row]:
    return {row["name"]: row for row in lake.scan(table).collect().iter_rows(named=True)}


def test_every_kept_item_gets_one_row_and_dropped_ones_none(lake: Lake, key: ProjectKey) -> None:
    lake_with(lake, key, comment("t1_a", body=PATHETIC), comment("t1_b"), comment("t1_c", body="Too short."))
    report = label.run(Settings(), lake, key)
    rows = rows_of(lake, "labels")
    assert set(rows) == {"t3_p", "t1_a", "t1_b"}
    assert rows["t1_a"]["labels"] == ["HARASSMENT"]
    assert rows["t1_b"]["labels"] == []
    assert (report.rows_in, report.rows_out, report.counts["HARASSMENT"]) == (3, 3, 1)


def test_title_and_text_of_a_post_are_read(lake: Lake, key: ProjectKey) -> None:
    rows = [post("t3_q", title="I want to die", selftext="It is late, and nothing of what I tried has helped.")]
    append(lake, "posts", rows)
    decide.run(Settings(), lake, key)
    label.run(Settings(), lake, key)
    assert rows_of(lake, "labels")["t3_q"]["labels"] == ["CRISIS"]


def test_uncertain_items_wait_in_the_queue(lake: Lake, key: ProjectKey) -> None:
    lake_with(lake, key, comment("t1_a", body=DENIED), comment("t1_b", body=PATHETIC))
    report = label.run(Settings(), lake, key)
    queue = rows_of(lake, "safety_queue")
    assert set(queue) == {"t1_a"}
    assert queue["t1_a"]["uncertain"] == ["CRISIS"]
    assert (report.counts["in the queue"], report.counts["CRISIS (uncertain)"]) == (1, 1)


def test_no_text_and_no_author_enters_the_tables(lake: Lake, key: ProjectKey) -> None:
    lake_with(lake, key, comment("t1_a", body=DENIED, author="marigold"))
    report = label.run(Settings(), lake, key)
    told = json.dumps([rows_of(lake, "labels"), rows_of(lake, "safety_queue"), report.to_json()], default=str)
    assert "suicidal," not in told
    assert "marigold" not in told


def test_running_twice_changes_nothing(lake: Lake, key: ProjectKey) -> None:
    lake_with(lake, key, comment("t1_a", body=DENIED))
    first = label.run(Settings(), lake, key)
    versions = {table: lake.version(table) for table in ("labels", "safety_queue")}
    second = label.run(Settings(), lake, key)
    assert second == first.as_skipped()
    assert {table: lake.version(table) for table in versions} == versions


def test_a_run_that_ended_between_the_two_tables_is_made_good(
    lake: Lake, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake_with(lake, key, comment("t1_a", body=DENIED))
    overwrite = Lake.overwrite

    def overwrite_the_queue_only(self: Lake, table: str, *args: Any, **more: Any) -> None:
        if table == "labels":
            raise OSError
        overwrite(self, table, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "overwrite", overwrite_the_queue_only)
        with pytest.raises(OSError):
            label.run(Settings(), lake, key)
    assert not label.run(Settings(), lake, key).skipped
    assert set(rows_of(lake, "labels")) == {"t3_p", "t1_a"}
    assert set(rows_of(lake, "safety_queue")) == {"t1_a"}


def test_a_changed_setting_labels_anew(lake: Lake, key: ProjectKey) -> None:
    lake_with(lake, key, comment("t1_a", body=PATHETIC))
    label.run(Settings(), lake, key)
    without = Settings.model_validate({"safety": {"off": ["HARASSMENT"], "drop_chosen": []}})
    assert not label.run(without, lake, key).skipped
    assert rows_of(lake, "labels")["t1_a"]["labels"] == []


def test_what_is_done_with_labels_does_not_make_them_anew(lake: Lake, key: ProjectKey) -> None:
    lake_with(lake, key, comment("t1_a", body=PATHETIC))
    label.run(Settings(), lake, key)
    other = Settings.model_validate(
        {"safety": {"publish": ["crisis"], "queue_uncertain": False, "batch_texts": 7}}
    )
    assert label.run(other, lake, key).skipped


def test_batches_change_nothing(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    rows = [comment(f"t1_{n}", body=f"{PATHETIC if n % 2 else DENIED} ({n})") for n in range(7)]
    lake_with(lake, key, *rows)
    label.run(Settings(), lake, key)
    other = lake_with(Lake(tmp_path / "other"), key, *rows)
    label.run(Settings.model_validate({"safety": {"batch_texts": 2}}), other, key)
    assert rows_of(other, "labels") == rows_of(lake, "labels")


def test_the_newest_text_of_an_item_is_labelled(lake: Lake, key: ProjectKey) -> None:
    later = {"retrieved_on": 1_800_000_000, "input_hash": "later"}
    lake_with(lake, key, comment("t1_a", body=PATHETIC), comment("t1_a", **later))
    label.run(Settings(), lake, key)
    assert rows_of(lake, "labels")["t1_a"]["labels"] == []


def test_a_lake_without_decisions_gives_empty_tables(lake: Lake, key: ProjectKey) -> None:
    report = label.run(Settings(), lake, key)
    assert report.rows_out == 0
    assert lake.scan("labels").collect().height == 0


def test_a_classifier_beside_the_settings_is_used(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    weights = {"bias": -1.0, "weights": {"tired": 90.0}}
    model = {"format": "prefpairs-char-ngrams-1", "shortest": 5, "longest": 5, "codes": {"MINOR": weights}}
    (tmp_path / "model.json").write_text(json.dumps(model), encoding="utf-8")
    lake_with(lake, key, comment("t1_a", body="So tired of it all, and it is only Monday morning."))
    settings = Settings.model_validate({"root": tmp_path, "safety": {"classifier": "model.json"}})
    label.run(settings, lake, key)
    assert rows_of(lake, "safety_queue")["t1_a"]["uncertain"] == ["MINOR"]


def test_real_answers_are_mostly_clean_and_often_point_to_a_professional(lake: Lake, key: ProjectKey) -> None:
    files = sorted(shared_data("reddit/counsel-chat").rglob("*.csv"))
    settings = Settings.model_validate({"ingest": {"counselchat": [str(path) for path in files]}})
    counselchat.run(settings, lake, key)
    decide.run(settings, lake, key)
    label.run(settings, lake, key)
    answers = lake.scan("labels").filter(pl.col("kind") == "comment").collect()
    harms = answers.filter(
        pl.col("labels").list.set_intersection(["METHOD", "ENCOURAGEMENT", "HARASSMENT"]).list.len() > 0
    )
    helpful = answers.filter(pl.col("labels").list.contains("PROFESSIONAL_HELP"))
    # Licensed counsellors wrote them: what is called harm there is a false hit, and they send people on.
    assert harms.height <= answers.height // 200
    assert helpful.height >= answers.height // 10
