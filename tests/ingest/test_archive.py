import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from prefpairs.config import Ingest, Settings
from prefpairs.errors import SourceError
from prefpairs.files import sha256_file
from prefpairs.ingest.archive import ingest_file, run
from prefpairs.ingest.sink import TABLES
from prefpairs.items import current_items
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from prefpairs.stream_writer import StreamWriter
from tests.support.archives import comment, comments, frame, line, submission, write
from tests.support.keys import KEY
from tests.support.shared_data import shared_data


def ingest(lake: Lake, path: Path, *, source: str = "archive", **settings: Any) -> StageReport:
    return ingest_file(lake, path, source=source, settings=Ingest(**settings))


def names(lake: Lake, table: str) -> list[str]:
    return lake.scan(table).collect()["name"].sort().to_list()


def rows(lake: Lake, table: str) -> pl.DataFrame:
    frame = lake.scan(table).collect()
    return frame.sort([name for name in ("name", "position") if name in frame.columns])


def test_comment_becomes_a_row_and_a_look_at_its_score(lake: Lake, tmp_path: Path) -> None:
    path = write(tmp_path / "RC.ndjson", line(comment(created_utc="1700000000", retrieved_on=1_700_360_000)))
    report = ingest(lake, path)
    row = rows(lake, "comments").row(0, named=True)
    assert row == {
        "name": "t1_k1", "link_id": "t3_p1", "parent_id": "t3_p1", "subreddit": "Anxiety", "author": "someone",
        "created_utc": 1_700_000_000, "body": "some words", "score": 5, "score_hidden": False,
        "controversiality": 0, "stickied": False, "distinguished": None, "is_submitter": None, "edited": None,
        "collapsed_reason_code": None, "removal_type": None, "source": "archive", "input_hash": sha256_file(path),
        "retrieved_on": 1_700_360_000, "was_deleted_later": False, "month": "2023-11",
    }  # fmt: skip
    look = rows(lake, "score_observations").row(0, named=True)
    assert look["age_h"] == 100
    assert (look["name"], look["observed_at"], look["score"]) == ("t1_k1", 1_700_360_000, 5)
    assert (report.rows_in, report.rows_out, report.counts["comments"]) == (1, 1, 1)


def test_post_becomes_a_row_and_a_look_at_its_score(lake: Lake, tmp_path: Path) -> None:
    ingest(lake, write(tmp_path / "RS.ndjson", line(submission(hide_score=True, retrieved_on=...))))
    row = rows(lake, "posts").row(0, named=True)
    assert (row["title"], row["selftext"], row["is_self"], row["hide_score"]) == (
        "a title",
        "some words",
        True,
        True,
    )
    look = rows(lake, "score_observations").row(0, named=True)
    assert (look["score_hidden"], look["upvote_ratio"], look["observed_at"], look["age_h"]) == (
        True,
        0.9,
        None,
        None,
    )


def test_entities_are_decoded_once_and_only_in_archives(lake: Lake, tmp_path: Path) -> None:
    path = write(tmp_path / "RC.ndjson", line(comment(body="&gt; a &amp;lt; b")))
    ingest(lake, path)
    other = Lake(tmp_path / "other")
    ingest(other, path, source="reddit")
    assert rows(lake, "comments")["body"].to_list() == ["> a &lt; b"]
    assert rows(other, "comments")["body"].to_list() == ["&gt; a &amp;lt; b"]


def test_bad_lines_are_quarantined_and_cost_nothing_else(lake: Lake, tmp_path: Path) -> None:
    lines = [
        line(comment(id="good1")),
        line(comment()).replace(b"some words", b"\xff\xfe"),
        b"\0" + line(comment()),
        b"\n",
        line(comment(body="\ud83d")),
        line(comment(subreddit="../../x")),
        line(comment(id="good2", score=None)),
        b"x" * 5000 + b"\n",
        line(submission()),
        line(comment())[:50],
    ]
    report = ingest(lake, write(tmp_path / "RC.ndjson", b"".join(lines)), max_line_bytes=1024)
    assert names(lake, "comments") == ["t1_good1", "t1_good2"]
    assert names(lake, "posts") == ["t3_p1"]
    assert rows(lake, "quarantine").select("position", "reason").rows() == [
        (2, "INVALID_UTF8"), (3, "NUL"), (5, "LONE_SURROGATE"), (6, "BAD_SUBREDDIT"), (8, "LINE_TOO_LONG"),
        (10, "INVALID_JSON"),
    ]  # fmt: skip
    assert rows(lake, "quarantine")["first_bytes"].to_list()[4] == b"x" * 200
    assert (report.rows_in, report.rows_out, sum(report.quarantined.values())) == (9, 3, 6)


def test_hostile_subreddit_writes_nothing_outside_the_lake(lake: Lake, tmp_path: Path) -> None:
    hostile = [
        line(comment(id=f"a{n}", subreddit=name)) for n, name in enumerate(["../../x", "..", "a/b", "", "a\0b"])
    ]
    path = write(tmp_path / "RC.ndjson", b"".join([*hostile, line(comment())]))
    ingest(lake, path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["RC.ndjson", "lake"]
    assert [item.name for item in lake.path("comments").iterdir() if item.name.startswith("sub")] == [
        "subreddit=Anxiety"
    ]
    assert names(lake, "comments") == ["t1_k1"]


def test_second_reading_of_a_file_does_nothing(lake: Lake, tmp_path: Path) -> None:
    path = write(tmp_path / "RC.zst", frame(b"".join(comments(3))))
    settings = Settings(root=tmp_path, ingest=Ingest(archives=(Path("RC.zst"),)))
    first, again = run(settings, lake, KEY), run(settings, lake, KEY)
    assert (first.rows_out, first.skipped) == (3, False)
    assert (again.rows_out, again.skipped, again.counts["files_already_read"]) == (0, True, 1)
    assert again.inputs == {"RC.zst": sha256_file(path)}
    assert len(names(lake, "comments")) == 3
    assert [lake.version(table) for table in TABLES] == [1, 1, 1, 1]


def test_folder_is_read_in_the_order_of_its_names_and_other_files_are_left_alone(
    lake: Lake, tmp_path: Path
) -> None:
    folder = tmp_path / "dumps" / "reddit"
    folder.mkdir(parents=True)
    write(folder / "b_comments.zst", frame(b"".join(comments(2))))
    write(folder / "a_submissions.jsonl", line(submission()))
    write(folder / "c.json.gz", gzip.compress(line(comment(id="zipped"))))
    write(folder / "README.txt", b"about")
    write(folder / ".half.zst", b"")
    report = run(Settings(root=tmp_path, ingest=Ingest(archives=(Path("dumps"),))), lake, KEY)
    assert list(report.inputs) == ["a_submissions.jsonl", "b_comments.zst", "c.json.gz"]
    assert (report.counts["posts"], report.counts["comments"], report.counts["files_read"]) == (1, 3, 3)


def test_missing_archive_is_an_error_that_names_it(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"RC_2030-01\.zst"):
        run(Settings(root=tmp_path, ingest=Ingest(archives=(Path("RC_2030-01.zst"),))), lake, KEY)


def test_folder_without_an_archive_is_named_beside_one_that_has_some(lake: Lake, tmp_path: Path) -> None:
    for folder in ("full", "empty"):
        (tmp_path / folder).mkdir()
    write(tmp_path / "full" / "RC.ndjson", line(comment()))
    write(tmp_path / "empty" / "RC.rar", b"?")
    settings = Settings(root=tmp_path, ingest=Ingest(archives=(Path("full"), Path("empty"))))
    report = run(settings, lake, KEY)
    assert len(report.notes) == 1
    assert f"No archive lies in {tmp_path / 'empty'}" in report.notes[0]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda packed: packed[: len(packed) * 2 // 3], "CUT_ARCHIVE"),
        (lambda packed: packed + b"garbage", "CORRUPT_ARCHIVE"),
    ],
)
def test_damaged_archive_gives_its_good_lines_and_is_never_taken_for_whole(
    lake: Lake, tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    halves = [b"".join(comments(3)), b"".join(line(comment(id=f"d{number}")) for number in range(3))]
    packed = frame(halves[0]) + frame(halves[1])
    path = write(tmp_path / "RC.zst", damage(packed))
    settings = Settings(root=tmp_path, ingest=Ingest(archives=(Path("RC.zst"),)))
    report = run(settings, lake, KEY)
    assert report.counts["incomplete_files"] == 1
    assert report.quarantined == {reason: 1}
    assert "RC.zst" in report.notes[0]
    assert {"t1_c0", "t1_c1", "t1_c2"} <= set(names(lake, "comments"))

    again = run(settings, lake, KEY)
    assert (again.skipped, again.counts["incomplete_files"], again.notes) == (True, 1, report.notes)

    write(path, packed)
    whole = run(settings, lake, KEY)
    assert (whole.counts["incomplete_files"], whole.rows_out) == (0, 6)
    assert current_items(lake, "comments").collect()["name"].to_list() == [
        "t1_c0", "t1_c1", "t1_c2", "t1_d0", "t1_d1", "t1_d2",
    ]  # fmt: skip


def test_subreddits_are_kept_whatever_their_case_and_others_are_counted(lake: Lake, tmp_path: Path) -> None:
    kept = [line(comment(id="a", subreddit="Anxiety")), line(comment(id="b", subreddit="ANXIETY"))]
    others = [
        line(comment(id="c", subreddit="ADHD")),
        line(submission(subreddit="Anxiety2", selftext="Anxiety é")),
    ]
    report = ingest(lake, write(tmp_path / "RC.ndjson", b"".join(kept + others)), subreddits=("anxiety",))
    assert names(lake, "comments") == ["t1_a", "t1_b"]
    assert report.dropped == {"OTHER_SUBREDDIT": 2}
    assert report.rows_in == 4


def test_community_named_later_is_read_from_the_same_file_and_only_that_one(lake: Lake, tmp_path: Path) -> None:
    lines = [line(comment(id="a", subreddit="Anxiety")), b"half a line\n", line(comment(id="b", subreddit="ADHD"))]
    path = write(tmp_path / "RC.ndjson", b"".join(lines))
    ingest(lake, path, subreddits=("Anxiety",))
    assert ingest(lake, path, subreddits=("anxiety",)).skipped
    ingest(lake, path, subreddits=("Anxiety", "adhd"))
    assert names(lake, "comments") == names(lake, "score_observations") == ["t1_a", "t1_b"]
    assert rows(lake, "quarantine")["position"].to_list() == [2]
    assert ingest(lake, path, subreddits=("ADHD",)).skipped


def test_deleted_item_does_not_come_back_with_an_archive(lake: Lake, tmp_path: Path, key: ProjectKey) -> None:
    tombstone = {"name_hash": key.name_hash("t1_c1"), "reason": "user", "requested_at": 1, "applied_at": None}
    schema = lake.scan("tombstones").collect_schema()
    lake.append("tombstones", pl.DataFrame([tombstone], schema=schema))
    path = write(tmp_path / "RC.ndjson", b"".join(comments(3)))
    report = ingest_file(lake, path, source="archive", settings=Ingest(), key=key)
    assert names(lake, "comments") == ["t1_c0", "t1_c2"]
    assert report.dropped == {"TOMBSTONED": 1}


@pytest.mark.parametrize("crash_at", TABLES)
def test_crash_between_two_commits_is_repaired_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash_at: str
) -> None:
    lines = [*comments(3), b"half a line\n", line(submission())]
    path = write(tmp_path / "RC.ndjson", b"".join(lines))
    undisturbed, crashed = Lake(tmp_path / "undisturbed"), Lake(tmp_path / "crashed")
    ingest(undisturbed, path)

    commit = StreamWriter.commit

    def crash(self: StreamWriter, **options: Any) -> None:
        if self._contract.table == crash_at:
            raise KeyboardInterrupt
        commit(self, **options)

    with monkeypatch.context() as patch:
        patch.setattr(StreamWriter, "commit", crash)
        with pytest.raises(KeyboardInterrupt):
            ingest(crashed, path)
    assert not crashed.exists("posts")
    assert not ingest(crashed, path).skipped
    for table in TABLES:
        assert_frame_equal(rows(crashed, table), rows(undisturbed, table))
    assert len(list(crashed.root.rglob("*.parquet"))) == len(list(undisturbed.root.rglob("*.parquet")))


def test_file_that_changes_while_it_is_read_is_refused(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "RC.ndjson", b"".join(comments(2)))
    write_rows = StreamWriter.write

    def grow(self: StreamWriter, data: Any) -> None:
        write(path, b"".join(comments(3)))
        write_rows(self, data)

    monkeypatch.setattr(StreamWriter, "write", grow)
    with pytest.raises(SourceError, match="changed while it was read"):
        ingest(lake, path)
    assert names(lake, "comments") == []
    assert list(lake.root.rglob("*.parquet")) == []


def test_watermark_is_stored_with_the_rows_even_if_the_bytes_are_known(lake: Lake, tmp_path: Path) -> None:
    path = write(tmp_path / "capture.ndjson", line(submission()))
    for version in (7, 9):
        ingest_file(lake, path, source="reddit", settings=Ingest(), transaction=("reddit:anxiety", version))
        assert lake.transaction_version("posts", "reddit:anxiety") == version
    assert names(lake, "posts") == ["t3_p1"]


def test_empty_file_is_whole_and_gives_nothing(lake: Lake, tmp_path: Path) -> None:
    report = ingest(lake, write(tmp_path / "RC.ndjson", b""))
    assert (report.rows_in, report.rows_out, report.counts["incomplete_files"]) == (0, 0, 0)


def test_real_dump_lines_of_eight_eras_are_all_read(lake: Lake, tmp_path: Path) -> None:
    folder = shared_data("reddit/pushshift-importer-testdata")
    report = run(Settings(root=tmp_path, ingest=Ingest(archives=(folder,))), lake, KEY)
    assert (report.counts["comments"], report.counts["posts"], report.quarantined) == (27, 31, {})
    assert rows(lake, "posts")["was_deleted_later"].sum() == 3
    assert rows(lake, "comments").null_count()["created_utc"].item() == 0
    assert rows(lake, "score_observations").height == 58
