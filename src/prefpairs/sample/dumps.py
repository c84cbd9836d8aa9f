"""Items -> the lines of Pushshift's and Arctic Shift's dumps, in the types of their month.

The types by month are Arctic Shift's own count over every record: times are text until 2015, numbers with
a fraction in 2024; `name` and `score_hidden` come and go; `edited` is false or a time; only Arctic Shift
(2023-11 on) looks a second time and says in `_meta` what was deleted in between.
"""

import gzip
import html
import io
import json
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import zstandard

from prefpairs.sample.community import Item, base36

_LEVEL = 10
BROKEN_KINDS = ("invalid UTF-8", "NUL", "half line", "lone surrogate", "subreddit that is a path")
_REMOVED_BY = {"user": "deleted", "moderator": "moderator", "reddit": "reddit"}
_Record = dict[str, Any]


def record(item: Item) -> _Record:
    """Return the JSON object that a dump of the item's month has for it."""
    common = _common(item)
    specific = _submission(item) if item.is_post else _comment(item)
    return {**common, **specific, **_times(item), **_author(item), **_archivist(item)}


def line(value: _Record, *, month: str) -> bytes:
    """Return a record as a line. Arctic Shift sorts the keys and writes UTF-8; Pushshift escaped it."""
    arctic = month >= "2023-11"
    return json.dumps(value, ensure_ascii=not arctic, sort_keys=arctic, separators=(",", ":")).encode() + b"\n"


def broken_line(kind: str, template: Item, identity: str) -> bytes:
    """Return a line that no reader can use, made from a good one under another id."""
    value = {**record(template), "id": identity}
    value.pop("name", None)
    month = template.batch.month
    text = "selftext" if template.is_post else "body"
    if kind == "invalid UTF-8":
        return line({**value, text: "MARK"}, month=month).replace(b"MARK", b"caf\xe9 \xff")
    if kind == "NUL":
        return b"\x00" * 64 + line(value, month=month)
    if kind == "half line":
        whole = line(value, month=month)
        return whole[: len(whole) // 2] + b"\n"
    if kind == "lone surrogate":
        return line({**value, text: "MARK"}, month=month).replace(b"MARK", b"half a face \\ud83d here")
    return line({**value, "subreddit": "../../x"}, month=month)


def with_broken_lines(lines: Sequence[bytes], broken: Sequence[bytes], rng: Random) -> list[bytes]:
    """Return the lines with the broken ones somewhere among them."""
    mixed = list(lines)
    for bad in broken:
        mixed.insert(rng.randint(0, len(mixed)), bad)
    return mixed


def compress(lines: Sequence[bytes], *, suffix: str, frames: int = 1) -> bytes:
    """Return the file: `.gz`, or `.zst` in one or several frames. The same lines give the same bytes."""
    if suffix == ".gz":
        buffer = io.BytesIO()
        with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as stream:
            stream.write(b"".join(lines))
        return buffer.getvalue()
    cuts = [len(lines) * part // frames for part in range(frames + 1)]
    parts = [b"".join(lines[start:end]) for start, end in pairwise(cuts)]
    return b"".join(_frame(part) for part in parts)


def spare_id(item: Item) -> str:
    """Return an id that no item of the sample has."""
    return base36(int(item.id, 36) + 5_000_000)


def _frame(content: bytes) -> bytes:
    # As the dumps are: written as a stream, so that the frame does not know its size.
    stream = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj()
    return stream.compress(content) + stream.flush()


def _common(item: Item) -> _Record:
    month = item.batch.month
    value: _Record = {
        "id": item.id,
        "subreddit": item.batch.subreddit,
        "subreddit_id": "t5_" + base36(2_000_000 + sum(item.batch.subreddit.encode())),
        "score": item.score,
        "gilded": 0,
        "distinguished": item.distinguished,
    }
    has_name = month != "2019-06"
    if has_name:
        value["name"] = item.name
    if month in {"2014-09", "2023-11", "2024-01"}:
        value |= {"ups": item.score, "downs": 0, "archived": False}
    if item.is_post or month != "2014-09":
        value["stickied"] = item.stickied
    return value


def _submission(item: Item) -> _Record:
    month = item.batch.month
    path = f"/r/{item.batch.subreddit}/comments/{item.id}/post/"
    value: _Record = {
        "title": html.escape(item.title.text, quote=False),
        "selftext": html.escape(item.body.text, quote=False),
        "is_self": not item.link_post,
        "over_18": item.over_18,
        "num_comments": item.comments,
        "permalink": path,
        "url": "https://example.org/picture.png" if item.link_post else "https://www.reddit.com" + path,
        "domain": "example.org" if item.link_post else f"self.{item.batch.subreddit}",
        "quarantine": False,
        "link_flair_text": None,
    }
    if month != "2019-06":
        value["hide_score"] = item.hidden
    if month != "2014-09":
        value |= {"contest_mode": item.contest, "locked": False, "spoiler": False, "suggested_sort": None}
    if month >= "2022-05":
        value["removed_by_category"] = _REMOVED_BY.get(item.fate)
        value["upvote_ratio"] = _upvote_ratio(item)
    return value


def _upvote_ratio(item: Item) -> float | int:
    score = item.score or 0
    if score > 30:
        return 1
    return 0.9900000095367432 if score > 10 else 0.8199999928474426


def _comment(item: Item) -> _Record:
    month = item.batch.month
    value: _Record = {
        "link_id": item.link,
        "parent_id": item.parent,
        "body": html.escape(item.body.text, quote=False),
        "controversiality": int(item.score == 0),
    }
    if month != "2019-06":
        value["score_hidden"] = item.hidden
    if month != "2014-09":
        value |= {"is_submitter": item.by_submitter, "locked": False, "collapsed": (item.score or 0) < -4}
        value["collapsed_reason"] = "comment score below threshold" if value["collapsed"] else None
        value["permalink"] = f"/r/{item.batch.subreddit}/comments/{item.link[3:]}/post/{item.id}/"
    if month >= "2022-05":
        deleted = item.fate in {"user", "moderator"}
        value["collapsed_reason_code"] = "DELETED" if deleted else "LOW_SCORE" if value["collapsed"] else None
    return value


def _times(item: Item) -> _Record:
    month = item.batch.month
    created = _created(item)
    value: _Record = {"created_utc": created, "edited": False}
    if item.edited_after is not None:
        edited = item.created + item.edited_after
        value["edited"] = float(edited) if month == "2022-05" else edited
    if month < "2023-11":
        value["retrieved_on"] = item.created + item.look_after
        if month == "2022-05" and item.is_post:
            value["retrieved_utc"] = value["retrieved_on"]
        return value
    value |= {"created": created, "retrieved_on": item.created + 25}
    if month == "2024-01":
        value["updated_on"] = item.created + 25
    return value


def _created(item: Item) -> int | float | str:
    if item.batch.month == "2014-09":
        return str(item.created)
    return float(item.created) if item.batch.month == "2024-01" else item.created


def _author(item: Item) -> _Record:
    value: _Record = {"author": item.author, "author_flair_text": None}
    if item.batch.month != "2014-09" and item.author != "[deleted]":
        value["author_fullname"] = "t2_" + base36(int.from_bytes(item.author.encode()[:5], "big"))
    return value


def _archivist(item: Item) -> _Record:
    """Arctic Shift's second look: the score is the later one, the text the first one."""
    if item.batch.month < "2023-11":
        return {}
    meta: _Record = {"retrieved_2nd_on": item.created + item.look_after}
    if item.edited_after is not None:
        meta["is_edited"] = True
    if item.fate == "later":
        by_moderators = "moderator" if item.is_post else "removed"
        meta |= {"was_deleted_later": True, "removal_type": "deleted" if item.created % 3 else by_moderators}
    return {"_meta": meta}
