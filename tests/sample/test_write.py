"""The synthetic archive holds every kind of record and trouble; the gold file points at what was planted."""

import gzip
import html
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard

from prefpairs.sample.write import Sample, write_sample

Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def read(sample: Sample) -> tuple[dict[str, Records], list[bytes]]:
    """Records by file, and the lines that are none."""
    records: dict[str, Records] = {}
    broken: list[bytes] = []
    for path in sample.archives:
        records[path.name] = []
        for line in _lines(path):
            value = _parse(line)
            records[path.name].append(value) if value else broken.append(line)
    return records, broken


@pytest.fixture(scope="module")
def records(read: tuple[dict[str, Records], list[bytes]]) -> Records:
    return [record for members in read[0].values() for record in members]


@pytest.fixture(scope="module")
def gold(sample: Sample) -> Records:
    return [json.loads(line) for line in sample.gold.read_text(encoding="utf-8").splitlines()]


def test_the_counts_are_those_that_were_asked_for(sample: Sample, records: Records) -> None:
    posts = [record for record in records if "title" in record]

    assert (len(posts), len(records) - len(posts)) == (sample.posts, sample.comments) == (2000, 20000)
    assert len({_name(record) for record in records}) == 22000


def test_every_gold_line_points_at_its_text(gold: Records, records: Records, sample: Sample) -> None:
    by_name = {_name(record): record for record in records}

    for entry in gold:
        text = html.unescape(by_name[entry["name"]][entry["field"]])
        assert text[entry["start"] : entry["end"]] == entry["text"]
    assert sample.planted == sum(entry["field"] != "author" for entry in gold) > 2000


def test_every_entity_type_is_planted_often_enough_to_measure(gold: Records) -> None:
    planted = Counter(entry["entity_type"] for entry in gold if entry["field"] != "author")

    assert set(planted) == {
        "PERSON", "REDDIT_USER", "SUBREDDIT", "SOCIAL_HANDLE", "EMAIL_ADDRESS", "PHONE_NUMBER", "URL",
        "IP_ADDRESS", "LOCATION", "ORGANIZATION", "AGE",
    }  # fmt: skip
    assert min(planted.values()) >= 50
    assert {entry["field"] for entry in gold} == {"title", "selftext", "body", "author"}


def test_authors_are_in_the_gold_file_once(gold: Records, records: Records) -> None:
    authors = [entry["text"] for entry in gold if entry["field"] == "author"]

    assert len(authors) == len(set(authors))
    assert set(authors) == {record["author"] for record in records} - {"[deleted]", "AutoModerator"}


def test_offsets_count_code_points_after_an_emoji_and_an_entity(gold: Records, records: Records) -> None:
    by_name = {_name(record): record for record in records}

    behind_emoji = [
        entry
        for entry in gold
        if any(ord(character) > 0xFFFF for character in by_name[entry["name"]][entry["field"]][: entry["start"]])
    ]
    assert behind_emoji
    assert any("&amp;" in record.get("title", "") for record in records)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, again, other = (
        write_sample(tmp_path / name, seed=seed, posts=60, comments=500)
        for name, seed in (("one", 7), ("again", 7), ("other", 8))
    )

    for first, second, third in zip(one.archives, again.archives, other.archives, strict=True):
        assert first.name == second.name == third.name
        assert first.read_bytes() == second.read_bytes() != third.read_bytes()
    assert one.gold.read_bytes() == again.gold.read_bytes() != other.gold.read_bytes()


def test_a_small_sample_has_the_counts_that_were_asked_for(tmp_path: Path) -> None:
    small = write_sample(tmp_path, posts=7, comments=0)

    assert sum(len([line for line in _lines(path) if _parse(line)]) for path in small.archives) == 7


def test_the_types_are_those_of_their_month(read: tuple[dict[str, Records], list[bytes]]) -> None:
    files = read[0]

    def types(file: str, field: str) -> set[str]:
        return {type(record[field]).__name__ if field in record else "absent" for record in files[file]}

    assert types("NightShift_Support_comments.zst", "created_utc") == {"str"}
    assert types("RC_2019-06.gz", "created_utc") == {"int"}
    assert types("RC_2024-01.zst", "created_utc") == {"float"}
    assert types("RC_2019-06.gz", "name") == types("RC_2019-06.gz", "score_hidden") == {"absent"}
    assert types("RC_2023-11.zst", "score_hidden") == {"bool"}
    assert types("RC_2019-06.gz", "edited") == {"bool", "int"}
    assert types("RC_2022-05.zst", "edited") == {"bool", "float"}
    assert types("RC_2019-06.gz", "score") == {"int", "NoneType"}
    assert types("RS_2023-11.zst", "upvote_ratio") == {"int", "float"}
    assert types("RS_2023-11.zst", "_meta") == {"dict"}


def test_every_kind_of_trouble_is_there(records: Records) -> None:
    comments = [record for record in records if "body" in record]
    bodies = Counter(record["body"] for record in comments)
    by_name = {_name(record): record for record in records}
    meta = [record.get("_meta", {}) for record in records]

    assert min(bodies["[deleted]"], bodies["[removed]"], bodies["[ Removed by Reddit ]"]) >= 1
    assert any(record["author"] == "[deleted]" and "[" not in record["body"] for record in comments)
    assert any(item.get("was_deleted_later") for item in meta)
    assert {item.get("removal_type") for item in meta} >= {"deleted", "removed", "moderator"}
    assert any(record.get("removed_by_category") == "moderator" for record in records)
    assert {"AutoModerator", "TideTipsBot"} <= {record["author"] for record in comments}
    assert any(record.get("stickied") and record["author"] != "AutoModerator" for record in comments)
    assert {record["score"] for record in comments if record.get("score_hidden")} == {1}
    assert any("_meta" in r and r["_meta"]["retrieved_2nd_on"] - r["created_utc"] < 48 * 3600 for r in records)
    assert bodies.most_common(5)[-1][1] > 5  # [deleted], [removed], copypasta, one-word answers
    assert sum(by_name[record["parent_id"]].get("body") is not None for record in comments) > 3000  # nested
    assert any(record.get("is_submitter") for record in comments)
    assert any(record.get("contest_mode") for record in records)
    assert any(record.get("over_18") for record in records)
    assert any(record.get("is_self") is False for record in records)
    assert max(Counter(record["link_id"] for record in comments).values()) >= 200
    assert any("ã" in body or "ó" in body for body in bodies)  # not English


def test_exact_duplicates_are_rare_besides_the_planted_ones(records: Records) -> None:
    bodies = Counter(record["body"] for record in records if "body" in record and len(record["body"]) > 30)
    ours = [count for body, count in bodies.items() if "storms run out" not in body and "I am a bot" not in body]

    assert sum(count - 1 for count in ours) < 0.03 * sum(ours)


def test_broken_lines_are_broken_each_in_its_way(
    sample: Sample, read: tuple[dict[str, Records], list[bytes]]
) -> None:
    broken = read[1]

    assert len(broken) == sample.broken_lines == 10
    assert sum(b"\xff" in line for line in broken) == 2
    assert sum(line.startswith(b"\x00") for line in broken) == 2
    assert sum(b"\\ud83d here" in line for line in broken) == 2
    assert sum(b'"../../x"' in line for line in broken) == 2
    assert sum(not line.endswith(b"}") for line in broken) == 2


def test_one_archive_has_two_frames_and_one_is_gzip(sample: Sample) -> None:
    frames = {path.name: _frames(path) for path in sample.archives if path.suffix == ".zst"}

    assert frames.pop("RC_2023-11.zst") == 2
    assert set(frames.values()) == {1}
    assert [path.name for path in sample.archives if path.suffix == ".gz"] == ["RC_2019-06.gz"]


def test_threads_hang_together(records: Records) -> None:
    by_name = {_name(record): record for record in records}

    for record in records:
        if "body" in record:
            post, parent = by_name[record["link_id"]], by_name[record["parent_id"]]
            assert post["subreddit"] == record["subreddit"]
            assert int(float(parent["created_utc"])) < int(float(record["created_utc"]))
            assert parent.get("link_id", post.get("name", record["link_id"])) == record["link_id"]


def test_early_answers_are_seen_more_and_scores_have_a_heavy_tail(records: Records) -> None:
    first: list[int] = []
    late: list[int] = []
    seen: Counter[str] = Counter()
    for record in sorted((r for r in records if "body" in r), key=lambda r: float(r["created_utc"])):
        seen[record["link_id"]] += 1
        if record["score"] is not None and not record["body"].startswith("["):
            (first if seen[record["link_id"]] <= 2 else late).append(record["score"])

    scores = [record["score"] for record in records if "body" in record and record["score"] is not None]
    assert sum(first) / len(first) > 1.5 * sum(late) / len(late)
    assert 200 < max(scores) < 2000
    assert 0.05 < sum(score <= 0 for score in scores) / len(scores) < 0.2


def _name(record: dict[str, Any]) -> str:
    return ("t3_" if "title" in record else "t1_") + str(record["id"])


def _lines(path: Path) -> list[bytes]:
    if path.suffix == ".gz":
        content = gzip.decompress(path.read_bytes())
    else:
        with path.open("rb") as stream:
            content = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True).read()
    return content.split(b"\n")[:-1]


def _parse(line: bytes) -> dict[str, Any] | None:
    """Return the record as a strict reader does, or nothing."""
    try:
        value: dict[str, Any] = json.loads(line.decode())
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return None
    return value if "/" not in value["subreddit"] else None


def _frames(path: Path) -> int:
    content, count = path.read_bytes(), 0
    while content:
        frame = zstandard.ZstdDecompressor().decompressobj()
        frame.decompress(content)
        content, count = frame.unused_data, count + 1
    return count
