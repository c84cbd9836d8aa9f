import csv
import itertools
import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.ingest.records import Comment, Reason, RecordReader, Submission, surely_elsewhere
from tests.support.archives import Json, comment, line, submission
from tests.support.shared_data import shared_data


def read(record: Json | bytes) -> Comment | Submission | Reason:
    return RecordReader().read(record if isinstance(record, bytes) else line(record))


def read_comment(**fields: Any) -> Comment:
    record = read(comment(**fields))
    assert isinstance(record, Comment)
    return record


def read_submission(**fields: Any) -> Submission:
    record = read(submission(**fields))
    assert isinstance(record, Submission)
    return record


@pytest.mark.parametrize("value", [1_420_070_400, "1420070400", 1420070400.0, "1420070400.0"])
def test_created_utc_of_every_era_is_a_whole_second(value: Any) -> None:
    assert read_comment(created_utc=value).created_utc == 1_420_070_400
    assert read_submission(created_utc=value).created_utc == 1_420_070_400


def test_month_is_the_one_in_utc() -> None:
    assert read_comment(created_utc=1_420_070_399).month == "2014-12"
    assert read_comment(created_utc=1_420_070_400).month == "2015-01"
    assert read_comment(created_utc=None).month == "unknown"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (False, None),
        (..., None),
        (None, None),
        (True, 0),
        (1_420_070_400, 1_420_070_400),
        (1420070400.0, 1_420_070_400),
    ],
)
def test_edited_of_every_era(value: Any, seconds: int | None) -> None:
    assert read_comment(edited=value).edited == seconds


def test_text_that_changed_at_the_second_look_is_edited() -> None:
    assert read_comment(_meta={"is_edited": True}).edited == 0
    assert read_comment(_meta={"is_edited": True}, edited=1_700_000_100).edited == 1_700_000_100


@pytest.mark.parametrize(("value", "score"), [(-3, -3), (4.0, 4), (None, None), (..., None)])
def test_score_of_every_era(value: Any, score: int | None) -> None:
    assert read_comment(score=value).score == score


def test_fullname_is_built_from_the_id_and_the_other_way_round() -> None:
    assert read_comment(name=...).name == "t1_k1"
    assert read_submission(name=...).name == "t3_p1"
    assert read_comment(id=..., name="t1_k9").name == "t1_k9"


@pytest.mark.parametrize(
    ("fields", "time"),
    [
        ({"retrieved_on": 100}, 100),
        ({"retrieved_on": ..., "retrieved_utc": 200}, 200),
        ({"retrieved_on": 300, "retrieved_utc": 200}, 300),
        ({"retrieved_on": 300, "_meta": {"retrieved_2nd_on": 400}}, 400),
        ({"retrieved_on": 300, "_meta": {"note": "no_2nd_retrieval"}}, 300),
        ({"retrieved_on": None}, None),
        ({"retrieved_on": ...}, None),
    ],
)
def test_score_was_read_at_the_newest_look(fields: Json, time: int | None) -> None:
    assert read_comment(**fields).retrieved_on == time


@pytest.mark.parametrize(
    ("meta", "deleted", "removal_type"),
    [
        ({"was_deleted_later": True, "removal_type": "deleted"}, True, "deleted"),
        ({"was_deleted_later": True}, True, None),
        ({"removal_type": "moderator"}, True, "moderator"),
        ({"was_initially_deleted": True, "removal_type": "moderator"}, False, None),
        ({"was_initially_deleted": True, "was_deleted_later": True, "removal_type": "deleted"}, True, "deleted"),
        ({"retrieved_2nd_on": 5}, False, None),
        ({}, False, None),
    ],
)
def test_deletion_that_the_archive_knows_of_is_kept(meta: Json, deleted: bool, removal_type: str | None) -> None:
    record = read_submission(_meta=meta)
    assert (record.was_deleted_later, record.removal_type) == (deleted, removal_type)


def test_kind_is_found_from_the_record_whatever_came_before() -> None:
    reader = RecordReader()
    kinds = [comment(), submission(), submission(), comment(), comment(), submission()]
    assert [type(reader.read(line(record))) for record in kinds] == [
        Comment, Submission, Submission, Comment, Comment, Submission,
    ]  # fmt: skip


def test_comment_that_carries_the_title_of_its_post_is_a_comment() -> None:
    reader = RecordReader()
    reader.read(line(submission()))
    assert isinstance(reader.read(line(comment(title="of the post"))), Comment)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (line(comment()).replace(b"some words", b"\xff\xfe"), Reason.INVALID_UTF8),
        (line(comment()).replace(b"some words", b"so\0me"), Reason.NUL),
        (b"\0\0\0" + line(comment()), Reason.NUL),
        (line(comment(body="a\0b")), Reason.NUL),
        (line(submission(title="\0")), Reason.NUL),
        (line(submission(selftext="\0")), Reason.NUL),
        (line(comment(body="\ud83d")), Reason.LONE_SURROGATE),
        (line(submission(title="\udc00 x")), Reason.LONE_SURROGATE),
        (line(comment())[:60], Reason.INVALID_JSON),
        (b"<html>", Reason.INVALID_JSON),
        (b"[" * 100_000, Reason.INVALID_JSON),
        (b"[1]", Reason.NOT_A_RECORD),
        (b'"text"', Reason.NOT_A_RECORD),
        (b"{}", Reason.NOT_A_RECORD),
        (b'{"body": "no link", "id": "a"}', Reason.NOT_A_RECORD),
        (line(comment(id=..., name=...)), Reason.MISSING_ID),
        (line(submission(id=..., name="")), Reason.MISSING_ID),
        (line(comment(subreddit="../../x")), Reason.BAD_SUBREDDIT),
        (line(comment(subreddit=...)), Reason.BAD_SUBREDDIT),
        (line(comment(subreddit="a" * 22)), Reason.BAD_SUBREDDIT),
        (line(comment(subreddit="Anxiety\n")), Reason.BAD_SUBREDDIT),
        (line(comment(score="many")), Reason.BAD_FIELD),
        (line(comment(score=1.5)), Reason.BAD_FIELD),
        (line(comment(score=10**30)), Reason.BAD_FIELD),
        (line(comment(created_utc="yesterday")), Reason.BAD_FIELD),
        (line(comment(created_utc="inf")), Reason.BAD_FIELD),
        (line(comment(created_utc=-1)), Reason.BAD_FIELD),
        (line(comment(created_utc=10**12)), Reason.BAD_FIELD),
        (line(comment(stickied="yes")), Reason.BAD_FIELD),
        (line(comment(body=3)), Reason.BAD_FIELD),
        (line(comment(link_id="../p1")), Reason.BAD_FIELD),
        (line(comment(parent_id=...)), Reason.BAD_FIELD),
        (line(comment(id="../../x")), Reason.BAD_FIELD),
        (line(submission(_meta="text")), Reason.BAD_FIELD),
    ],
)
def test_line_that_cannot_be_used_says_why(content: bytes, reason: Reason) -> None:
    assert read(content) is reason


@pytest.mark.parametrize("name", ["ADHD", "u_some-one", "u_" + "x" * 20, "reddit.com", "a" * 21])
def test_name_that_reddit_allows_is_a_community(name: str) -> None:
    assert read_comment(subreddit=name).subreddit == name


def test_escaped_pair_of_surrogates_is_one_character() -> None:
    assert read_comment(body="\U0001f600").body == "\U0001f600"


def test_half_a_pair_in_a_field_of_no_interest_costs_the_line_too() -> None:
    assert read(comment(author_flair_text="\ud83d")) is Reason.LONE_SURROGATE


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_a_reason(content: bytes) -> None:
    assert isinstance(read(content), Comment | Submission | Reason)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from([comment(), submission()]), st.data())
def test_any_value_in_any_field_is_a_record_or_a_reason(record: Json, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([*sorted(record), "_meta", "retrieved_utc"]))
    value = data.draw(_JSON)
    assert isinstance(read(json.dumps({**record, field: value}).encode()), Comment | Submission | Reason)


_EXAMPLES: dict[str, list[Any]] = {
    "int": [1_500_000_000],
    "float": [1_500_000_000.0],
    "bool": [False, True],
    "string": ["1500000000"],
    "null": [None],
    "object": [{"retrieved_2nd_on": 1_500_000_000}],
    "array": [[]],
}
_EXAMPLES_BY_FIELD: dict[tuple[str, str], list[Any]] = {
    ("id", "string"): ["k1"], ("name", "string"): ["t1_k1"], ("link_id", "string"): ["t3_p1"],
    ("parent_id", "string"): ["t3_p1", "t1_k0"], ("subreddit", "string"): ["Anxiety"],
    ("upvote_ratio", "int"): [0, 1], ("upvote_ratio", "float"): [0.93],
}  # fmt: skip


def _eras() -> dict[tuple[str, str], dict[str, list[Any]]]:
    eras: dict[tuple[str, str], dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    table = shared_data("reddit/arctic-shift-field-eras") / "field_types_by_month.tsv"
    with table.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            examples: list[Any] = _EXAMPLES_BY_FIELD.get((row["field"], row["type"]), _EXAMPLES[row["type"]])
            eras[row["kind"], row["month"]][row["field"]] += examples
    return eras


def test_every_type_of_every_month_of_the_dumps_is_accepted() -> None:
    eras = _eras()
    assert len(eras) == 490
    for (kind, month), fields in eras.items():
        expected = Comment if kind == "RC" else Submission
        ordinary = {name: values[0] for name, values in fields.items()}
        assert isinstance(read(ordinary), expected), (kind, month)
        for name, value in itertools.chain.from_iterable(
            ((name, value) for value in values[1:]) for name, values in fields.items()
        ):
            assert isinstance(read({**ordinary, name: value}), expected), (kind, month, name)


@given(
    st.sampled_from(["Anxiety", "anxiety", "ADHD", "Anxiet"]),
    st.sampled_from(["", '"subreddit":"ADHD"', '\\"subreddit\\":\\"Anxiety\\"', "é", "\u0000", "subreddit"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "Anxiety", "ADHD"]),
)
def test_line_is_passed_over_only_if_it_is_of_another_community(
    subreddit: str, body: str, spaced: bool, escaped: bool, crosspost: str | None
) -> None:
    record = submission(subreddit=subreddit, selftext=body)
    if crosspost:
        record = {"crosspost_parent_list": [{"subreddit": crosspost}], **record}
    content = json.dumps(record, separators=(", ", ": ") if spaced else (",", ":"))
    if escaped:
        content = content.replace("subreddit", "\\u0073ubreddit").replace("Anxiety", "\\u0041nxiety")
    if surely_elsewhere(content.encode(), {"anxiety"}):
        assert subreddit.lower() != "anxiety"


def test_line_of_another_community_is_passed_over_undecoded() -> None:
    assert surely_elsewhere(line(comment(subreddit="ADHD")), {"anxiety"})
    assert not surely_elsewhere(line(comment(subreddit="ANXIETY")), {"anxiety"})
