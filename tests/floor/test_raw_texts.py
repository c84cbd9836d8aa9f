"""A fullname and a field name one raw text, whatever the order in which its looks came."""

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prefpairs.lake import Lake
from prefpairs.raw_texts import raw_texts, selected_texts
from prefpairs.stage import StageReport
from tests.support.rows import CREATED, Row, append, comment, frame, post
from tests.support.selected import selected_pair, store_selected

LOOKS = [
    # Fetched last, for the votes, and still the text that was seen first.
    comment("t1_e", body="as written", edited=None, source="archive", retrieved_on=CREATED + 900),
    comment("t1_e", body="edited once", edited=CREATED + 100, source="archive", retrieved_on=CREATED + 200),
    comment("t1_e", body="edited twice", edited=CREATED + 500, source="reddit", retrieved_on=CREATED + 600),
    comment("t1_e", body="[removed]", edited=None, source="archive", retrieved_on=CREATED + 50),
]


def texts(lake: Lake, *wanted: tuple[str, str]) -> list[tuple[str, ...]]:
    asked = pl.DataFrame(wanted, schema={"name": pl.String, "field": pl.String}, orient="row")
    return raw_texts(lake, asked).rows()


@given(st.permutations(LOOKS))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_first_is_the_unedited_text_and_body_the_newest_look(tmp_path_factory: object, looks: list[Row]) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))  # type: ignore[attr-defined]
    append(lake, "comments", looks)
    assert texts(lake, ("t1_e", "body:first"), ("t1_e", "body")) == [
        ("t1_e", "body", "edited twice"),
        ("t1_e", "body:first", "as written"),
    ]


def test_an_edit_at_an_unknown_time_is_older_than_one_whose_time_is_known(lake: Lake) -> None:
    append(lake, "comments", [LOOKS[2], comment("t1_e", body="seen by a dump", edited=0)])
    assert texts(lake, ("t1_e", "body:first")) == [("t1_e", "body:first", "seen by a dump")]


def test_a_revision_that_two_files_brought_is_one_text(lake: Lake) -> None:
    row = {"revision_id": "r1", "post": "t3_p", "draft": "the draft", "revision": "the revision"}
    rows = [{**row, "reviser": "person", "input_hash": file, "position": 1} for file in ("f1", "f2")]
    append(lake, "revisions", rows)
    assert texts(lake, ("t3_p", "revision:r1"), ("t3_p", "draft:r1")) == [
        ("t3_p", "draft:r1", "the draft"),
        ("t3_p", "revision:r1", "the revision"),
    ]


def test_what_is_not_there_is_left_out(lake: Lake) -> None:
    append(lake, "posts", [post("t3_p", title="a title")])
    asked = [("t3_p", "title"), ("t3_q", "title"), ("t1_x", "body"), ("t1_x", "body:first"), ("t3_p", "draft:r1")]
    assert texts(lake, *asked) == [("t3_p", "title", "a title")]
    assert texts(lake) == []


def test_a_text_that_a_pair_and_an_improvement_name_is_selected_once(lake: Lake) -> None:
    store_selected(lake, [selected_pair("t1_a", "t1_b")])
    better: Row = {
        "link_id": "t3_p", "draft_name": "t1_e", "draft_field": "body:first", "better_name": "t1_a",
        "better_field": "body", "made_by": "edit", "similarity": 0.5, "similarity_by": "words",
        "subreddit": "HarbourTalk", "month": "2023-11", "labels_prompt": [], "labels_draft": [],
        "labels_better": [], "labelled_draft": False, "labelled_better": False, "split": "train",
    }  # fmt: skip
    rows = frame("selected_improvements", [better])
    lake.overwrite("selected_improvements", rows, fingerprint="literal", report=StageReport(stage="test"))
    assert selected_texts(lake).select("name", "field").rows() == [
        ("t1_a", "body"),
        ("t1_b", "body"),
        ("t1_e", "body:first"),
        ("t3_p", "selftext"),
        ("t3_p", "title"),
    ]
