"""The stage: what is read, what is written, and what happens on the second night."""

from typing import Any

import polars as pl
import pytest

from prefpairs.config import Deid, Settings
from prefpairs.deid import deidentify, workers
from prefpairs.deid.engine import Engine
from prefpairs.deid.recognizers.persons import PersonPatternRecognizer
from prefpairs.errors import DeidentifyError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.rows import append, comment, frame, post

INLINE = Settings(deid=Deid(workers=0))
NAMED = "my sister Ana said so, and kik: sadboi99"


def _select(lake: Lake, *pairs: tuple[str, str, str]) -> None:
    ordinary: dict[str, Any] = {
        "subreddit": "HarbourTalk", "month": "2023-11", "score_chosen": 9, "score_rejected": 2, "score_gap": 7,
        "percentile_chosen": 90.0, "percentile_rejected": 10.0, "unvoted": False, "preset": "shp",
        "split": "train",
    }  # fmt: skip
    keys = ("link_id", "chosen_name", "rejected_name")
    rows = [{**ordinary, **dict(zip(keys, pair, strict=True))} for pair in pairs]
    lake.overwrite(
        "selected_pairs", frame("selected_pairs", rows), fingerprint=str(pairs), report=StageReport(stage="select")
    )


def _one_pair(lake: Lake, *, chosen: str = NAMED, rejected: str = "just go outside") -> None:
    append(lake, "posts", [post(title="Hi from u/asker_1", selftext="I'm Tom")])
    append(lake, "comments", [comment("t1_a", body=chosen), comment("t1_b", body=rejected), comment("t1_unread")])
    _select(lake, ("t3_p", "t1_a", "t1_b"))


def _texts(lake: Lake) -> dict[str, str]:
    return dict(lake.scan("texts").select("text_id", "text").collect().rows())


def _spans(lake: Lake) -> pl.DataFrame:
    return lake.scan("spans").collect().sort("text_id", "start")


def test_only_texts_of_selected_pairs_are_read_and_masked(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    report = deidentify.run(INLINE, lake, key)
    assert _texts(lake) == {
        key.text_id("t3_p", "title"): "Hi from <REDDIT_USER>",
        key.text_id("t3_p", "selftext"): "I'm <PERSON>",
        key.text_id("t1_a", "body"): "my sister <PERSON> said so, and kik: <SOCIAL_HANDLE>",
        key.text_id("t1_b", "body"): "just go outside",
    }
    assert (report.rows_in, report.rows_out, report.skipped, report.dropped) == (4, 4, False, {})
    assert report.counts == {
        "texts_cached": 0, "texts_new": 4, "spans.PERSON": 2, "spans.REDDIT_USER": 1, "spans.SOCIAL_HANDLE": 1,
    }  # fmt: skip


def test_a_span_says_where_in_the_raw_text_and_not_what(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    deidentify.run(INLINE, lake, key)
    body = _spans(lake).filter(pl.col("text_id") == key.text_id("t1_a", "body"))
    found = [NAMED[start:end] for start, end in body.select("start", "end").rows()]
    assert found == ["Ana", "sadboi99"]
    assert set(body.get_column("field")) == {"body"}


def test_the_second_night_does_nothing_and_reports_the_same_spans(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    first = deidentify.run(INLINE, lake, key)
    versions = {table: lake.version(table) for table in ("texts", "spans")}
    second = deidentify.run(INLINE, lake, key)
    assert second.skipped
    assert second.counts == {**first.counts, "texts_cached": 4, "texts_new": 0}
    assert {table: lake.version(table) for table in ("texts", "spans")} == versions


def test_another_policy_keeps_the_first_ones_rows(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    first = deidentify.run(INLINE, lake, key)
    other = deidentify.run(Settings(deid=Deid(workers=0, ignored_entities=("PERSON",))), lake, key)
    again = deidentify.run(INLINE, lake, key)
    assert "spans.PERSON" not in other.counts
    assert again.skipped
    assert again.counts["spans.PERSON"] == first.counts["spans.PERSON"]


def test_an_edited_text_is_done_again_and_its_old_version_is_gone(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    deidentify.run(INLINE, lake, key)
    append(lake, "comments", [comment("t1_a", body="my brother Max said so", retrieved_on=2_000_000_000)])
    report = deidentify.run(INLINE, lake, key)
    text_id = key.text_id("t1_a", "body")
    assert lake.scan("texts").filter(pl.col("text_id") == text_id).collect().get_column("text").to_list() == [
        "my brother <PERSON> said so"
    ]
    assert _spans(lake).filter(pl.col("text_id") == text_id).height == 1
    assert (report.counts["texts_new"], report.counts["texts_cached"]) == (1, 3)


def test_the_same_words_are_read_once_however_often_they_were_written(lake: Lake, key: ProjectKey) -> None:
    told: list[tuple[int, int]] = []
    _one_pair(lake, chosen=NAMED, rejected=NAMED)
    deidentify.run(INLINE, lake, key, progress=lambda done, total: told.append((done, total)))
    append(lake, "comments", [comment("t1_c", body=NAMED)])
    _select(lake, ("t3_p", "t1_a", "t1_b"), ("t3_p", "t1_c", "t1_b"))
    report = deidentify.run(INLINE, lake, key, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 3), (2, 3), (3, 3)]
    bodies = [key.text_id(name, "body") for name in ("t1_a", "t1_b", "t1_c")]
    assert len({_texts(lake)[text_id] for text_id in bodies}) == 1
    assert [_spans(lake).filter(pl.col("text_id") == text_id).height for text_id in bodies] == [2, 2, 2]
    assert (report.counts["texts_new"], report.skipped) == (0, False)


def test_a_run_that_was_cut_off_between_spans_and_texts_leaves_no_double(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    deidentify.run(INLINE, lake, key)
    expected = _spans(lake)
    lake.delete_ids("texts", "text_id", sorted(_texts(lake)))
    deidentify.run(INLINE, lake, key)
    assert _spans(lake).equals(expected)


def test_a_text_that_a_recognizer_cannot_read_is_counted_and_never_published(
    lake: Lake, key: ProjectKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = PersonPatternRecognizer.analyze

    def breaks(self: PersonPatternRecognizer, text: str, *rest: Any) -> Any:
        if "sister" in text:
            raise RuntimeError(text)
        return original(self, text, *rest)

    monkeypatch.setattr(PersonPatternRecognizer, "analyze", breaks)
    _one_pair(lake)
    report = deidentify.run(INLINE, lake, key)
    assert report.dropped == {"DEID_FAILED": 1}
    assert (report.rows_in, report.rows_out) == (4, 3)
    assert key.text_id("t1_a", "body") not in _texts(lake)


def test_a_pair_whose_comment_is_not_there_is_counted(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    _select(lake, ("t3_p", "t1_a", "t1_gone"))
    assert deidentify.run(INLINE, lake, key).dropped == {"NOT_FOUND": 1}


def test_no_pairs_means_no_work(lake: Lake, key: ProjectKey) -> None:
    report = deidentify.run(INLINE, lake, key)
    assert (report.rows_in, report.skipped) == (0, True)


def test_workers_and_small_commits_give_the_same_rows(lake: Lake, key: ProjectKey) -> None:
    _one_pair(lake)
    inline = Lake(lake.root.parent / "inline")
    _one_pair(inline)
    settings = Settings(deid=Deid(workers=2, chunk_texts=1, commit_texts=3))
    deidentify.run(settings, lake, key)
    deidentify.run(INLINE, inline, key)
    for table in ("texts", "spans"):
        both = [one.scan(table).collect().sort(pl.all()) for one in (lake, inline)]
        assert both[0].equals(both[1])


def test_a_worker_that_dies_is_an_error_that_quotes_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A worker that would mask by another policy refuses to start, which ends its process.
    monkeypatch.setattr(engine, "policy_hash", "another policy")
    settings = Deid(workers=1, chunk_texts=1)
    with pytest.raises(DeidentifyError) as raised:
        list(workers.deidentify_all(engine, settings, ["my name is Zebulon", "two"]))
    assert "Zebulon" not in str(raised.value)
