"""The corpora's files in ../shared/data -> sentences, texts and spans. They are read, never quoted."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from prefpairs.ingest.htmltext import plain_text

_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
_WORDS = Path("/usr/share/dict/american-english")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedSentence:
    """A tokenised sentence; `tags` are lower-case classes, or "" outside."""

    tokens: tuple[str, ...] = field(repr=False)
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpannedText:
    """A text and its marked identifiers: (start, end, type)."""

    text: str = field(repr=False)
    spans: tuple[tuple[int, int, str], ...]
    group: int = 0
    """Texts of one group were made from one template."""


def folder(name: str) -> Path:
    """Return a folder of the recorded data.

    Raises
    ------
    SystemExit
        Says what is missing.

    """
    path = _DATA / name
    if not path.is_dir():
        msg = f"This benchmark measures on recorded data that is not here: ../shared/data/{name}"
        raise SystemExit(msg)
    return path


def wnut17_reddit() -> list[TaggedSentence]:
    """Return the sentences of WNUT17's test file that `test_genre.json` marks as Reddit, in order."""
    corpus = folder("deid/wnut17")
    genres = json.loads((corpus / "test_genre.json").read_text(encoding="utf-8"))
    sentences = read_conll(corpus / "emerging.test.annotated")
    return [sentence for genre, sentence in zip(genres, sentences, strict=True) if genre == "reddit"]


def wnut17_dev() -> list[TaggedSentence]:
    """Return WNUT17's development sentences."""
    return read_conll(folder("deid/wnut17") / "emerging.dev.conll")


def read_conll(path: Path) -> list[TaggedSentence]:
    """Read a token and its IOB tag a line, sentences parted by blank lines."""
    sentences = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.split("\t") for line in block.split("\n") if line.strip()]
        if rows:
            tokens, tags = zip(*((row[0], row[-1]) for row in rows), strict=True)
            sentences.append(TaggedSentence(tokens=tokens, tags=tuple(_class(tag) for tag in tags)))
    return sentences


def presidio_research() -> list[SpannedText]:
    """Return the synthetic set of presidio-research, `synth_dataset_v2.json`."""
    path = folder("deid/presidio-research") / "synth_dataset_v2.json"
    return [
        SpannedText(
            text=row["full_text"],
            spans=tuple(
                (span["start_position"], span["end_position"], span["entity_type"]) for span in row["spans"]
            ),
            group=row["template_id"],
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def reddit_lines() -> list[str]:
    """Return the raw, unannotated Reddit comments that come with WNUT17, one a line."""
    lines = (folder("deid/wnut17") / "redd.tok.uniq").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip()]


def counselchat_answers() -> list[str]:
    """Return the different answers of both CounselChat files, as text."""
    answers: dict[str, None] = {}
    csv.field_size_limit(1 << 24)  # one of them is longer than the 128 KiB that csv takes by default
    for path in sorted((folder("reddit/counsel-chat") / "data").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            answers.update(dict.fromkeys(plain_text(row["answerText"] or "") for row in csv.DictReader(stream)))
    return [answer for answer in answers if answer]


def english_words() -> frozenset[str]:
    """Return the words of Debian's `wamerican` (SCOWL), as they are written there.

    Raises
    ------
    SystemExit
        If the list is not installed.

    """
    if not _WORDS.is_file():
        msg = f"{_WORDS} is missing: apt-get install wamerican"
        raise SystemExit(msg)
    return frozenset(_lines(_WORDS))


def own_words(name: str) -> frozenset[str]:
    """Return the words of one of this package's lists in `words/`."""
    return frozenset((Path(__file__).parent / "words" / f"{name}.txt").read_text(encoding="utf-8").split())


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        yield from (line.strip() for line in lines)


def _class(tag: str) -> str:
    return "" if tag == "O" else tag.partition("-")[2]
