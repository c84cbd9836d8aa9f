"""A lake with one good night: one thread, three responses, two pairs."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from prefpairs.contracts import contract
from prefpairs.lake import Lake
from tests.support.releases import improvement
from tests.support.selected import CALIBRATION

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
_BY_A_PERSON = {
    "reviser": "person", "draft_id": _WORST, "better_id": None, "score_draft": None, "score_better": None,
    "preference_probability": None,
}  # fmt: skip


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
        "decisions": [_decision("t3_a1", "post"), *(_decision(f"t1_c{n}", "comment") for n in (1, 2, 3, 4))],
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
        "sft": [_completion()],
        "improvements": [_improvement(7), _improvement(8, made_by="revision", **_BY_A_PERSON)],
        "selected_improvements": [_selected_improvement()],
        "labels": [_labelled(name) for name in ("t3_a1", "t1_c1", "t1_c2", "t1_c3", "t1_c4")],
        "near_duplicates": [_alike("t1_c1"), _alike("t1_c3")],
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
        "unvoted": False, "preset": "shp", "split": "train", **CALIBRATION,
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
    pairs = [{"chosen": 0, "rejected": position, "weight": 1.0, "probability": 0.93} for position in (1, 2)]
    return {
        "thread_id": _THREAD, "config": "default", "subreddit": "HarbourTalk", "month": "2023-11",
        "split": "train", "prompt": _PROMPT, "responses": responses, "pairs": pairs,
    }  # fmt: skip


def _completion() -> dict[str, Any]:
    return {
        "thread_id": _THREAD, "response_id": _BEST, "prompt": _PROMPT, "completion": _TEXTS[_BEST],
        "subreddit": "HarbourTalk", "month": "2023-11", "words_prompt": 12, "words_completion": 10,
        "score": _SCORES[_BEST], "percentile": 99.0, "pairs_won": 2, "preference_probability": 0.93,
        "labels_prompt": [], "labels_completion": [], "preset": "shp", "split": "train",
    }  # fmt: skip


def _improvement(number: int, **changes: Any) -> dict[str, Any]:
    ids = {"thread_id": _THREAD, "draft_id": _WORST, "better_id": _BEST}
    return improvement(number, **{**ids, **changes})


def _selected_improvement() -> dict[str, Any]:
    kept = ("made_by", "similarity", "similarity_by", "subreddit", "month", "split")
    labels: dict[str, Any] = {f"labels_{side}": [] for side in ("prompt", "draft", "better")}
    return {
        **{name: value for name, value in improvement(7).items() if name in kept}, **labels,
        "link_id": "t3_a1", "draft_name": "t1_c3", "draft_field": "body", "better_name": "t1_c1",
        "better_field": "body", "labelled_draft": True, "labelled_better": True,
    }  # fmt: skip


def _labelled(name: str) -> dict[str, Any]:
    kind = "post" if name.startswith("t3_") else "comment"
    empty: dict[str, Any] = {column: [] for column in ("labels", "topics", "uncertain")}
    return {"name": name, "kind": kind, **empty, "lexicon_version": "test"}


def _alike(name: str) -> dict[str, Any]:
    return {"name": name, "kind": "comment", "group": _HASH}


def _pair(pair_id: str, chosen: str, rejected: str) -> dict[str, Any]:
    return {
        "pair_id": pair_id, "prompt": _PROMPT, "chosen": _TEXTS[chosen], "rejected": _TEXTS[rejected],
        "thread_id": _THREAD, "chosen_id": chosen, "rejected_id": rejected, "words_prompt": 12,
        "words_chosen": 10, "words_rejected": 8, "token_overlap": 0.1, **_votes(chosen, rejected),
    }  # fmt: skip
