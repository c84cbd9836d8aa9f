"""Recorded community texts, read and never quoted."""

import csv
from functools import cache

from prefpairs.ingest.htmltext import plain_text
from tests.support.shared_data import shared_data


@cache
def corpus(name: str) -> list[str]:
    """Return the texts of `wnut17` (lines of Reddit comments) or `counsel-chat` (answers), or skip."""
    if name == "wnut17":
        return (shared_data("deid/wnut17") / "redd.tok.uniq").read_text(encoding="utf-8").splitlines()
    path = shared_data("reddit/counsel-chat") / "data" / "20200325_counsel_chat.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [plain_text(row["answerText"]) for row in csv.DictReader(file) if row["answerText"]]
