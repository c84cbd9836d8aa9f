"""The lake: atomic, conforming, private, and never the same input twice."""

import multiprocessing
import signal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from prefpairs.contracts import contract
from prefpairs.errors import BusyError, ConfigError, ContractError
from prefpairs.items import current_items
from prefpairs.lake import NO_TABLE, Lake
from prefpairs.stage import StageReport
from tests.support.rows import Row, append, comment, frame, post

REPORT = StageReport(stage="curate", rows_in=3, rows_out=2, dropped={"BOT": 1}, notes=("one bot",))


def tombstones(*hashes: str) -> pl.DataFrame:
    return frame("tombstones", [{"name_hash": name, "reason": "user", "requested_at": 1} for name in hashes])


def hashes(lake: Lake) -> list[str]:
    return lake.scan("tombstones").collect()["name_hash"].sort().to_list()


def test_table_that_was_never_written_is_empty(lake: Lake) -> None:
    assert lake.scan("pairs").collect().height == 0
    assert tuple(lake.scan("pairs").collect_schema().names()) == contract("pairs").columns
    assert lake.version("pairs") == NO_TABLE


def test_overwrite_remembers_what_it_was_made_from(lake: Lake) -> None:
    lake.overwrite("tombstones", tombstones("a"), fingerprint="first", report=REPORT)
    assert lake.report_if_current("tombstones", "first") == REPORT
    assert lake.report_if_current("tombstones", "second") is None


def test_table_of_an_earlier_version_gets_the_contracts_columns_when_it_is_made_again(lake: Lake) -> None:
    definition = contract("tombstones").schema
    lake.path("tombstones").mkdir(parents=True)
    write_deltalake(str(lake.path("tombstones")), pa.schema(list(definition)[:2]).empty_table())

    lake.overwrite("tombstones", tombstones("a"), fingerprint="first", report=REPORT)

    assert hashes(lake) == ["a"]
    assert pa.schema(DeltaTable(str(lake.path("tombstones"))).schema().to_arrow()).equals(definition)


def test_row_that_breaks_the_contract_leaves_the_table_as_it_was(lake: Lake) -> None:
    append(lake, "tombstones", [{"name_hash": "a", "reason": "user", "requested_at": 1}])
    version = lake.version("tombstones")
    with pytest.raises(ContractError):
        lake.append("tombstones", tombstones("b").with_columns(reason=pl.lit(None, pl.String)))
    assert (lake.version("tombstones"), hashes(lake)) == (version, ["a"])


def test_merge_adds_only_what_is_new(lake: Lake) -> None:
    assert lake.merge("tombstones", tombstones("a", "b")) == 2
    assert lake.merge("tombstones", tombstones("b", "c")) == 1
    assert hashes(lake) == ["a", "b", "c"]


def test_deleted_rows_are_gone_from_disk_after_a_purge(lake: Lake) -> None:
    append(lake, "posts", [post("t3_a", title="the canary Zebedee"), post("t3_b")])
    assert lake.delete_ids("posts", "name", ["t3_a", "it's not there"]) == 1
    assert holds_bytes(lake.root, b"Zebedee"), "Delta keeps the old file: this is why purge exists"
    assert lake.purge("posts") > 0
    assert not holds_bytes(lake.root, b"Zebedee")
    assert lake.scan("posts").collect()["name"].to_list() == ["t3_b"]


def holds_bytes(root: Path, needle: bytes) -> bool:
    import pyarrow.parquet as pq

    for path in root.rglob("*.parquet"):
        table = pq.read_table(path, partitioning=None)
        if any(needle in str(column).encode() for column in table.to_pydict().values()):
            return True
    return any(needle in path.read_bytes() for path in root.rglob("*") if path.is_file())


def test_replaced_partition_leaves_the_others(lake: Lake) -> None:
    append(lake, "posts", [post("t3_a", month="2023-10"), post("t3_b", month="2023-11")])
    rows = frame("posts", [post("t3_c", month="2023-11")])
    lake.replace_partition("posts", rows, where={"month": "2023-11"}, fingerprint="x")
    assert lake.scan("posts").collect()["name"].sort().to_list() == ["t3_a", "t3_c"]


def test_as_of_reads_an_older_version(lake: Lake) -> None:
    append(lake, "posts", [post("t3_a")])
    version = lake.version("posts")
    append(lake, "posts", [post("t3_b")])
    assert lake.scan("posts", version=version).collect()["name"].to_list() == ["t3_a"]


def test_stream_appears_at_once_with_its_transaction(lake: Lake) -> None:
    writer = lake.writer("posts")
    writer.write(frame("posts", [post("t3_a"), post("t3_b", month="2023-10", subreddit="Other")]))
    writer.write(frame("posts", [post("t3_c")]))
    assert lake.scan("posts").collect().height == 0
    writer.commit(transaction=("ingest:hash", 3))
    assert lake.scan("posts").collect()["name"].sort().to_list() == ["t3_a", "t3_b", "t3_c"]
    assert lake.scan("posts").filter(pl.col("subreddit") == "Other").collect()["month"].to_list() == ["2023-10"]
    assert lake.transaction_version("posts", "ingest:hash") == 3


def test_every_way_in_and_out_works_in_a_folder_whose_name_a_url_would_encode(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "my project (1) ü 50% #2" / "lake")
    append(lake, "posts", [post("t3_a"), post("t3_b", month="2023-10")])
    version = lake.version("posts")
    with lake.writer("posts") as writer:
        writer.write(frame("posts", [post("t3_c", subreddit="Other")]))
        writer.commit()
    assert lake.delete_ids("posts", "name", ["t3_a"]) == 1
    assert lake.merge("tombstones", tombstones("a")) == 1
    lake.overwrite("tombstones", tombstones("b"), fingerprint="first", report=REPORT)

    assert lake.scan("posts", version=version).collect()["name"].sort().to_list() == ["t3_a", "t3_b"]
    assert lake.purge("posts") > 0
    assert current_items(lake, "posts").collect()["name"].to_list() == ["t3_b", "t3_c"]
    assert lake.scan("posts").filter(subreddit="Other").collect()["name"].to_list() == ["t3_c"]
    assert hashes(lake) == ["b"]


def test_folder_behind_a_link_is_read_where_it_really_is(tmp_path: Path) -> None:
    (tmp_path / "a real folder").mkdir()
    (tmp_path / "link").symlink_to("a real folder")
    lake = Lake(tmp_path / "link" / "lake")
    append(lake, "posts", [post("t3_a")])
    assert lake.scan("posts").collect()["name"].to_list() == ["t3_a"]


@pytest.mark.parametrize("name", ["ü%20", "[copy]", "a|b", "a\\b", "a^b", "month=2023", "a*b", "what?", "a\tb"])
def test_folder_that_no_table_can_be_read_from_is_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(ConfigError, match="Rename the folder"):
        Lake(tmp_path / name / "lake")
    assert list(tmp_path.iterdir()) == []


def test_abandoned_stream_leaves_nothing(lake: Lake) -> None:
    writer = lake.writer("posts")
    writer.write(frame("posts", [post("t3_a")]))
    writer.abandon()
    assert list(lake.root.rglob("*.parquet")) == []


def test_files_are_private(lake: Lake) -> None:
    writer = lake.writer("posts")
    writer.write(frame("posts", [post("t3_a")]))
    writer.commit()
    assert {path.stat().st_mode & 0o777 for path in lake.root.rglob("*.parquet")} == {0o600}
    assert lake.root.stat().st_mode & 0o777 == 0o700


def _hold(
    root: Path, holds: "multiprocessing.synchronize.Event", release: "multiprocessing.synchronize.Event"
) -> None:
    with Lake(root).lock():
        holds.set()
        release.wait(30)


def test_second_run_is_refused_and_a_killed_one_frees_the_lake(lake: Lake) -> None:
    context = multiprocessing.get_context("spawn")
    holds, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(lake.root, holds, release))
    other.start()
    assert holds.wait(30)
    with pytest.raises(BusyError), lake.lock():
        pass
    assert other.pid is not None
    other.kill()
    other.join()
    assert other.exitcode == -signal.SIGKILL
    with lake.lock():
        pass


def test_live_reading_wins_over_an_archive_and_the_newest_over_the_older(lake: Lake) -> None:
    versions: list[Row] = [
        comment("t1_a", body="from the dump, fetched later", retrieved_on=300, input_hash="1"),
        comment("t1_a", body="live, early", source="reddit", retrieved_on=100, input_hash="2"),
        comment("t1_a", body="live, late", source="reddit", retrieved_on=200, input_hash="3"),
        comment("t1_b", body="only here"),
    ]
    append(lake, "comments", versions)
    bodies = current_items(lake, "comments").select("name", "body").collect()
    assert bodies.rows() == [("t1_a", "live, late"), ("t1_b", "only here")]


def test_one_deletion_counts_for_every_version(lake: Lake) -> None:
    append(
        lake,
        "comments",
        [
            comment("t1_a", was_deleted_later=True, removal_type="deleted", retrieved_on=1),
            comment("t1_a", source="reddit", retrieved_on=2, input_hash="2"),
        ],
    )
    row = current_items(lake, "comments").collect().row(0, named=True)
    assert (row["source"], row["was_deleted_later"], row["removal_type"]) == ("reddit", True, "deleted")


def test_stage_report_survives_json() -> None:
    assert StageReport.from_json(REPORT.to_json()) == REPORT


def test_nested_columns_conform(lake: Lake) -> None:
    rows = pl.DataFrame(
        {
            "thread_id": ["a"],
            "config": ["default"],
            "subreddit": ["HarbourTalk"],
            "month": ["2023-11"],
            "split": ["train"],
            "prompt": ["p"],
            "responses": [[{"response_id": "r", "text": "t", "score": 1, "percentile": 50.0}]],
            "pairs": [[{"chosen": 0, "rejected": 1, "weight": 1.0, "probability": 0.9}]],
        }
    )
    lake.overwrite("threads", rows, fingerprint="x", report=REPORT)
    written = lake.scan("threads").collect().to_arrow()
    assert contract("threads").conform(written).schema == contract("threads").schema
    assert isinstance(written, pa.Table)
