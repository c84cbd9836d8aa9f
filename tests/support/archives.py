"""Records, lines and files in dump format, as small as a test needs them."""

import json
from pathlib import Path
from typing import Any

import zstandard

Json = dict[str, Any]


def comment(**fields: Any) -> Json:
    """A comment as in a dump of 2023. A field that is given as `...` is left out."""
    record = {
        "author": "someone", "body": "some words", "controversiality": 0, "created_utc": 1_700_000_000,
        "distinguished": None, "edited": False, "id": "k1", "link_id": "t3_p1", "name": "t1_k1",
        "parent_id": "t3_p1", "retrieved_on": 1_700_360_000, "score": 5, "score_hidden": False, "stickied": False,
        "subreddit": "Anxiety",
    }  # fmt: skip
    return _with(record, fields, kind="t1_")


def submission(**fields: Any) -> Json:
    """A submission as in a dump of 2023. A field that is given as `...` is left out."""
    record = {
        "author": "someone", "created_utc": 1_700_000_000, "distinguished": None, "edited": False,
        "hide_score": False, "id": "p1", "is_self": True, "name": "t3_p1", "num_comments": 2, "over_18": False,
        "retrieved_on": 1_700_360_000, "score": 12, "selftext": "some words", "stickied": False,
        "subreddit": "Anxiety", "title": "a title", "upvote_ratio": 0.9,
    }  # fmt: skip
    return _with(record, fields, kind="t3_")


def line(record: Json) -> bytes:
    """One line of a dump, newline included."""
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def comments(count: int, **fields: Any) -> list[bytes]:
    """Lines of `count` comments with the ids c0, c1, ..."""
    return [line(comment(id=f"c{number}", **fields)) for number in range(count)]


def frame(content: bytes, *, window_log: int | None = None, checksum: bool = True) -> bytes:
    """One zstd frame; `window_log=31` is what Pushshift uses."""
    if window_log is None:
        return zstandard.ZstdCompressor(level=3, write_checksum=checksum).compress(content)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        3, window_log=window_log, enable_ldm=True, write_checksum=checksum
    )
    # A stream of unknown size: else the frame's window shrinks to its content.
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return stream.compress(content) + stream.flush()


def write(path: Path, content: bytes) -> Path:
    """Write `content` to `path`, return `path`."""
    path.write_bytes(content)
    return path


def _with(record: Json, fields: Json, *, kind: str) -> Json:
    if "id" in fields and "name" not in fields and fields["id"] is not ...:
        record["name"] = kind + fields["id"]
    return {name: value for name, value in {**record, **fields}.items() if value is not ...}
