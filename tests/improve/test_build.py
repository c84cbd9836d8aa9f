"""From raw comments to published rows: what is in them, and what never is."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from prefpairs.config import Project, Settings
from prefpairs.config_deid import Deid
from prefpairs.contracts import contract
from prefpairs.deid import deidentify
from prefpairs.improve import build, select
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.decided import decided_comment
from tests.support.improving import BETTER, DRAFT, EDITED, edited, harmless, kept, label, pair, thread, write
from tests.support.rows import append, comment

SETTINGS = Settings(deid=Deid(workers=0, spacy_pipeline="blank:en"))
CANARIES = ("zebedee.quill@example.org", "u/zebedee_quill", "415-555-2671")
FROM = f"Write to {CANARIES[0]} or {CANARIES[1]}, or call {CANARIES[2]}."


def night(lake: Lake, key: ProjectKey, settings: Settings = SETTINGS) -> StageReport:
    """Select, de-identify and build; return the report of the last."""
    select.run(settings, lake, key, label=harmless)
    policy_hash = deidentify.run(settings, lake, key).inputs["policy_hash"]
    return build.run(settings, lake, key, policy_hash=policy_hash)


def built(lake: Lake) -> list[dict[str, Any]]:
    return lake.scan("improvements").collect().to_dicts()


def everything(lake: Lake) -> str:
    """Every byte that a table outside the raw zone holds, as text."""
    files = [
        path for path in lake.root.rglob("*") if path.is_file() and "raw" not in path.relative_to(lake.root).parts
    ]
    rows = [pl.read_parquet(path).to_dicts() if path.suffix == ".parquet" else path.read_text() for path in files]
    return str(rows)


def revise(lake: Lake, **changes: Any) -> None:
    row = {
        "revision_id": "r1", "post": "t3_p", "draft": f"{DRAFT} {FROM}", "revision": f"{BETTER} {FROM}",
        "reviser": "person", "input_hash": "file", "position": 1, **changes,
    }  # fmt: skip
    append(lake, "revisions", [row])


def test_a_row_is_the_prompt_the_draft_and_the_better_text(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(), [kept()])
    label(lake, {"t3_p": ["sleep"], "t1_e": ["RESOURCE"]})
    report = night(lake, key)
    (row,) = built(lake)
    public = key.derive("release:main")
    assert (row["draft"], row["better"], row["made_by"], row["reviser"]) == (DRAFT, BETTER, "edit", None)
    assert row["prompt"].startswith("How do I get through the week (<SOCIAL_HANDLE>)\n\nI have been feeling low")
    assert (row["draft_id"], row["better_id"]) == (public.public_id("t1_e"),) * 2
    assert (row["thread_id"], row["words_draft"]) == (public.public_id("t3_p"), len(DRAFT.split()))
    assert (row["labels_prompt"], row["labels_better"], row["labelled_draft"]) == (["sleep"], ["RESOURCE"], True)
    assert (report.rows_in, report.rows_out, dict(report.dropped)) == (1, 1, {})


def test_ids_of_another_series_cannot_be_joined(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(), [kept()])
    night(lake, key)
    (one,) = built(lake)
    night(lake, key, SETTINGS.model_copy(update={"project": Project(series="other")}))
    (other,) = built(lake)
    assert all(one[column] != other[column] for column in ("improvement_id", "thread_id", "draft_id", "better_id"))


@pytest.mark.parametrize("source", ["edit", "revision", "contrast"])
def test_what_identifies_somebody_is_in_no_table_but_the_raw_ones(
    lake: Lake, key: ProjectKey, source: str
) -> None:
    if source == "edit":
        thread(lake, edited(first=f"{DRAFT} {FROM}", current=f"{BETTER} {FROM}"), [kept()])
    elif source == "revision":
        thread(lake, [], [])
        revise(lake)
    else:
        rows = [comment("t1_a", body=f"{DRAFT} {FROM}"), comment("t1_b", body=f"{BETTER} {FROM}")]
        thread(lake, rows, [decided_comment("t1_a", 2), decided_comment("t1_b", 9)])
        write(lake, "selected_pairs", [pair("t1_b", "t1_a")])
    night(lake, key)
    (row,) = built(lake)
    assert row["made_by"] == source
    assert set(lake.scan("texts").collect()["field"]) == {"title", "selftext", "body"}
    for side in ("draft", "better"):
        assert all(
            placeholder in row[side] for placeholder in ("<EMAIL_ADDRESS>", "<REDDIT_USER>", "<PHONE_NUMBER>")
        )
    assert not [canary for canary in CANARIES if canary in everything(lake)]
    assert not [name for name in ("t1_e", "t3_p") if name in str({**row, "prompt": ""})]


def test_a_name_that_one_version_gives_away_is_masked_in_every_text_of_the_thread(
    lake: Lake, key: ProjectKey
) -> None:
    settings = SETTINGS.model_copy(
        update={"deid": SETTINGS.deid.model_copy(update={"disabled_recognizers": ("ListedNameRecognizer",)})}
    )
    first, current = f"{DRAFT} My sister Ana Wojcik did.", f"{BETTER} My sister Ana Wojcik did."
    rows = [
        *edited(first=first, current=current),
        comment("t1_a", body="wojcik is right, and a walk before noon helps"),
    ]
    thread(
        lake,
        [*rows, comment("t1_b", body=DRAFT)],
        [kept(), decided_comment("t1_a", 5), decided_comment("t1_b", 5)],
    )
    write(lake, "selected_pairs", [pair("t1_a", "t1_b", preference_probability=0.6)])
    night(lake, key, settings)
    texts = lake.scan("texts").filter(pl.col("text_id") == key.text_id("t1_a", "body")).collect()
    assert texts["text"].to_list() == ["<PERSON> is right, and a walk before noon helps"]


def test_an_identifier_that_its_author_took_out_is_not_published_masked_either(
    lake: Lake, key: ProjectKey
) -> None:
    thread(lake, edited(first=f"{DRAFT} {FROM}"), [kept()])
    assert dict(night(lake, key).dropped) == {"IDENTIFIER_TAKEN_OUT": 1}
    assert built(lake) == []


def test_a_new_edit_has_its_thread_done_again(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(), [kept()])
    night(lake, key)
    again = f"{BETTER} Write it down, too."
    append(lake, "comments", [{**edited(current=again)[1], "edited": EDITED + 60, "retrieved_on": 1_800_000_000}])
    night(lake, key)
    (row,) = built(lake)
    assert (row["draft"], row["better"]) == (DRAFT, again)
    assert lake.scan("texts").collect().height == 4


def test_the_second_night_does_nothing(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(), [kept()])
    first, second = night(lake, key), night(lake, key)
    assert (first.skipped, second.skipped, second.counts) == (False, True, first.counts)


@pytest.mark.parametrize("name", ["t3_p", "t1_e"])
def test_what_was_deleted_is_not_built(lake: Lake, key: ProjectKey, name: str) -> None:
    thread(lake, edited(), [kept()])
    night(lake, key)
    append(lake, "tombstones", [{"name_hash": key.name_hash(name), "reason": "user", "requested_at": 1}])
    assert dict(night(lake, key).dropped) == {"TOMBSTONE": 1}
    assert built(lake) == []


def test_a_revision_goes_with_the_post_that_was_deleted(lake: Lake, key: ProjectKey) -> None:
    thread(lake, [], [])
    revise(lake)
    append(lake, "tombstones", [{"name_hash": key.name_hash("t3_p"), "reason": "user", "requested_at": 1}])
    assert dict(night(lake, key).dropped) == {"TOMBSTONE": 1}


def test_a_text_of_another_policy_is_not_used(lake: Lake, key: ProjectKey) -> None:
    thread(lake, edited(), [kept()])
    night(lake, key)
    report = build.run(SETTINGS, lake, key, policy_hash="another policy")
    assert dict(report.dropped) == {"TEXT_MISSING": 1}


def test_what_only_differs_in_what_is_masked_is_no_improvement(lake: Lake, key: ProjectKey) -> None:
    thread(lake, [], [])
    revise(lake, draft=f"{DRAFT} {CANARIES[0]}", revision=f"{DRAFT} other.address@example.org")
    assert dict(night(lake, key).dropped) == {"SAME_TEXT": 1}


def test_a_thread_stays_in_its_split_and_rows_are_sorted_by_public_ids(lake: Lake, key: ProjectKey) -> None:
    posts = [f"t3_p{number}" for number in range(30)]
    rows = [row for post in posts for row in edited(post.replace("t3_p", "t1_e"), link_id=post, parent_id=post)]
    decisions = [kept(post.replace("t3_p", "t1_e"), link_id=post) for post in posts]
    thread(lake, rows, decisions, posts=posts)
    settings = SETTINGS.model_copy(
        update={"pairs": SETTINGS.pairs.model_copy(update={"validation_share": 0.3, "test_share": 0.3})}
    )
    night(lake, key, settings)
    table = lake.scan("improvements").collect()
    splits = dict(table.select("thread_id", "split").iter_rows())
    assert table.height == 30
    assert set(splits.values()) == {"train", "validation", "test"}
    assert table.columns == list(contract("improvements").columns)
    assert table["thread_id"].to_list() == sorted(table["thread_id"])


@pytest.mark.parametrize(("given", "published"), [(0.912345678, 0.9123), (1.0, 0.9999)])
def test_a_probability_is_published_without_the_noise_of_its_last_digits_and_never_as_certain(
    lake: Lake, key: ProjectKey, given: float, published: float
) -> None:
    rows = [comment("t1_a", body=DRAFT), comment("t1_b", body=BETTER)]
    thread(lake, rows, [decided_comment("t1_a", 2), decided_comment("t1_b", 9)])
    write(lake, "selected_pairs", [pair("t1_b", "t1_a", preference_probability=given)])
    night(lake, key)
    (row,) = built(lake)
    assert row["preference_probability"] == published


def test_without_candidates_the_table_is_there_and_empty(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    assert night(lake, key).rows_out == 0
    assert lake.exists("improvements")
