"""One line of a file of revisions -> a revision, or the reason why it is none.

A line is a JSON object with `revision` and `reviser` (`person`, or `model:` and its name), and what was
rewritten: `name`, the fullname of a comment, or `post`, the fullname of a post, with `draft`, the text.
`written_at` and `retrieved` are seconds since 1970 UTC and may be left out. Other keys are passed over.
"""

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from prefpairs.files import canonical_json
from prefpairs.keys import ProjectKey

_NAME = re.compile(r"[A-Za-z0-9_-]{3,64}")
_REVISER = re.compile(r"person|model:[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,99}")  # it is published
_SURROGATE = re.compile("[\ud800-\udfff]")
_YEAR_2100 = 4_102_444_800
_ID_LENGTH = 24


class Reason(StrEnum):
    """Why a line is in quarantine."""

    LINE_TOO_LONG = "LINE_TOO_LONG"
    INVALID_UTF8 = "INVALID_UTF8"
    NUL = "NUL"
    INVALID_JSON = "INVALID_JSON"
    LONE_SURROGATE = "LONE_SURROGATE"
    NOT_A_RECORD = "NOT_A_RECORD"
    """JSON, but no object."""
    MISSING_ID = "MISSING_ID"
    """Neither `name`, nor `post` with `draft`; or both."""
    BAD_FIELD = "BAD_FIELD"
    """A field has a type or a value that it cannot have."""
    EMPTY = "EMPTY"
    """The revision or the draft says nothing."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One line that can be used."""

    name: str | None
    post: str | None
    draft: str | None = field(repr=False)
    revision: str = field(repr=False)
    reviser: str
    written_at: int | None

    def row(self, key: ProjectKey, *, input_hash: str, position: int) -> dict[str, Any]:
        """Return the row of `revisions`."""
        said = canonical_json([self.name, self.post, self.draft, self.revision, self.reviser]).decode()
        return {
            "revision_id": key.derive("revisions").keyed_hash(said)[:_ID_LENGTH],
            "name": self.name,
            "post": self.post,
            "draft": self.draft,
            "revision": self.revision,
            "reviser": self.reviser,
            "written_at": self.written_at,
            "input_hash": input_hash,
            "position": position,
        }


def parse(line: bytes) -> Revision | Reason:
    """Read one line. Nothing is guessed: what does not fit is a reason."""
    if b"\0" in line or b"\\u0000" in line:
        return Reason.NUL
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return Reason.INVALID_UTF8
    except (ValueError, RecursionError):
        return Reason.INVALID_JSON
    return _revision(value) if isinstance(value, dict) else Reason.NOT_A_RECORD


def _revision(value: dict[str, Any]) -> Revision | Reason:
    name, post, draft, better = (value.get(field_) for field_ in ("name", "post", "draft", "revision"))
    reviser, times = value.get("reviser"), [value.get("written_at"), value.get("retrieved")]
    if (name is None) == (post is None or draft is None) or (name is not None and post is not None):
        return Reason.MISSING_ID
    texts = [text for text in (draft, better) if text is not None]
    if better is None or not all(isinstance(text, str) for text in (*texts, reviser)):
        return Reason.BAD_FIELD
    if any(map(_SURROGATE.search, texts)):
        return Reason.LONE_SURROGATE
    if not (_is_name(name, but="t3_") and _is_name(post, but="t1_") and _REVISER.fullmatch(str(reviser))):
        return Reason.BAD_FIELD
    if not all(map(_is_time, times)):
        return Reason.BAD_FIELD
    if not all(text.strip() for text in texts):
        return Reason.EMPTY
    known = [int(time) for time in times if time is not None]
    # A draft beside a comment's name is that comment's text: the lake has it, and its deletion.
    given = None if name is not None else draft
    return Revision(name, post, given, better, str(reviser), known[0] if known else None)


def _is_name(value: Any, *, but: str) -> bool:
    return value is None or (
        isinstance(value, str) and _NAME.fullmatch(value) is not None and not value.startswith(but)
    )


def _is_time(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _YEAR_2100
