"""Things that Reddit sent -> a capture file in the raw zone -> rows.

A capture is named `*.pending.ndjson` until its rows are in the tables. A run that was killed in between
leaves it behind, and the next one finishes it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prefpairs.config import Ingest
from prefpairs.files import make_private_folder, replacing
from prefpairs.ingest.archive import ingest_file
from prefpairs.ingest.reddit_recorder import Thing
from prefpairs.ingest.reddit_state import SOURCE, application
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

_PENDING = ".pending.ndjson"


@dataclass(slots=True, kw_only=True)
class Captures:
    """Writes captures and reads them into the lake.

    Attributes
    ----------
    rows_out, quarantined
        Rows stored, and lines that could not be, by reason, so far.

    """

    lake: Lake
    ingest: Ingest
    key: ProjectKey | None
    now: Callable[[], float]
    rows_out: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)

    def store(self, subreddit: str, things: Mapping[str, Thing], *, watermark: int | None) -> None:
        """Store things, and the community's watermark (seconds since 1970) in the same commit."""
        transaction = None if watermark is None else (application(subreddit), watermark)
        if things:
            self._read_in(self._write(subreddit, things), transaction)
        elif transaction is not None:
            self.lake.writer("posts").commit(transaction=transaction)

    def finish_pending(self, subreddit: str) -> None:
        """Store what a killed run had captured. The watermark stays: its own run would have moved it."""
        for path in sorted(self._folder(subreddit).glob(f"*{_PENDING}")):
            self._read_in(path, None)

    def _write(self, subreddit: str, things: Mapping[str, Thing]) -> Path:
        lines = [json.dumps(things[name], separators=(",", ":")).encode() + b"\n" for name in sorted(things)]
        content = b"".join(lines)
        digest = hashlib.sha256(content).hexdigest()
        path = make_private_folder(self._folder(subreddit)) / f"{int(self.now())}-{digest[:16]}{_PENDING}"
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        return path

    def _read_in(self, path: Path, transaction: tuple[str, int] | None) -> None:
        # A capture holds one community, as asked for: there is nothing to choose from.
        everything = self.ingest.model_copy(update={"subreddits": ()})
        report = ingest_file(
            self.lake, path, source=SOURCE, settings=everything, key=self.key, transaction=transaction
        )
        path.replace(path.with_name(path.name.removesuffix(_PENDING) + ".ndjson"))
        self.rows_out += report.rows_out
        self.quarantined.update(report.quarantined)

    def _folder(self, subreddit: str) -> Path:
        return self.lake.root / "raw" / "captures" / subreddit.lower()
