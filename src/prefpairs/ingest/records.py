"""One line of a dump -> a comment, a submission, or the reason why it is neither.

The fields have had other types in other years (created_utc was text from 2007 to 2015, edited is a
boolean or a time, score is null in 2017): what the monthly dumps are known to hold is accepted and
brought to one form, anything else is BAD_FIELD. Nothing is guessed.
"""

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Annotated

import msgspec

from prefpairs.config import SUBREDDIT_NAME

_ID = re.compile(r"[0-9a-z]{1,13}")
# Profiles are communities named after their user; reddit.com was the only community until 2006.
_OTHER_COMMUNITY = re.compile(r"u_[A-Za-z0-9_-]{3,20}|reddit\.com")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SUBREDDIT_KEY = b'"subreddit"'
_SUBREDDIT_VALUE = b'"subreddit":"'
_DAY = 86_400
_YEAR_2100 = 4_102_444_800
_COUNT_LIMIT = 1 << 53  # what JSON numbers hold exactly

# What these say is checked while the line is decoded, in C.
_Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z]{1,13}\Z")]
_PostName = Annotated[str, msgspec.Meta(pattern=r"^t3_[0-9a-z]{1,13}\Z")]
_ParentName = Annotated[str, msgspec.Meta(pattern=r"^t[13]_[0-9a-z]{1,13}\Z")]
_Count = Annotated[int, msgspec.Meta(ge=-_COUNT_LIMIT, le=_COUNT_LIMIT)]
_Time = Annotated[int, msgspec.Meta(ge=0, lt=_YEAR_2100)] | float | str | None


UNKNOWN_MONTH = "unknown"


class Reason(StrEnum):
    """Why a line is in quarantine."""

    INVALID_UTF8 = "INVALID_UTF8"
    NUL = "NUL"
    INVALID_JSON = "INVALID_JSON"
    LONE_SURROGATE = "LONE_SURROGATE"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    NOT_A_RECORD = "NOT_A_RECORD"
    """JSON, but neither a comment (body, link_id) nor a submission (title)."""
    MISSING_ID = "MISSING_ID"
    BAD_SUBREDDIT = "BAD_SUBREDDIT"
    BAD_FIELD = "BAD_FIELD"
    """A field that is used has a type or a value that no dump is known to hold."""


class Meta(msgspec.Struct, gc=False):
    """What Arctic Shift found at its second look, 36 hours later (2023-11 on)."""

    is_edited: bool | None = None
    removal_type: str | None = None
    retrieved_2nd_on: _Time = None
    was_deleted_later: bool | None = None
    was_initially_deleted: bool | None = None


class _Thing(msgspec.Struct, gc=False):
    """What comments and submissions share. After `read`, the attributes hold what the tables hold."""

    meta: Meta | None = msgspec.field(name="_meta", default=None)
    author: str | None = None
    created_utc: _Time = None
    distinguished: str | None = None
    edited: bool | int | float | None = None
    id: _Id | None = None
    name: str = ""
    retrieved_on: _Time = None
    retrieved_utc: _Time = None
    score: _Count | float | None = None
    stickied: bool | None = None
    subreddit: str = ""

    def __repr__(self) -> str:
        # What stands in an exception or in a test's output says nothing of what somebody wrote.
        return f"<{type(self).__name__}>"

    @property
    def was_deleted_later(self) -> bool:
        """True if the item was gone at the second look.

        A removal type alone counts too, except on an item that was gone at first and is back: there it
        says why it had been removed before its text was captured.
        """
        meta = self.meta
        if meta is None:
            return False
        return bool(meta.was_deleted_later) or (meta.removal_type is not None and not meta.was_initially_deleted)

    @property
    def removal_type(self) -> str | None:
        """How it was removed after capture."""
        return self.meta.removal_type if self.meta is not None and self.was_deleted_later else None

    @property
    def month(self) -> str:
        """YYYY-MM of its creation in UTC, or `unknown`."""
        return UNKNOWN_MONTH if self.created_utc is None else _month(int(self.created_utc) // _DAY)


class Comment(_Thing, gc=False, kw_only=True):
    """A comment (t1)."""

    body: str
    link_id: _PostName
    parent_id: _ParentName
    collapsed_reason_code: str | None = None
    controversiality: _Count | None = None
    is_submitter: bool | None = None
    score_hidden: bool | None = None


class Submission(_Thing, gc=False, kw_only=True):
    """A submission (t3)."""

    title: str
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    contest_mode: bool | None = None
    hide_score: bool | None = None
    is_self: bool | None = None
    link_id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    num_comments: _Count | None = None
    over_18: bool | None = None
    quarantine: bool | None = None
    removed_by_category: str | None = None
    selftext: str | None = None
    upvote_ratio: float | None = None


class RecordReader:
    """Reads lines. It expects the kind that it saw last, and asks the record itself when that does not fit."""

    def __init__(self) -> None:
        self._comment = msgspec.json.Decoder(Comment)
        self._submission = msgspec.json.Decoder(Submission)
        self._expects_comment = True

    def read(self, line: bytes) -> Comment | Submission | Reason:
        """Return the record of one line, its fields brought to one form, or why there is none."""
        try:
            record = self._decode(line)
            _settle(record)
        except _Unusable as problem:
            return problem.reason
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _why_not(line)
        except (ValueError, OverflowError):
            return Reason.BAD_FIELD
        return record

    def _decode(self, line: bytes) -> Comment | Submission:
        try:
            if self._expects_comment:
                return self._comment.decode(line)
            submission = self._submission.decode(line)
            if submission.link_id is msgspec.UNSET or submission.body is msgspec.UNSET:
                return submission
        except msgspec.ValidationError:
            pass
        record = self._submission.decode(line) if self._expects_comment else self._comment.decode(line)
        self._expects_comment = not self._expects_comment
        return record


def surely_elsewhere(line: bytes, wanted: Collection[str]) -> bool:
    r"""Say whether the line is proven, without decoding it, to be of none of the `wanted` communities.

    The proof: no `\u00` escape, so a key `subreddit` is spelt out; exactly one spelt-out string
    "subreddit", followed by `:"` and a name that is not wanted (lower case). Whatever is not proven
    is decoded and compared. Most lines of a monthly dump end here, at a tenth of the cost of decoding.
    """
    start = line.find(_SUBREDDIT_VALUE)
    if start < 0 or b"\\u00" in line or line.count(_SUBREDDIT_KEY) != 1:
        return False
    start += len(_SUBREDDIT_VALUE)
    name = line[start : line.find(b'"', start)]
    return name.isascii() and b"\\" not in name and name.decode().lower() not in wanted


class _Unusable(Exception):  # noqa: N818
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@cache
def _month(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY, UTC).strftime("%Y-%m")


def _settle(record: Comment | Submission) -> None:
    """Bring the fields to the form of the tables, or raise `_Unusable` or ValueError."""
    kind = "t1_" if isinstance(record, Comment) else "t3_"
    record.name = kind + (record.id or _id_from_name(record, kind))
    if not is_community(record.subreddit):
        raise _Unusable(Reason.BAD_SUBREDDIT)
    if type(record.created_utc) is not int:
        record.created_utc = _seconds(record.created_utc)
    record.edited = _edited(record)
    if type(record.retrieved_on) is not int or record.meta is not None or record.retrieved_utc is not None:
        record.retrieved_on = _newest_look(record)
    if isinstance(record.score, float):
        record.score = _whole(record.score)
    if isinstance(record, Submission):
        record.selftext = record.selftext or ""
        _refuse_nul(record.title, record.selftext)
    else:
        _refuse_nul(record.body)


def _refuse_nul(*texts: str) -> None:
    # Spelt out in JSON it is valid there, and still ends the text for whatever reads it as a C string.
    if any("\0" in text for text in texts):
        raise _Unusable(Reason.NUL)


@lru_cache(maxsize=1 << 16)
def is_community(name: str) -> bool:
    """Say whether Reddit can have a community of that name: a subreddit, a profile, or reddit.com."""
    return SUBREDDIT_NAME.fullmatch(name) is not None or _OTHER_COMMUNITY.fullmatch(name) is not None


def _id_from_name(record: Comment | Submission, kind: str) -> str:
    identity = record.name.removeprefix(kind)
    if not identity:
        raise _Unusable(Reason.MISSING_ID)
    if not _ID.fullmatch(identity):
        raise _Unusable(Reason.BAD_FIELD)
    return identity


def _seconds(value: _Time) -> int | None:
    if type(value) is not int:
        if value is None:
            return None
        value = int(value) if isinstance(value, str) and value.isdecimal() else int(float(value))
    if not 0 <= value < _YEAR_2100:
        raise ValueError
    return value


def _edited(record: Comment | Submission) -> int | None:
    value = record.edited
    if value is True:
        return 0
    if value is False or value is None:
        # The text is the one of the first look; the votes are those of a text that has changed since.
        return 0 if record.meta is not None and record.meta.is_edited else None
    return _seconds(value)


def _whole(value: float) -> int:
    if not value.is_integer() or abs(value) > _COUNT_LIMIT:
        raise ValueError
    return int(value)


def _newest_look(record: Comment | Submission) -> int | None:
    second_look = record.meta.retrieved_2nd_on if record.meta is not None else None
    times = map(_seconds, (record.retrieved_on, record.retrieved_utc, second_look))
    return max((time for time in times if time is not None), default=None)


def _why_not(line: bytes) -> Reason:
    """Say what is wrong with a line that could not be decoded."""
    if b"\0" in line:
        return Reason.NUL
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        return Reason.INVALID_UTF8
    except (ValueError, RecursionError):
        return Reason.INVALID_JSON
    # The standard library takes half of a surrogate pair for text, which RFC 8259 leaves open and UTF-8 forbids.
    if _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        return Reason.LONE_SURROGATE
    if not isinstance(value, dict) or not ("title" in value or {"body", "link_id"} <= value.keys()):
        return Reason.NOT_A_RECORD
    return Reason.BAD_FIELD
