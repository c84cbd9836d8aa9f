"""A chosen and a rejected response -> a complete row of `selected_pairs`, whose columns agree with each other."""

from collections.abc import Sequence

from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.rows import Row, frame

CALIBRATION: Row = {
    "preference_probability": 0.93,
    "preference_sd": 0.02,
    "quality_gap": 1.4,
    "expected_votes_chosen": 6.0,
    "expected_votes_rejected": 4.5,
    "labels_prompt": [],
    "labels_chosen": [],
    "labels_rejected": [],
    "config": "default",
}
"""What the vote model and the safety labels say of an ordinary pair."""


def selected_pair(
    chosen: str, rejected: str, *, link_id: str = "t3_p", scores: tuple[int, int] = (20, 2), **changes: object
) -> Row:
    """Return an ordinary row; gap and ratio follow from `scores` (of chosen, of rejected)."""
    high, low = scores
    return {
        "link_id": link_id,
        "chosen_name": chosen,
        "rejected_name": rejected,
        "subreddit": "HarbourTalk",
        "month": "2023-11",
        "score_chosen": high,
        "score_rejected": low,
        "score_gap": high - low,
        "score_ratio": high / low if high > 0 and low > 0 else None,
        "percentile_chosen": 90.0,
        "percentile_rejected": 30.0,
        "seconds_between": 60,
        "age_h_chosen": 99.0,
        "age_h_rejected": 99.0,
        "unvoted": False,
        "preset": "shp",
        "split": "train",
        **CALIBRATION,
        **changes,
    }


def store_selected(lake: Lake, rows: Sequence[Row]) -> None:
    """Replace `selected_pairs` by these rows."""
    table = "selected_pairs"
    lake.overwrite(table, frame(table, rows), fingerprint="literal", report=StageReport(stage="select"))
