"""Reddit's answers -> the posts and comments in them, as sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Thing = dict[str, Any]


@dataclass(slots=True)
class Recorder:
    """What Reddit sent: the newest `data` object of each post and comment, by fullname.

    Attributes
    ----------
    things
        Fullname -> `data`, with `retrieved_on` added and nested replies (things of their own) left out.
    after
        The `after` of the last listing: not None means that Reddit had more to give.
    requests
        Requests sent, retries included.

    """

    things: dict[str, Thing] = field(default_factory=dict, repr=False)
    after: str | None = None
    requests: int = 0

    def record(self, document: Any, *, retrieved_on: int) -> None:
        """Take every post and comment out of an answer."""
        if isinstance(document, dict) and document.get("kind") == "Listing":
            after = _data(document).get("after")
            self.after = after if isinstance(after, str) else None
        for kind, data in things_in(document):
            flat = {key: value for key, value in data.items() if not (key == "replies" and value)}
            self.things[f"{kind}_{data['id']}"] = {**flat, "retrieved_on": retrieved_on}


def things_in(document: Any) -> Iterator[tuple[str, Thing]]:
    """Yield (kind, data) of every post (t3) and comment (t1) in an answer, parents before replies."""
    stack = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            data = _data(value)
            if value.get("kind") in ("t1", "t3") and isinstance(data.get("id"), str):
                yield value["kind"], data
                stack.append(data.get("replies"))
            else:
                stack.extend(value[key] for key in ("things", "children", "data", "json") if key in value)


def _data(value: dict[str, Any]) -> dict[str, Any]:
    data = value.get("data")
    return data if isinstance(data, dict) else {}
