"""A lake with one good night: one thread, three responses, two pairs."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from prefpairs.contracts import contract
from prefpairs.lake import Lake

Rows = dict[str, list[dict[str, Any]]]

_HASH = "ab" * 32
_THREAD, _BEST, _MIDDLE, _WORST = ("1" * 24, "2" * 24, "3" * 24, "4" * 24)
_PROMPT = "Cannot sleep before exams\n\nI lie awake every night. What helps you?"
_TEXTS = {
    _BEST: "That sounds exhausting. I write tomorrow's worries down before bed.",
    _MIDDLE: "If it gets dark, call 988 or 1-800-273-8255. I take 10 u/day of insulin and sleep fine, <PERSON>.",
    _WORST: "Just sleep, it is not that hard.",
}
_SCORES = {_BEST: 40, _MIDDLE: 12, _WORST: 3}


@pytest.fixture
def night() -> Rows:
    """The rows of every gated table, as dictionaries; columns left out are null."""
    return {
        "posts": [_item("t3_a1", title="Exams", selftext="I lie awake")],
        "comments": [_item(f"t1_c{n}", link_id="t3_a1", parent_id="t3_a1", body="Words") for n in (1, 2, 3)],
        "score_observations": [
            {"name": name, "observed_at": 1_700_200_000, "source": "archive", "input_hash": _HASH, "score": 3}
            for name in ("t3_a1", "t1_c1", "t1_c2", "t1_c3")
        ],
        "decisions": [_decision("t3_a1", "post"), *(_decision(f"t1_c{n}", "comment") for n in (1, 2, 3))],
        "selected_pairs": [
            {"link_id": "t3_a1", "chosen_name": "t1_c1", "rejected_name": "t1_c2", **_votes(_BEST, _MIDDLE)},
            {"link_id": "t3_a1", "chosen_name": "t1_c1", "rejected_name": "t1_c3", **_votes(_BEST, _WORST)},
        ],
        "texts": [_text(_HASH, _TEXTS[_MIDDLE])],
        "spans": [
            {
                "text_id": _HASH, "policy_hash": _HASH, "field": "body", "start": 3, "end": 6, "score": 0.85,
                "entity_type": "PERSON", "recognizer": "SpacyRecognizer", "action": "placeholder",
            }
        ],
        "threads": [_thread()],
        "pairs": [_pair("5" * 24, _BEST, _MIDDLE), _pair("6" * 24, _BEST, _WORST)],
    }  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def store(lake: Lake, rows: Rows) -> Lake:
    """Write `rows` into their tables and return the lake."""
    for table, items in rows.items():
        lake.append(table, pa.Table.from_pylist(items, schema=contract(table).schema))
    return lake


@pytest.fixture
def good_lake(lake: Lake, night: Rows) -> Lake:
    return store(lake, night)


def _item(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": name, "subreddit": "HarbourTalk", "author": "someone", "created_utc": 1_700_000_000, "score": 3,
        "source": "archive", "input_hash": _HASH, "was_deleted_later": False, "month": "2023-11", **fields,
    }  # fmt: skip


def _decision(name: str, kind: str) -> dict[str, Any]:
    return {
        "name": name, "kind": kind, "link_id": "t3_a1", "subreddit": "HarbourTalk", "keep": True, "reasons": [],
        "words": 8, "month": "2023-11",
    }  # fmt: skip


def _votes(chosen: str, rejected: str) -> dict[str, Any]:
    high, low = _SCORES[chosen], _SCORES[rejected]
    return {
        "subreddit": "HarbourTalk", "month": "2023-11", "score_chosen": high, "score_rejected": low,
        "score_gap": high - low, "score_ratio": high / low, "percentile_chosen": 99.0, "percentile_rejected": 40.0,
        "unvoted": False, "preset": "shp", "split": "train",
    }  # fmt: skip


def _text(text_id: str, text: str) -> dict[str, Any]:
    return {
        "text_id": text_id, "name_hash": _HASH, "field": "body", "content_hash": _HASH,
        "thread_hash": _HASH, "policy_hash": _HASH, "text": text, "language": "en", "words": len(text.split()),
    }  # fmt: skip


def _thread() -> dict[str, Any]:
    responses = [
        {"response_id": response, "text": _TEXTS[response], "score": _SCORES[response], "percentile": 50.0}
        for response in (_BEST, _MIDDLE, _WORST)
    ]
    pairs = [{"chosen": 0, "rejected": position, "weight": 1.0} for position in (1, 2)]
    return {
        "thread_id": _THREAD, "subreddit": "HarbourTalk", "month": "2023-11", "split": "train", "prompt": _PROMPT,
        "responses": responses, "pairs": pairs,
    }  # fmt: skip


def _pair(pair_id: str, chosen: str, rejected: str) -> dict[str, Any]:
    return {
        "pair_id": pair_id, "prompt": _PROMPT, "chosen": _TEXTS[chosen], "rejected": _TEXTS[rejected],
        "thread_id": _THREAD, "chosen_id": chosen, "rejected_id": rejected, "words_prompt": 12,
        "words_chosen": 10, "words_rejected": 8, "token_overlap": 0.1, **_votes(chosen, rejected),
    }  # fmt: skip
