"""A project -> its two files: the same numbers, private, the same bytes again, and nobody's words."""

import json
from pathlib import Path

import polars as pl
import pytest

from prefpairs.audit.gold import shipped_gold
from prefpairs.audit.html import render
from prefpairs.audit.report import Report
from prefpairs.audit.run import Written, run
from prefpairs.config import Settings
from prefpairs.deid import deidentify
from prefpairs.improve import select
from prefpairs.lake import Lake
from tests.support.audits import small_project
from tests.support.improving import BETTER, DRAFT, edited, harmless, kept, thread
from tests.support.keys import KEY
from tests.support.rows import append, comment, post
from tests.support.selected import selected_pair, store_selected

CANARIES = ("Zebulon", "Quillfeather", "zq.canary@brockmere.net", "Wexcombe")
ADDRESS = {"start": 5, "end": 28, "entity_type": "EMAIL_ADDRESS"}
PLACE = {"start": 4, "end": 12, "entity_type": "LOCATION"}
GOLD = [
    {"id": "g1", "text": "mail zq.canary@brockmere.net", "spans": [ADDRESS]},
    {"id": "g2", "text": "so, Wexcombe it was", "spans": [PLACE]},
]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.ndjson"
    path.write_text("".join(json.dumps(record) + "\n" for record in GOLD), encoding="utf-8")
    return path


def _refreshed(settings: Settings) -> None:
    lake = Lake(settings.lake_folder)
    words = "I think that my brother Zebulon Quillfeather, zq.canary@brockmere.net, lives in Wexcombe now"
    append(lake, "posts", [post("t3_p", selftext=words)])
    append(lake, "comments", [comment("t1_a", body=f"{words}."), comment("t1_b", body="That is all that I know")])
    store_selected(lake, [selected_pair("t1_a", "t1_b")])
    deidentify.run(settings, lake, KEY)


def _files(written: Written) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in written.folder.iterdir()}


def test_both_files_hold_the_same_numbers(tmp_path: Path, gold: Path) -> None:
    settings = small_project(tmp_path)
    _refreshed(settings)
    written = run(settings, gold=gold)
    document = json.loads((written.folder / "report.json").read_bytes())
    assert written.page.read_text(encoding="utf-8") == render(document)
    assert Report.model_validate(document) == written.report
    assert written.report.project is not None
    assert written.report.project.texts == 4


def test_nobodys_words_are_in_the_report(tmp_path: Path, gold: Path) -> None:
    # The smallest counts that can be set: a word of one text in one thread may still not be shown.
    settings = small_project(tmp_path, toml="[audit]\nmin_count = 1\nword_min_threads = 2\n")
    _refreshed(settings)
    for content in _files(run(settings, gold=gold)).values():
        for canary in CANARIES:
            assert canary.lower() not in content.decode().lower()


def test_the_same_audit_again_gives_the_same_bytes(tmp_path: Path, gold: Path) -> None:
    settings = small_project(tmp_path)
    _refreshed(settings)
    first = _files(run(settings, gold=gold))
    assert _files(run(settings, gold=gold)) == first


def test_only_the_owner_can_read_it(tmp_path: Path, gold: Path) -> None:
    written = run(small_project(tmp_path), gold=gold)
    assert {path.stat().st_mode & 0o777 for path in written.folder.iterdir()} == {0o600}
    assert written.folder.stat().st_mode & 0o777 == 0o700


def test_without_a_refresh_only_gold_is_measured_and_the_report_says_so(tmp_path: Path, gold: Path) -> None:
    report = run(small_project(tmp_path), gold=gold).report
    assert (report.project, report.words, report.drift) == (None, None, None)
    assert report.confidence.source == "gold"
    assert (report.gold.texts, report.gold.documents.texts) == (2, 1)
    assert any(check.state == "not measured" and "prefpairs refresh" in check.sentence for check in report.checks)


def test_an_audit_is_compared_with_the_one_before_and_never_with_itself(tmp_path: Path, gold: Path) -> None:
    settings = small_project(tmp_path)
    _refreshed(settings)
    assert run(settings, gold=gold).report.drift is None
    changed = small_project(tmp_path, toml="[audit]\nwords_shown = 7\n")
    second = run(changed, gold=gold).report
    assert second.subject.sequence == 2
    assert second.drift is not None
    assert second.drift.previous_sequence == 1
    assert run(changed, gold=gold).report == second


def test_texts_of_another_policy_are_not_measured_as_this_ones(tmp_path: Path, gold: Path) -> None:
    _refreshed(small_project(tmp_path))
    stricter = small_project(tmp_path, toml="score_threshold = 0.6\n")
    assert run(stricter, gold=gold).report.project is None


def test_drafts_that_only_an_improvement_publishes_are_searched_too(tmp_path: Path, gold: Path) -> None:
    settings = small_project(tmp_path)
    lake = Lake(settings.lake_folder)
    thread(lake, edited(first=f"{DRAFT} Or write to {CANARIES[2]}."), [kept()])
    revision = {
        "revision_id": "r1", "post": "t3_p", "draft": f"{DRAFT} Mail {CANARIES[2]}!", "revision": BETTER,
        "reviser": "person", "input_hash": "file", "position": 1,
    }  # fmt: skip
    append(lake, "revisions", [revision])
    select.run(settings, lake, KEY, label=harmless)
    report = deidentify.run(settings, lake, KEY)
    texts = lake.scan("texts").collect()
    missed = texts.with_columns(text=pl.col("text").str.replace("<EMAIL_ADDRESS>", CANARIES[2], literal=True))
    lake.overwrite("texts", missed, fingerprint="missed", report=report)

    project = run(settings, gold=gold).report.project

    assert project is not None
    # Title and text of the post, both versions of the comment, the given draft and its revision.
    assert (project.texts, project.threads, project.communities) == (6, 1, 1)
    assert project.left_in_output == {"an e-mail address": 2}
    fields = {row.name for row in project.by_field}
    assert fields == {"title", "selftext", "body", "body:first", "draft", "revision"}


def test_an_audit_of_other_improvements_is_another_audit(tmp_path: Path, gold: Path) -> None:
    settings = small_project(tmp_path)
    _refreshed(settings)
    first = run(settings, gold=gold).report
    select.run(settings, Lake(settings.lake_folder), KEY)
    assert run(settings, gold=gold).report.subject.identity != first.subject.identity


def test_the_shipped_gold_is_generated_and_written_by_hand() -> None:
    assert {text.id.split("-")[0] for text in shipped_gold()} == {"heldout", "handwritten"}
