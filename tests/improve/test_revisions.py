"""Files of revisions: good lines are kept, bad ones quarantined with a reason, and each file is read once."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.config import Ingest, Settings
from prefpairs.config_improvement import Improvement
from prefpairs.errors import SourceError
from prefpairs.improve import revisions, select
from prefpairs.improve.revision_lines import Reason, Revision, parse
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from tests.support.decided import decided_comment
from tests.support.improving import BETTER, DRAFT, harmless, label, selected, thread
from tests.support.rows import append, comment

NAMED = {"name": "t1_a", "revision": BETTER, "reviser": "person"}
GIVEN = {"post": "t3_p", "draft": DRAFT, "revision": BETTER, "reviser": "model:local-7b"}


def line(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def settings(folder: Path, content: bytes, name: str = "revisions.ndjson", **ingest: Any) -> Settings:
    (folder / name).write_bytes(content)
    return Settings(improvement=Improvement(revisions=(Path(name),)), ingest=Ingest(**ingest), root=folder)


def kept_rows(lake: Lake) -> list[dict[str, Any]]:
    return lake.scan("revisions").sort("position").collect().to_dicts()


BAD = [
    (b"{\xff}\n", "INVALID_UTF8"),
    (b'{"name": "t1_a\\u0000"}\n', "NUL"),
    (b"not json\n", "INVALID_JSON"),
    (b"[" * 100_000 + b"\n", "INVALID_JSON"),
    (b'["a list"]\n', "NOT_A_RECORD"),
    (line({"revision": BETTER, "reviser": "person"}), "MISSING_ID"),
    (line({"post": "t3_p", "revision": BETTER, "reviser": "person"}), "MISSING_ID"),
    (line({**GIVEN, "name": "t1_a"}), "MISSING_ID"),
    (line({**NAMED, "name": "t3_p"}), "BAD_FIELD"),
    (line({**NAMED, "name": "../../x"}), "BAD_FIELD"),
    (line({**NAMED, "name": 7}), "BAD_FIELD"),
    (line({**NAMED, "reviser": "Ana Wojcik"}), "BAD_FIELD"),
    (line({**NAMED, "reviser": None}), "BAD_FIELD"),
    (line({**NAMED, "revision": None}), "BAD_FIELD"),
    (line({**NAMED, "revision": ["a", "list"]}), "BAD_FIELD"),
    (line({**NAMED, "written_at": "yesterday"}), "BAD_FIELD"),
    (line({**NAMED, "written_at": True}), "BAD_FIELD"),
    (line({**NAMED, "revision": " \n"}), "EMPTY"),
    (line({**NAMED, "revision": "half a face \ud83d"}), "LONE_SURROGATE"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=[f"{reason}-{n}" for n, (_, reason) in enumerate(BAD)])
def test_a_bad_line_costs_no_other_line(
    lake: Lake, key: ProjectKey, tmp_path: Path, bad: bytes, reason: str
) -> None:
    report = revisions.run(settings(tmp_path, line(NAMED) + bad + line(GIVEN)), lake, key)
    assert dict(report.quarantined) == {reason: 1}
    assert (report.rows_in, report.rows_out) == (3, 2)
    assert [row["position"] for row in kept_rows(lake)] == [1, 3]
    (fault,) = lake.scan("quarantine").collect().to_dicts()
    assert (fault["position"], fault["reason"], fault["input_name"]) == (2, reason, "revisions.ndjson")
    assert fault["first_bytes"] == bad[:200]


def test_a_line_that_is_too_long_costs_itself(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    content = line(NAMED, {**GIVEN, "draft": "long " * 1000}, GIVEN)
    report = revisions.run(settings(tmp_path, content, max_line_bytes=1024), lake, key)
    assert (dict(report.quarantined), report.rows_out) == ({"LINE_TOO_LONG": 1}, 2)
    assert [row["position"] for row in kept_rows(lake)] == [1, 3]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n  \n"])
def test_how_the_last_line_ends_and_empty_lines_do_not_matter(
    lake: Lake, key: ProjectKey, tmp_path: Path, end: bytes
) -> None:
    content = b"\xef\xbb\xbf" + line(NAMED).rstrip(b"\n") + end
    report = revisions.run(settings(tmp_path, content), lake, key)
    assert (report.rows_in, report.rows_out, dict(report.quarantined)) == (1, 1, {})


def test_a_file_is_read_once_and_a_changed_one_adds_what_is_new(
    lake: Lake, key: ProjectKey, tmp_path: Path
) -> None:
    content = line(NAMED) + b"bad\n"
    first = revisions.run(settings(tmp_path, content), lake, key)
    again = revisions.run(settings(tmp_path, content), lake, key)
    revisions.run(settings(tmp_path, content + line(GIVEN)), lake, key)
    assert (first.skipped, again.skipped) == (False, True)
    assert lake.scan("quarantine").collect().height == 2
    assert len({row["revision_id"] for row in kept_rows(lake)}) == 2
    assert len(kept_rows(lake)) == 3


def test_a_file_without_a_good_line_is_done_too(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    revisions.run(settings(tmp_path, b"bad\n"), lake, key)
    assert revisions.run(settings(tmp_path, b"bad\n"), lake, key).skipped
    assert lake.scan("quarantine").collect().height == 1


def test_a_revision_of_what_was_deleted_is_not_read(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    gone = [{"name_hash": key.name_hash(name), "reason": "user", "requested_at": 1} for name in ("t1_a", "t3_p")]
    append(lake, "tombstones", gone)
    report = revisions.run(settings(tmp_path, line(NAMED, GIVEN, {**NAMED, "name": "t1_b"})), lake, key)
    assert dict(report.dropped) == {"TOMBSTONED": 2}
    assert [row["name"] for row in kept_rows(lake)] == ["t1_b"]


def test_a_missing_file_is_named(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"elsewhere\.ndjson"):
        revisions.run(
            Settings(improvement=Improvement(revisions=(Path("elsewhere.ndjson"),)), root=tmp_path), lake, key
        )


def test_nothing_to_read_is_no_error(lake: Lake, key: ProjectKey) -> None:
    assert revisions.run(Settings(), lake, key).skipped


@given(st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_any_line_is_a_revision_or_a_reason(content: bytes) -> None:
    assert isinstance(parse(content), Reason | Revision)


_JSON = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*GIVEN, "name", "written_at", "retrieved"], _JSON)))
def test_any_object_is_a_revision_or_a_reason(value: dict[str, Any]) -> None:
    assert isinstance(parse(json.dumps({**NAMED, **value}).encode()), Reason | Revision)


def test_a_revision_is_hidden_where_objects_are_printed() -> None:
    assert BETTER not in repr(parse(line(NAMED)))


def test_revisions_become_rows_beside_the_comment_or_the_draft_that_they_rewrite(
    lake: Lake, key: ProjectKey, tmp_path: Path
) -> None:
    thread(lake, [comment("t1_a", body=DRAFT)], [decided_comment("t1_a", 5)])
    label(lake, {"t3_p": [], "t1_a": ["RESOURCE"]})
    content = line(NAMED, GIVEN, NAMED, {**NAMED, "name": "t1_gone"}, {**GIVEN, "post": "t3_gone"})
    revisions.run(settings(tmp_path, content), lake, key)
    report = select.run(Settings(), lake, key, label=harmless)
    of_comment, of_draft = selected(lake)
    assert (of_comment["draft_name"], of_comment["draft_field"], of_comment["reviser"]) == (
        "t1_a",
        "body",
        "person",
    )
    assert (of_comment["score_draft"], of_comment["score_better"]) == (5, None)
    assert (of_comment["labels_draft"], of_comment["labelled_better"]) == (["RESOURCE"], True)
    assert (of_draft["draft_name"], of_draft["reviser"], of_draft["score_draft"]) == (
        "t3_p",
        "model:local-7b",
        None,
    )
    assert of_draft["draft_field"].removeprefix("draft:") == of_draft["better_field"].removeprefix("revision:")
    assert dict(report.dropped) == {"NO_COMMENT": 1, "NO_POST": 1}


@pytest.mark.parametrize(
    ("draft", "revision", "reason"),
    [
        (DRAFT, DRAFT, "SAME_TEXT"),
        (DRAFT, "ok then", "LENGTH"),
        (DRAFT, f"{BETTER} Please don't use my words for a paper.", "OPT_OUT"),
        (f"{DRAFT} Not for AI training.", BETTER, "OPT_OUT"),
        (DRAFT, "Yo dormía mal durante años. Habla con alguien, un amigo o un médico, y camina.", "LANGUAGE"),
    ],
)  # fmt: skip
def test_a_revision_that_improves_nothing_is_dropped(
    lake: Lake, key: ProjectKey, tmp_path: Path, draft: str, revision: str, reason: str
) -> None:
    thread(lake, [], [])
    revisions.run(settings(tmp_path, line({**GIVEN, "draft": draft, "revision": revision})), lake, key)
    assert dict(select.run(Settings(), lake, key, label=harmless).dropped) == {reason: 1}


def test_what_a_person_wrote_comes_before_what_a_model_wrote(lake: Lake, key: ProjectKey, tmp_path: Path) -> None:
    thread(lake, [comment("t1_a", body=DRAFT)], [decided_comment("t1_a", 5)])
    revisions.run(settings(tmp_path, line({**NAMED, "reviser": "model:a"}, NAMED)), lake, key)
    select.run(Settings(improvement=Improvement(max_per_text=1)), lake, key, label=harmless)
    assert [row["reviser"] for row in selected(lake)] == ["person"]


def test_paths_of_revisions_do_not_decide_the_content() -> None:
    one = Improvement(revisions=(Path("/one/place.ndjson"),), sentence_model="models/one")
    other = Improvement(revisions=(Path("/other.ndjson"),), sentence_model="/elsewhere/one")
    assert one.content_settings() == other.content_settings() != Improvement().content_settings()
