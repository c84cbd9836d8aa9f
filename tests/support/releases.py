"""A few literal rows in the published tables, and the settings of a project that releases them."""

from pathlib import Path
from typing import Any

from prefpairs.config import Credentials, Settings
from prefpairs.lake import Lake
from prefpairs.release import candidate, signoff
from prefpairs.stage import StageReport
from tests.support.rows import Row, frame
from tests.support.selected import CALIBRATION, selected_pair

NOW = 1_767_312_000.0  # 2026-01-02
WRITER = "hf_writer"
POLICY = "ab" * 32
REPORTS = (
    StageReport(stage="curate", rows_in=40, rows_out=12, dropped={"bot": 3, "too-short": 25}),
    StageReport(stage="pair", rows_in=4, rows_out=4, inputs={"policy_hash": POLICY}),
)


def pair(number: int, *, split: str = "train", **changes: Any) -> Row:
    """Return an ordinary row of `pairs`."""
    return {
        "pair_id": f"{number:024x}",
        "prompt": f"How do I get through week {number}?",
        "chosen": f"Call <PERSON>, and take walk number {number}.",
        "rejected": "No idea.",
        "thread_id": f"{number:024d}",
        "chosen_id": f"c{number}",
        "rejected_id": f"r{number}",
        "subreddit": "HarbourTalk",
        "month": "2024-05",
        "words_prompt": 6,
        "words_chosen": 7,
        "words_rejected": 2,
        "token_overlap": 0.0,
        "score_chosen": 20,
        "score_rejected": 2,
        "score_gap": 18,
        "score_ratio": 10.0,
        "percentile_chosen": 98.0,
        "percentile_rejected": 12.5,
        "seconds_between": 60,
        "unvoted": False,
        "preset": "shp",
        "split": split,
        **CALIBRATION,
        **changes,
    }


def thread(number: int, *, split: str = "train", config: str = "default") -> Row:
    """Return the row of `threads` that `pair(number)` is a pair of."""
    texts = [(f"c{number}", f"Call <PERSON>, and take walk number {number}.", 20), (f"r{number}", "No idea.", 2)]
    responses = [{"response_id": i, "text": text, "score": score, "percentile": 50.0} for i, text, score in texts]
    return {
        "thread_id": f"{number:024d}",
        "config": config,
        "subreddit": "HarbourTalk",
        "month": "2024-05",
        "split": split,
        "prompt": f"How do I get through week {number}?",
        "responses": responses,
        "pairs": [{"chosen": 0, "rejected": 1, "weight": 1.0, "probability": 0.93}],
    }


def completion(number: int, *, split: str = "train", **changes: Any) -> Row:
    """Return the row of `sft` that follows from `pair(number)`."""
    return {
        "thread_id": f"{number:024d}",
        "response_id": f"c{number}",
        "prompt": f"How do I get through week {number}?",
        "completion": f"Call <PERSON>, and take walk number {number}.",
        "subreddit": "HarbourTalk",
        "month": "2024-05",
        "words_prompt": 6,
        "words_completion": 7,
        "score": 20,
        "percentile": 98.0,
        "pairs_won": 1,
        "preference_probability": 0.93,
        "labels_prompt": [],
        "labels_completion": [],
        "preset": "shp",
        "split": split,
        **changes,
    }


def selected(number: int, **changes: Any) -> Row:
    """Return the row of `selected_pairs` that `pair(number)` was made from."""
    return selected_pair(f"t1_c{number}", f"t1_r{number}", link_id=f"t3_{number}", month="2024-05", **changes)


def improvement(number: int, *, split: str = "train", **changes: Any) -> Row:
    """Return an ordinary row of `improvements`: a contrast on the post of `pair(number)`."""
    return {
        "improvement_id": f"{number:024x}",
        "prompt": f"How do I get through week {number}?",
        "draft": "No idea.",
        "better": f"No idea either, but walk number {number} helped <PERSON>.",
        "made_by": "contrast",
        "thread_id": f"{number:024d}",
        "draft_id": f"r{number}",
        "better_id": f"c{number}",
        "subreddit": "HarbourTalk",
        "month": "2024-05",
        "words_prompt": 6,
        "words_draft": 2,
        "words_better": 9,
        "token_overlap": 0.2,
        "similarity": 0.6,
        "similarity_by": "words",
        "score_draft": 2,
        "score_better": 20,
        "preference_probability": 0.93,
        "labels_prompt": [],
        "labels_draft": [],
        "labels_better": [],
        "labelled_draft": True,
        "labelled_better": True,
        "split": split,
        **changes,
    }


def fill(lake: Lake, splits: tuple[str, ...] = ("train", "train", "train", "test")) -> Lake:
    """Write the published tables: a pair, a thread, a completion and a selected pair for each split named."""
    numbered = [(number, split) for number, split in enumerate(splits, start=1)]
    overwrite(lake, "pairs", [pair(number, split=split) for number, split in numbered])
    overwrite(lake, "threads", [thread(number, split=split) for number, split in numbered])
    overwrite(lake, "sft", [completion(number, split=split) for number, split in numbered])
    overwrite(lake, "selected_pairs", [selected(number, split=split) for number, split in numbered])
    spans = [
        {
            "text_id": "t", "policy_hash": POLICY, "field": "body", "start": start, "end": start + 3,
            "entity_type": entity, "score": 0.9, "recognizer": "r", "action": "placeholder",
        }
        for start, entity in ((0, "PERSON"), (9, "PERSON"), (20, "EMAIL_ADDRESS"))
    ]  # fmt: skip
    overwrite(lake, "spans", spans)
    return lake


def overwrite(lake: Lake, table: str, rows: list[Row]) -> None:
    """Replace a table by literal rows."""
    lake.overwrite(table, frame(table, rows), fingerprint="literal", report=StageReport(stage=table))


def project(folder: Path, *, safety: Row | None = None, **release: Any) -> Settings:
    """Return the settings of a project in `folder`; `safety` and `release` are settings of these sections."""
    document = {
        "pairs": {"preset": "shp"},
        "safety": safety or {},
        "basis": {"statement": "Synthetic text.", "approval_id": "test"},
        "release": {"directory": "releases", "hub_wait_seconds": 0, **release},
    }
    return Settings.model_validate({**document, "root": folder})


def make(settings: Settings, lake: Lake) -> candidate.Candidate:
    """Make a candidate."""
    return candidate.run(settings, lake, reports=REPORTS, code_version="0.1.0")


def approved(settings: Settings, lake: Lake) -> candidate.Candidate:
    """Make a candidate and approve it."""
    made = make(settings, lake)
    signoff.approve(settings, made.version, by="A. Steward", now=NOW)
    return made


def credentials(token: str | None = WRITER) -> Credentials:
    """Return credentials with a Hub token."""
    return Credentials.model_validate({"hub_token": token})


def flip(path: Path, position: int, bit: int = 0) -> None:
    """Flip one bit of a file, whatever its permissions are."""
    content = bytearray(path.read_bytes())
    content[position % len(content)] ^= 1 << bit
    path.chmod(0o600)
    path.write_bytes(bytes(content))
