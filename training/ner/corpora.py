"""The openly licensed corpora -> sentences with spans. Files that measure are refused."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LABELS = ("PERSON", "LOCATION", "ORGANIZATION")
_NAMES = {
    "person": "PERSON", "per": "PERSON", "location": "LOCATION", "loc": "LOCATION",
    "org": "ORGANIZATION", "corporation": "ORGANIZATION", "group": "ORGANIZATION",
    "creative-work": "OTHER", "product": "OTHER", "misc": "OTHER",
}  # fmt: skip
TRAINING = ("wnut17/wnut17train.conll", "btc/btc.train", "tweebank-ner/train.bio")
DEV = ("wnut17/emerging.dev.conll", "btc/btc.dev", "tweebank-ner/dev.bio")
"""Every second block of sentences is trained on; the other blocks are the dev set."""
_HELD_OUT_NAMES = (
    "emerging.test",
    "redd.tok",
    "stacko.",
    "yt_test",
    "f.conll",
    "btc.test",
    "test.bio",
    "test_genre",
)
_HELD_OUT_FOLDERS = ("presidio-research", "uner-ewt", "llmprivacy-synthetic", "counsel-chat")
_HELD_OUT_SHA256 = frozenset({
    "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",  # wnut17/emerging.test.annotated
    "d28fad9efb7a676ee95b939804aba92f60fa87ff33eebcdf46f60f26c65d0d93",  # wnut17/emerging.test.conll
    "baf1550b9cdeb0d9efcedf43baf8f6724f6aaeaac2f5a7cd615cad38ec967534",  # wnut17/redd.tok.dev
    "97b9613055fb1cc28e86d371466280d1de7867cbfd03675888ddc43c268ee94a",  # wnut17/redd.tok.test
    "038cdc3649963253efc78e9071acd05b3f36f99e0f3d408ac9940c1b8e5eb391",  # wnut17/redd.tok.uniq
    "42e76c2b85e416c93c1b92056aa448a198e3b39cc81783a218cfc8103980512a",  # wnut17/stacko.dev
    "e41280b6806eef6e8bdb3b18de353dd09adaa56479228141b680382099c9208f",  # wnut17/stacko.test
    "32bbe71a21917043938a80d4414b6c41364bf94f4b8fa8395e786a9859d38a5c",  # wnut17/yt_test
    "3bd2387dfc98ebc9d8b77d8b9c59826262e9beadce71ce8edde272821b9c87c8",  # btc/f.conll = btc/btc.test
    "418fa8e75b3d875ec71dbb65098f93c1f865db92b7a02aaea2d265ffdfe66e9e",  # tweebank-ner/test.bio
    "ec08a771ba8135314cafb60752b2295212222ba3a4cd75d73811839c699e0012",  # presidio-research/synth_dataset_v2.json
})  # fmt: skip
_BLOCK = 20


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text and its entities: (start, end, label), in order, not overlapping."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


class HeldOutError(Exception):
    """A file that measures was about to be trained on."""


def refuse_held_out(path: Path) -> None:
    """Raise if the file is one of those that measure, by its name or by its content."""
    by_name = any(path.name.startswith(name) for name in _HELD_OUT_NAMES)
    by_folder = any(part in _HELD_OUT_FOLDERS for part in path.parts)
    if by_name or by_folder or hashlib.sha256(path.read_bytes()).hexdigest() in _HELD_OUT_SHA256:
        msg = f"{path.name} is for measuring only: nothing may be trained or tuned on it."
        raise HeldOutError(msg)


def read_training(folder: Path) -> dict[str, list[Sentence]]:
    """Return the sentences to train on, by corpus."""
    whole = {name.split("/")[0]: list(_allowed(folder / name)) for name in TRAINING}
    for name in DEV:
        whole[name.split("/")[0]] += _blocks(_allowed(folder / name), of=0)
    return whole


def read_dev(folder: Path) -> dict[str, list[Sentence]]:
    """Return the sentences to tune on, by corpus; none of them is trained on."""
    return {name.split("/")[0]: _blocks(_allowed(folder / name), of=1) for name in DEV}


def _allowed(path: Path) -> Iterator[Sentence]:
    refuse_held_out(path)
    return read_conll(path)


def _blocks(sentences: Iterable[Sentence], *, of: int) -> list[Sentence]:
    return [sentence for number, sentence in enumerate(sentences) if number // _BLOCK % 2 == of]


def read_conll(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a file of tokens with B-, I- and O labels in the last column."""
    rows: list[tuple[str, str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = line.split()
        if cells and cells[0] == "-DOCSTART-":
            continue
        if len(cells) > 1:
            rows.append((cells[0], cells[-1]))
        elif rows:
            yield sentence_of(rows)
            rows = []
    if rows:
        yield sentence_of(rows)


def sentence_of(rows: Sequence[tuple[str, str]]) -> Sentence:
    """Join tokens with spaces. A user's `@name`, in one token or in two, is no entity: a rule finds it."""
    text = ""
    spans: list[tuple[int, int, str]] = []
    previous = ("", "O")
    for token, label in rows:
        follows_at = previous[0] == "@"
        is_user = follows_at or token.startswith("@")
        glue = (
            ""
            if not text or follows_at or token.lower() in ("n't", "'s", "'m", "'re", "'ve", "'ll", "'d")
            else " "
        )
        start = len(text) + len(glue)
        text += glue + token
        kind = "O" if is_user else label
        if kind != "O":
            name = _NAMES[kind[2:].lower()]
            if kind.startswith("I-") and previous[1] != "O" and spans and spans[-1][2] == name:
                spans[-1] = (spans[-1][0], len(text), name)
            else:
                spans.append((start, len(text), name))
        previous = (token, kind)
    return Sentence(text, tuple(spans))
