"""Bad input, as a person meets it: one clear message or a row set aside with its reason, and nothing else lost."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prefpairs.lake import Lake
from tests.cli.test_cli import prefpairs
from tests.support import reddit
from tests.support.archives import comment, frame, line, submission, write
from tests.support.hub import Hub, running_hub
from tests.support.projects import settings_of
from tests.support.releases import approved, fill, project

CANARY = "Zebedee-the-canary"
CONFIG = """\
[project]
name = "bad-input"
[basis]
statement = "Synthetic text."
approval_id = "test"
[ingest]
archives = ["archives"]
[pairs]
preset = "shp"
[deid]
workers = 0
"""
LIVE = """\
[project]
name = "bad-input"
[basis]
statement = "Synthetic text."
approval_id = "test"
[ingest]
live = true
subreddits = [{subreddits}]
[ingest.reddit]
user_agent = "{agent}"
reddit_url = "{url}"
oauth_url = "{url}"
burst = 60
attempts = 2
max_wait_seconds = 0.05
[deid]
workers = 0
"""


def thread(number: int) -> list[bytes]:
    """Lines of a post with three answers, of which the later ones have more votes.

    No two texts are the same when their digits are taken for the same, as they are by the rule on copies.
    """
    post = f"p{number}"
    day = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[number % 7]
    asked = (
        f"I have been feeling low since {day}, for {'a ' * number}while, and I do not know what to do any more."
    )
    answers = [
        comment(
            id=f"c{number}x{place}", link_id=f"t3_{post}", author=f"author_{number}_{place}",
            created_utc=1_700_000_100 + place, score=score, parent_id=f"t3_{post}",
            body=f"I think that you should talk to {who} about it {'again and ' * number}again. It gets better.",
        )
        for place, (who, score) in enumerate((("somebody", 3), ("a friend", 9), ("your doctor", 60)))
    ]  # fmt: skip
    return [line(record) for record in (submission(id=post, score=40, selftext=asked), *answers)]


def started(folder: Path, config: str = CONFIG) -> Path:
    """Start a project with `config` and an empty folder for archives."""
    assert prefpairs("init", cwd=folder).returncode == 0
    (folder / "prefpairs.toml").write_text(config, encoding="utf-8")
    (folder / "archives").mkdir()
    return folder


def refused(*arguments: str, cwd: Path) -> str:
    """Run a command that fails; return its message, which is one of ours."""
    result = prefpairs(*arguments, cwd=cwd)
    assert result.returncode == 1
    assert "Traceback" not in result.stdout + result.stderr
    assert CANARY not in result.stdout + result.stderr
    return " ".join(result.stderr.split())


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]


def test_broken_lines_and_damaged_archives_are_set_aside_and_the_others_are_read(tmp_path: Path) -> None:
    folder = started(tmp_path)
    bad = [
        line(comment(id="utf8", body=CANARY)).replace(b"canary", b"\xff\xfe"),
        b"\0" + line(comment(id="nul1", body=CANARY)),
        line(comment(id="nul2", body=f"{CANARY}\0")),
        line(comment(id="lone", body=f"{CANARY}\ud83d")),
        line(comment(id="half", body=CANARY))[:100] + b"\n",
        line(comment(id="path", subreddit="../../x", body=CANARY)),
    ]
    null_score = line(comment(id="null", score=None, link_id="t3_p1", parent_id="t3_p1"))
    long = [text for number in range(100, 2100) for text in thread(number)]
    write(folder / "archives" / "lines.zst", frame(b"".join([*thread(1), *bad, null_score, *thread(2)])))
    write(folder / "archives" / "cut.zst", (packed := frame(b"".join(long)))[: len(packed) // 2])
    write(folder / "archives" / "flipped.zst", frame(b"".join(thread(3))) + flipped(frame(b"".join(thread(4)))))
    write(folder / "archives" / "nothing.zst", b"")
    write(folder / "archives" / "text.zst", b"This is no archive.\n" * 20)

    result = prefpairs("refresh", "--no-prefect", cwd=folder)

    assert result.returncode == 0, result.stderr
    shown = " ".join(result.stdout.split())
    assert CANARY not in shown + result.stderr
    for note in (
        "cut.zst ends in the middle",
        "flipped.zst is damaged",
        "nothing.zst ends",
        "text.zst is damaged",
    ):
        assert note in shown
    lake = Lake(settings_of(folder).lake_folder)
    rows = lake.scan("quarantine").select("input_name", "reason").collect().sort("input_name", "reason").rows()
    assert [row for row in rows if row[0] != "cut.zst"] == [
        ("flipped.zst", "CORRUPT_ARCHIVE"), ("lines.zst", "BAD_SUBREDDIT"), ("lines.zst", "INVALID_JSON"),
        ("lines.zst", "INVALID_UTF8"), ("lines.zst", "LONE_SURROGATE"), ("lines.zst", "NUL"),
        ("lines.zst", "NUL"), ("nothing.zst", "CUT_ARCHIVE"), ("text.zst", "CORRUPT_ARCHIVE"),
    ]  # fmt: skip
    assert "CUT_ARCHIVE" in {reason for name, reason in rows if name == "cut.zst"}
    kept = set(lake.scan("posts").select("name").collect()["name"])
    assert {"t3_p1", "t3_p2", "t3_p3"} < kept
    assert len(kept) > 500, "the readable half of the cut archive"
    assert "comment.NO_SCORE 1" in shown
    assert not (tmp_path.parent / "x").exists()


def test_archive_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = started(tmp_path, CONFIG.replace('"archives"', '"RC_2030-01.zst"'))
    assert f"There is no archive at {folder / 'RC_2030-01.zst'}." in refused("refresh", "--no-prefect", cwd=folder)


def test_folder_without_archives_is_named(tmp_path: Path) -> None:
    folder = started(tmp_path)
    write(folder / "archives" / "dump.rar", b"?")
    result = prefpairs("refresh", "--no-prefect", cwd=folder)
    shown = " ".join(result.stdout.split())
    assert "No archive lies in" in shown
    assert ".zst" in shown
    assert "No pair possible, because no comment was read" in shown


def test_posts_without_comments_say_why_there_is_no_pair(tmp_path: Path) -> None:
    folder = started(tmp_path)
    write(folder / "archives" / "RS.ndjson", thread(1)[0])
    result = prefpairs("refresh", "--no-prefect", cwd=folder)
    assert result.returncode == 0
    assert "No pair possible, because no comment was read" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda key: key.unlink(), "No project key at {key}"),
        (lambda key: key.chmod(0o644), "chmod 600 {key}"),
        (lambda key: key.write_bytes(b"\xff\xfe"), "The project key {key} must be 64 hexadecimal digits"),
        (lambda key: key.write_text("c0ffee"), "The project key {key} must be 64 hexadecimal digits"),
    ],
)
def test_key_that_cannot_be_used_is_named(tmp_path: Path, spoil: Callable[[Path], None], message: str) -> None:
    folder = started(tmp_path)
    key = folder / "work" / "project.key"
    spoil(key)
    assert message.format(key=key) in refused("refresh", "--no-prefect", cwd=folder)


def test_configuration_without_a_key_gets_one(tmp_path: Path) -> None:
    (tmp_path / "prefpairs.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "archives").mkdir()
    # Said at once: Prefect is not started for a project that cannot run.
    assert "prefpairs init" in refused("refresh", cwd=tmp_path)
    result = prefpairs("init", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Fill in [basis] and [ingest]" in result.stdout
    assert (tmp_path / "prefpairs.toml").read_text(encoding="utf-8") == CONFIG
    assert prefpairs("refresh", "--no-prefect", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("value", [None, ""])
def test_live_reading_without_credentials_names_the_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    for name in ("PREFPAIRS_REDDIT_CLIENT_ID", "PREFPAIRS_REDDIT_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    folder = started(
        tmp_path, LIVE.format(url="http://127.0.0.1:9", subreddits='"Quiet"', agent=reddit.USER_AGENT)
    )
    message = refused("refresh", "--no-prefect", cwd=folder)
    assert "PREFPAIRS_REDDIT_CLIENT_ID and PREFPAIRS_REDDIT_CLIENT_SECRET" in message


ANSWERS = {
    "Forbidden": (reddit.FORBIDDEN, "Reddit refuses it (403"),
    "Banned": (reddit.BANNED, "Reddit does not have it (404"),
    "TooMany": (reddit.too_many(retry_after=reddit.http_date(4e9)), "Reddit answered 429"),
    "Away": (reddit.UNAVAILABLE, "Reddit answered 503"),
    "Page": (reddit.html_page(), "Reddit sent something that is not JSON"),
    "Empty": (reddit.EMPTY_BODY, "Reddit sent an empty answer"),
}


def live_project(folder: Path, url: str, names: list[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFPAIRS_REDDIT_CLIENT_ID", reddit.CLIENT_ID)
    monkeypatch.setenv("PREFPAIRS_REDDIT_CLIENT_SECRET", reddit.CLIENT_SECRET)
    config = LIVE.format(url=url, subreddits=json.dumps(names)[1:-1], agent=reddit.USER_AGENT)
    return started(folder, config)


def test_what_reddit_refuses_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = reddit.StandInReddit()
    for name in (*ANSWERS, "Quiet"):
        server.add_thread(name, created=time.time() - 100_000, answers=2)
    for name, (answer, _) in ANSWERS.items():
        server.fault(f"/r/{name}/", answer, times=99)
    with server.serving() as url:
        folder = live_project(tmp_path, url, [*ANSWERS, "Quiet"], monkeypatch)
        result = prefpairs("refresh", "--no-prefect", cwd=folder)

    assert result.returncode == 0, result.stderr
    shown = " ".join(result.stdout.split())
    for name, (_, message) in ANSWERS.items():
        assert f"r/{name} was not read to its end." in shown
        assert message in shown
    comments = Lake(settings_of(folder).lake_folder).scan("comments").collect()
    assert comments["subreddit"].to_list() == ["Quiet", "Quiet"]


@pytest.mark.parametrize(
    "answer", [reddit.too_many(retry_after=reddit.http_date(0)), reddit.UNAVAILABLE, reddit.html_page()]
)
def test_reddit_that_is_away_for_a_moment_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: reddit.Answer
) -> None:
    server = reddit.StandInReddit()
    server.add_thread("Quiet", created=time.time() - 100_000, answers=2)
    server.fault("/r/Quiet/", answer)
    with server.serving() as url:
        result = prefpairs("refresh", "--no-prefect", cwd=live_project(tmp_path, url, ["Quiet"], monkeypatch))
    assert result.returncode == 0, result.stderr
    assert "was not read" not in result.stdout
    assert "3 -> 3" in " ".join(result.stdout.split())


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub() as server:
        yield server


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an approved candidate."""
    folder = tmp_path_factory.mktemp("ready")
    approved(project(folder), fill(Lake(folder / "work" / "lake")))
    return folder


HUB_ANSWERS = [
    (401, "the Hub does not accept the token (401)"),
    (409, "the Hub reports a conflict (409)"),
    (412, "somebody else changed the repository meanwhile (412)"),
    (503, "the Hub is not available (503). Try again later."),
]


@pytest.mark.parametrize(("status", "message"), HUB_ANSWERS)
def test_what_the_hub_refuses_is_said_and_the_next_try_finishes_it(
    hub: Hub, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, message: str
) -> None:
    hub.reset()
    monkeypatch.setenv("PREFPAIRS_HUB_TOKEN", "hf_writer\n")
    folder = hub_project(ready, tmp_path / "project", hub.endpoint)
    hub.fail("commit", status, times=20)

    said = refused("release", "v0.1.0", cwd=folder)

    assert message in said
    assert f"acme/pairs at {hub.endpoint}" in said
    assert hub.repositories["acme/pairs"].tags == {}
    hub.faults.clear()
    again = prefpairs("release", "v0.1.0", cwd=folder)
    assert "v0.1.0 released" in again.stdout, again.stderr
    assert list(hub.repositories["acme/pairs"].tags) == ["v0.1.0"]


@pytest.mark.parametrize(("status", "message"), HUB_ANSWERS)
def test_pull_that_the_hub_refuses_says_so_and_leaves_no_version(
    hub: Hub, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, message: str
) -> None:
    hub.reset()
    monkeypatch.setenv("PREFPAIRS_HUB_TOKEN", "hf_writer")
    folder = hub_project(ready, tmp_path / "project", hub.endpoint)
    assert prefpairs("release", "v0.1.0", cwd=folder).returncode == 0
    hub.fail("info", status, times=20)

    said = refused("pull", "v0.1.0", "--from", "acme/pairs", "--endpoint", hub.endpoint, cwd=folder)

    assert message in said
    assert not (folder / "data" / "v0.1.0").exists()


def test_download_that_is_tried_again_is_silent(
    hub: Hub, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.reset()
    monkeypatch.setenv("PREFPAIRS_HUB_TOKEN", "hf_writer")
    folder = hub_project(ready, tmp_path / "project", hub.endpoint)
    assert prefpairs("release", "v0.1.0", cwd=folder).returncode == 0
    hub.fail("download", 503, times=3)
    result = prefpairs("pull", "v0.1.0", "--from", "acme/pairs", "--endpoint", hub.endpoint, cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    assert hub.faults["download"] == []


def test_release_without_a_token_names_the_variable(
    hub: Hub, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFPAIRS_HUB_TOKEN", "")
    folder = hub_project(ready, tmp_path / "project", hub.endpoint)
    assert "set PREFPAIRS_HUB_TOKEN" in refused("release", "v0.1.0", cwd=folder)


def hub_project(ready: Path, folder: Path, endpoint: str) -> Path:
    shutil.copytree(ready, folder)
    config = (
        CONFIG
        + f"""\
[release]
target = "hub"
endpoint = "{endpoint}"
repo_id = "acme/pairs"
hub_wait_seconds = 0
"""
    )
    (folder / "prefpairs.toml").write_text(config, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def releases(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of releases with v0.1.0."""
    folder = tmp_path_factory.mktemp("released") / "project"
    shutil.copytree(ready, folder)
    (folder / "prefpairs.toml").write_text(CONFIG, encoding="utf-8")
    result = prefpairs("release", "v0.1.0", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder / "releases"


def test_pull_of_what_is_not_there_says_what_is(releases: Path, tmp_path: Path) -> None:
    assert "Versions: v0.1.0." in refused("pull", "v9.0.0", "--from", str(releases), cwd=tmp_path)
    assert "has no version v0.1.0" in refused("pull", "v0.1.0", "--from", str(tmp_path), cwd=tmp_path)
    itself = refused("pull", "v0.1.0", "--from", str(releases / "v0.1.0"), cwd=tmp_path)
    assert f"--from {releases}" in itself


def test_pull_into_a_place_that_cannot_be_written_names_it(releases: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    said = refused("pull", "v0.1.0", "--from", str(releases), "--into", "data/here", cwd=tmp_path)
    assert str(tmp_path / "data") in said
    assert os.strerror(20) in said  # Not a directory


def test_training_without_a_model_says_what_a_model_is(releases: Path, tmp_path: Path) -> None:
    said = refused(
        "train", "v0.1.0", "--from", str(releases), "--model", "nowhere", "--output", "out", cwd=tmp_path
    )
    assert "No model at nowhere" in said
    assert not (tmp_path / "out").exists()


def test_configuration_of_another_folder_works_there(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    folder = started(tmp_path / "project")
    write(folder / "archives" / "RC.ndjson", b"".join([*thread(1), *thread(2)]))
    config = ("--config", "../project/prefpairs.toml")
    assert prefpairs("refresh", "--no-prefect", *config, cwd=tmp_path / "elsewhere").returncode == 0
    assert (folder / "work" / "candidates" / "v0.1.0").is_dir()
    assert list((tmp_path / "elsewhere").iterdir()) == []
