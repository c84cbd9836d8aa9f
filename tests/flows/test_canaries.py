"""A canary in every field of raw input: after a night, and after a failure in any stage, none sings outside.

The sweep reads what a curious colleague could: the output, every file of the project besides the raw
zone (Parquet decoded), file and folder names, the home and the temporary folder, Prefect's database.
"""

import base64
import csv
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import pyarrow.parquet as pq
import pytest

from prefpairs import cli
from prefpairs.files import write_atomic
from tests.flows.test_orchestration import kept_by_prefect
from tests.support.archives import comment, line, submission
from tests.support.keys import KEY_HEX

ADDRESS = "write to canary.marigold@example-mail.com or to u/CanaryMention_42"
PHONE = "415-555-0132"
# Ordinary words: they may be published with the text around them, and must be nowhere else.
PROSE = ("hovercraft", "xylophone", "marmalade", "trombone")
NOWHERE = (
    "CanaryAuthor", "CanaryProfile", "CanaryBroken", "CanaryTherapist", "canary-therapist", "canaryflair",
    "canarydeletedword", "canarynestedword", "canarybrokenword", "canarybadfield", "canaryquestion",
    "canaryanswerword", "canary.marigold", "CanaryMention_42", PHONE,
)  # fmt: skip
FULLNAMES = ("cnpost", "cnchosen", "cnrejected")
TIMES = ("1700000000", "1700001000", "1700002000")

CONFIG = """\
[project]
name = "canaries"

[basis]
statement = "Synthetic text."
approval_id = "test"

[ingest]
archives = ["archives"]
counselchat = ["canaries.csv"]

[safety]
queue_uncertain = false

[pairs]
preset = "shp"  # two answers are too few to learn exposure from

[deid]
workers = 0
"""
LIVE = CONFIG.replace("[safety]", 'live = true\nsubreddits = ["HarbourTalk"]\n\n[safety]')

# In the order of the night: (what the message names, where, what is replaced, by what it fails).
FAILURES = [
    ("ingest-archives", "prefpairs.ingest.archive", "item_columns", ValueError),
    ("ingest-counselchat", "prefpairs.ingest.counselchat", "_tables", KeyError),
    ("ingest-reddit", "prefpairs.ingest.reddit", "connect", UnicodeError),
    ("curate", "prefpairs.curate.decide", "decide", pl.exceptions.ComputeError),
    ("near-duplicates", "prefpairs.near_duplicates.find", "sketches", pl.exceptions.ComputeError),
    ("label", "prefpairs.safety.label", "label_texts", TypeError),
    ("select", "prefpairs.pairs.select", "select_pairs", pl.exceptions.PanicException),
    ("improve-select", "prefpairs.improve.select", "_judged", KeyError),
    ("deidentify", "prefpairs.deid.deidentify", "deidentify_all", ValueError),
    ("pair", "prefpairs.pairs.build", "token_overlap", pl.exceptions.SchemaError),
    ("improve-build", "prefpairs.improve.build", "token_overlap", ValueError),
    ("report", "prefpairs.votes_report.run", "render", IndexError),
    ("validate", "prefpairs.quality.gate", "_broken_invariants", AssertionError),
    ("candidate", "prefpairs.release.candidate", "_facts", ValueError),
    ("The command", "prefpairs.summary", "funnel_table", ValueError),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose every field of raw input holds a canary. The tests below share it: each only goes on."""
    folder = tmp_path_factory.mktemp("project")
    write_atomic(folder / "work" / "project.key", KEY_HEX.encode())
    write_atomic(folder / "prefpairs.toml", CONFIG.encode())
    write_atomic(folder / "archives" / "CanaryFile_2023.ndjson", b"".join(archive_lines()))
    write_counselchat(folder / "canaries.csv")
    return folder


@pytest.fixture(autouse=True)
def _as_the_command_line_runs(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Work in the project, with a home and a temporary folder inside it, and restore the umask."""
    for variable, name in (("HOME", "home"), ("TMPDIR", "tmp")):
        (project / name).mkdir(exist_ok=True)
        monkeypatch.setenv(variable, str(project / name))
    monkeypatch.setattr(tempfile, "tempdir", str(project / "tmp"))
    monkeypatch.chdir(project)
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize(("stage", "module", "function", "failure"), FAILURES)
def test_a_failure_that_quotes_a_text_is_told_without_it(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    stage: str,
    module: str,
    function: str,
    failure: type[BaseException],
) -> None:
    monkeypatch.setattr(f"{module}.{function}", quoting(failure))
    if stage == "ingest-reddit":
        write_atomic(project / "prefpairs.toml", LIVE.encode())

    status, output = refresh(capfd, "--no-prefect")
    write_atomic(project / "prefpairs.toml", CONFIG.encode())

    assert status == 1
    assert stage in output
    assert failure.__name__ in output
    assert found_in(output, (*NOWHERE, *PROSE)) == []
    assert sweep(project) == []


def test_a_whole_night_leaves_no_canary_outside(
    project: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        status, output = refresh(capfd, "--no-prefect")

    assert (status, "v0.1.0" in output) == (0, True)
    assert found_in(output, (*NOWHERE, *PROSE)) == []
    assert found_in(caplog.text, (*NOWHERE, *PROSE)) == []
    assert sweep(project) == []
    published = b" ".join(content for _, content in contents(project / "work" / "candidates"))
    assert found_in(published, PROSE) == sorted(PROSE), "the sweep must find what is there"
    # Nothing that leads to Reddit, to the second of a post or to this machine.
    assert found_in(published, (*FULLNAMES, *TIMES, "CanaryFile", str(project))) == []


def test_everything_that_a_night_writes_is_private(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refresh(capfd, "--no-prefect")
    written = [path for path in (project / "work").rglob("*") if not path.is_symlink()]
    assert len(written) > 50
    assert [path for path in written if path.stat().st_mode & 0o077] == []


@pytest.mark.prefect
@pytest.mark.parametrize("failing", ["deidentify", "candidate", None])
def test_prefect_keeps_no_canary(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], failing: str | None
) -> None:
    config = (
        CONFIG.replace('"canaries"', f'"canaries-{failing or "whole"}"') + "\n[curate]\nmin_words_comment = 4\n"
    )
    series = config.replace("[project]", f'[project]\nseries = "{failing or "whole"}"')
    write_atomic(project / "prefpairs.toml", series.encode())
    for stage, module, function, failure in FAILURES:
        if stage == failing:
            monkeypatch.setattr(f"{module}.{function}", quoting(failure))

    status, output = refresh(capfd, "--prefect")
    write_atomic(project / "prefpairs.toml", CONFIG.encode())

    assert status == (0 if failing is None else 1)
    assert kept_by_prefect("ingest-counselchat"), "the search must find what Prefect keeps"
    assert [canary for canary in (*NOWHERE, *PROSE) if kept_by_prefect(canary)] == []
    assert found_in(output, (*NOWHERE, *PROSE)) == []
    assert sweep(project) == []


def refresh(capfd: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """Run `prefpairs refresh` in this process; return its exit status and all that it printed."""
    capfd.readouterr()
    before = sys.argv
    sys.argv = ["prefpairs", "refresh", *options]
    try:
        cli.main()
        status: Any = 0
    except SystemExit as end:
        status = end.code or 0
    finally:
        sys.argv = before
    return int(status), "".join(capfd.readouterr())


def quoting(failure: type[BaseException]) -> Any:
    """Return a function that fails as a library might: with a message that quotes a row."""

    def fail(*_: Any, **__: Any) -> NoReturn:
        raise failure(f"cannot convert {' '.join((*NOWHERE, *PROSE))}")

    return fail


def sweep(project: Path) -> list[str]:
    """Return what sings where it must not: "<canary> in <path>"."""
    work = project / "work"
    raw, texts = work / "lake" / "raw", [work / "candidates", *(work / "lake" / "clean" / t for t in TEXT_TABLES)]
    inputs = [project / "archives", project / "canaries.csv"]
    found = []
    for path, content in contents(project):
        if any(path.is_relative_to(place) for place in (raw, *inputs)):
            continue
        masked = any(path.is_relative_to(place) for place in texts)
        canaries = NOWHERE if masked else (*NOWHERE, *PROSE)
        seen = f"{path.relative_to(project)} ".encode() + content
        found += [f"{canary} in {path.relative_to(project)}" for canary in found_in(seen, canaries)]
    return found


TEXT_TABLES = ("texts", "threads", "pairs", "sft")


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file with its bytes; of a Parquet file its values and its metadata too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                table = pq.read_table(path, partitioning=None)
                content += f"{table.to_pylist()} {pq.read_metadata(path).metadata}".encode("utf-8", "replace")
            yield path, content


def found_in(text: str | bytes, canaries: Sequence[str]) -> list[str]:
    """Return the canaries in a text, plain or in base64, whatever their case."""
    content = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    lower = content.lower()
    return sorted(name for name in canaries if name.lower().encode() in lower or encoded(name) in content)


def encoded(canary: str) -> bytes:
    return base64.b64encode(canary.encode()[: len(canary) // 3 * 3])


def archive_lines() -> Iterator[bytes]:
    """Yield a dump: one thread with a pair in it, and everything that a night leaves out."""
    flair = {"author_flair_text": "canaryflair", "subreddit": "HarbourTalk"}
    yield line(
        submission(
            id="cnpost", author="CanaryAuthor_Ada", score=50,
            title=f"How do I get through the hovercraft? {ADDRESS}",
            selftext=f"It is hard for me to sleep in the xylophone and I am not sure. {ADDRESS} or {PHONE}.",
            **flair,
        )
    )  # fmt: skip
    reply = {**flair, "link_id": "t3_cnpost", "parent_id": "t3_cnpost"}
    yield line(
        comment(
            id="cnrejected", author="CanaryAuthor_Bob", score=3, created_utc=1_700_001_000,
            body=f"I do not know what to say about the trombone, it is what it is. {ADDRESS}", **reply,
        )
    )  # fmt: skip
    yield line(
        comment(
            id="cnchosen", author="CanaryAuthor_Cid", score=30, created_utc=1_700_002_000,
            body=f"I know: I would go for a walk in the marmalade, and call me at {PHONE}. {ADDRESS}", **reply,
        )
    )  # fmt: skip
    yield line(
        comment(
            id="cndeleted", author="CanaryAuthor_Dee", score=9, _meta={"was_deleted_later": True},
            body="I have been there and the canarydeletedword is what got me out of it.", **reply,
        )
    )  # fmt: skip
    yield line(
        comment(
            id="cnnested", author="CanaryAuthor_Eve", score=9, link_id="t3_cnpost", parent_id="t1_cnchosen",
            body="That is what they told me about the canarynestedword when I was there.", **flair,
        )
    )  # fmt: skip
    yield line(submission(id="cnprofile", author="CanaryProfile", subreddit="u_CanaryProfile", score=40))
    yield line(
        comment(id="cnbad", author="CanaryBroken", body="canarybadfield is what it is", score="canarybadfield")
    )
    yield b'{"author":"CanaryBroken","body":"canarybrokenword and then the line en\n'


def write_counselchat(path: Path) -> None:
    """Write a CounselChat file of one question and two answers."""
    columns = (
        "questionID", "questionTitle", "questionText", "questionLink", "topic", "therapistInfo", "therapistURL",
        "answerText", "upvotes", "views", "split",
    )  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(columns)
        for number, (which, votes) in enumerate((("former", 1), ("latter", 7))):
            rows.writerow((
                "1", "A canaryquestion about it", "What is the canaryquestion that I have to ask?",
                "https://counselchat.com/questions/canaryquestion", "anxiety", f"CanaryTherapist {number}, LMFT",
                f"https://counselchat.com/therapists/canary-therapist-{number}",
                f"This is the {which} canaryanswerword, and it is what I would say.", votes, 90, "train",
            ))  # fmt: skip
