import csv
import io
from pathlib import Path

import pytest

from prefpairs.config import Ingest, Settings
from prefpairs.errors import SourceError
from prefpairs.ingest.counselchat import run
from prefpairs.items import current_items
from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.archives import write
from tests.support.keys import KEY
from tests.support.shared_data import shared_data

VOTED = [
    "questionID", "questionTitle", "questionText", "questionLink", "therapistInfo", "therapistURL", "answerText",
    "upvotes", "views",
]  # fmt: skip
UNVOTED = [
    "questionID", "questionTitle", "questionText", "questionUrl", "therapistName", "therapistUrl", "answerText",
    "upvotes",
]  # fmt: skip
SITE = "https://example.org"


def voted(
    answer: str, *, question: str = "q-one", upvotes: str = "2", therapist: str = "ann", id: str = "1"
) -> list[str]:
    link, person = f"{SITE}/questions/{question}", f"{SITE}/therapists/{therapist}"
    return [id, f"Title of {question}", "Some text", link, "Ann, LPC", person, answer, upvotes, "40"]


def unvoted(answer: str, *, question: str = "q-one") -> list[str]:
    link, person = f"{SITE}/questions/{question}", f"{SITE}/therapists/ann"
    return ["5566fab2", f"Title of {question}", "Some text", link, "Ann", person, answer, "0"]


def table(header: list[str], *rows: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def ingest(lake: Lake, *paths: Path) -> StageReport:
    return run(Settings(root=Path("/"), ingest=Ingest(counselchat=paths)), lake, KEY)


def test_answers_of_one_question_are_comments_of_one_post(lake: Lake, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        table(VOTED, voted("First answer"), voted("Second answer", therapist="bo", upvotes="0")),
    )
    report = ingest(lake, path)
    posts, comments = lake.scan("posts").collect(), lake.scan("comments").collect()
    assert (posts.height, comments.height, report.rows_in) == (1, 2, 2)
    post = posts.row(0, named=True)
    assert (post["title"], post["selftext"], post["subreddit"], post["month"]) == (
        "Title of q-one", "Some text", "counselchat", "unknown",
    )  # fmt: skip
    assert set(comments["parent_id"]) == set(comments["link_id"]) == {post["name"]}
    assert comments["author"].to_list() == ["ann", "bo"]
    assert comments["score"].to_list() == [2, 0]
    assert lake.scan("score_observations").collect()["views"].to_list() == [40, 40]


def test_question_is_known_by_its_address_not_by_its_number(lake: Lake, tmp_path: Path) -> None:
    rows = [
        voted("Answer", question="q-one", id="1"),
        voted("Answer", question="q-two", id="1"),
        voted("Answer", question="q-two", id="7"),
    ]
    report = ingest(lake, write(tmp_path / "a.csv", table(VOTED, *rows)))
    assert (report.counts["posts"], report.counts["comments"], report.dropped) == (2, 2, {"DUPLICATE": 1})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_answer_in_both_files_is_one_answer_with_its_votes(
    lake: Lake, tmp_path: Path, order: tuple[int, int]
) -> None:
    paths = [
        write(tmp_path / "a.csv", table(VOTED, voted("Breathe in & out.\n\nThen rest."))),
        write(
            tmp_path / "b.csv",
            table(UNVOTED, unvoted("<p>Breathe in &amp; out.</p><p>Then&nbsp;rest.</p>"), unvoted("New")),
        ),
    ]
    for index in order:
        ingest(lake, paths[index])
    answers = current_items(lake, "comments").collect()
    assert sorted(answers["body"].to_list()) == ["Breathe in & out.\n\nThen rest.", "New"]
    assert sorted(answers["score"].to_list(), key=str) == [2, None]
    assert current_items(lake, "posts").collect().height == 1


def test_file_without_a_single_vote_says_nothing_about_scores(lake: Lake, tmp_path: Path) -> None:
    report = ingest(lake, write(tmp_path / "b.csv", table(UNVOTED, unvoted("One"), unvoted("Two"))))
    assert lake.scan("comments").collect()["score"].to_list() == [None, None]
    assert lake.scan("score_observations").collect().height == 0
    assert "b.csv" in report.notes[0]


def test_bad_rows_are_quarantined_and_cost_nothing_else(lake: Lake, tmp_path: Path) -> None:
    rows = [
        voted("Good one"),
        voted("Bad votes", upvotes="many"),
        voted("Too few")[:4],
        voted("Naïve"),
        voted("Nul\0"),
        ["1", "", "", "", "", "", "No question", "1", "1"],
        voted(""),
        voted("Good two"),
    ]
    content = table(VOTED, *rows).replace("ï".encode(), b"\xef")
    report = ingest(lake, write(tmp_path / "a.csv", content))
    assert sorted(lake.scan("comments").collect()["body"].to_list()) == ["Good one", "Good two"]
    assert lake.scan("quarantine").sort("position").collect().select("position", "reason").rows() == [
        (2, "BAD_FIELD"), (3, "NOT_A_RECORD"), (4, "INVALID_UTF8"), (5, "NUL"), (6, "MISSING_ID"),
    ]  # fmt: skip
    assert report.dropped == {"EMPTY": 1}


def test_answer_longer_than_the_csv_module_likes_is_read(lake: Lake, tmp_path: Path) -> None:
    before = csv.field_size_limit()
    ingest(lake, write(tmp_path / "a.csv", table(VOTED, voted("word " * 100_000))))
    assert lake.scan("comments").collect()["body"].str.len_chars().item() == 499_999
    assert csv.field_size_limit() == before


def test_file_with_other_columns_is_refused_by_name(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv is no CounselChat file.*upvotes"):
        ingest(lake, write(tmp_path / "a.csv", table(VOTED[:-2], voted("Answer")[:-2])))


def test_missing_file_is_an_error_that_names_it(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent\.csv"):
        ingest(lake, tmp_path / "absent.csv")


def test_an_impossible_number_of_votes_costs_its_own_row(lake: Lake, tmp_path: Path) -> None:
    rows = [voted("Good one"), voted("Too many", upvotes="9" * 25)]
    report = ingest(lake, write(tmp_path / "a.csv", table(VOTED, *rows)))
    assert (report.counts["comments"], report.quarantined) == (1, {"BAD_FIELD": 1})


def test_second_reading_does_nothing(lake: Lake, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", table(VOTED, voted("Answer")))
    assert not ingest(lake, path).skipped
    assert ingest(lake, path).skipped
    assert lake.scan("comments").collect().height == 1


def test_published_files_give_every_answer_once(lake: Lake) -> None:
    folder = shared_data("reddit/counsel-chat") / "data"
    # 815 question numbers stand for 824 questions, and 120 answers are there twice (module docstring).
    report = ingest(lake, folder / "20200325_counsel_chat.csv")
    assert (report.rows_in, report.counts["posts"], report.counts["comments"]) == (2129, 824, 2009)
    assert report.rows_in == report.rows_out + sum(report.dropped.values()) + sum(report.quarantined.values())
    assert (report.dropped, report.quarantined) == ({"DUPLICATE": 120}, {})
    assert ingest(lake, folder / "counselchat-data.csv").rows_in == 1482
    answers = current_items(lake, "comments").collect()
    assert answers.filter(answers["score"].is_not_null()).height == 2009
    assert not answers["body"].str.contains("<[a-z/]").any()
