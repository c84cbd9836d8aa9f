"""A manifest -> the card's section on safety: which labels there are, and what each of them kept out."""

from collections.abc import Mapping, Sequence
from typing import Any

from prefpairs.release.manifest import Manifest
from prefpairs.release.markdown import code, prose, table
from prefpairs.safety_codes import HARM_CODES, MEANINGS, TOPICS

_LABELS = """\
Labels are set on texts, never on people, by word lists and rules that look at no vote. They miss harmful texts, \
above all those that use no plain words, and they find harm where there is none. A label is no diagnosis. Harm in \
*chosen* drops the pair and never turns it round: a turned pair would state a preference that nobody had."""

_TAGS = """\
The labels {tags} and the topics ({topics}) keep nothing out; they stand beside the texts, to filter by."""

_QUEUE = {
    True: "A text that the rules could not read for sure was left out of every config, and waits for a person.",
    False: "**A text that the rules could not read for sure counts as clean**: `queue_uncertain` is off.",
}

_LOOKED = """\
In `improvement`, earlier versions of comments, given drafts and revisions were looked at by the same rules: a \
text that nobody looked at is in no row."""

_WITHHELD = """\
The labels themselves are not part of this version: beside Reddit's own ids they would say something of people."""

_BEFORE_LABELS = "No text was looked at for harm: this version was made before there were safety labels."

REASONS = {
    "NOT_LABELLED": "nobody looked for labels in the response or its post",
    "UNSAFE_POST": "the post has a label that takes no part in anything",
    "UNSAFE": "the response has one",
    "AWAITS_STEWARD": "the response or its post may have a label, and waits for a person",
    "CRISIS": "the response or its post discloses a crisis, and such pairs are not published",
    "HARMFUL": "the response may not be chosen, and pairs against it are not published",
}
"""Reason code of the stage select -> what it means for a response."""


def safety(manifest: Manifest) -> str:
    """Return the card's section on safety."""
    settings: Mapping[str, Any] | None = manifest.settings.get("safety")
    if not settings or "drop_everywhere" not in settings:
        return f"## Safety\n\n{_BEFORE_LABELS}"
    published = settings["publish"] if manifest.mode == "text" else []
    labels = [
        (code(name), prose(MEANINGS[name]), _consequence(name, settings, published), _found(manifest, name))
        for name in HARM_CODES
    ]
    left_out = _left_out(manifest)
    return "\n\n".join(
        [
            "## Safety",
            _LABELS,
            table(("label", "what such a text does", "what is done with it", "texts found"), labels),
            *([table(("left out", "responses", "because"), left_out)] if left_out else []),
            _QUEUE[bool(settings.get("queue_uncertain", True))],
            *([_LOOKED] if "improvement" in manifest.configs else []),
            _tags() if manifest.mode == "text" else _WITHHELD,
        ]
    )


def _tags() -> str:
    tags = ", ".join(code(name) for name in MEANINGS if name not in HARM_CODES)
    return _TAGS.format(tags=tags, topics=", ".join(topic.replace("_", " ") for topic in TOPICS))


def _consequence(name: str, settings: Mapping[str, Any], published: Sequence[str]) -> str:
    if name in settings["drop_everywhere"]:
        return "takes no part in anything; a post takes its thread along"
    if name in settings["drop_chosen"]:
        return f"never chosen; rejected under a chosen text without it: {_config('safety_contrast', published)}"
    if name in settings["crisis"]:
        return f"kept apart: {_config('crisis', published)}"
    return "not looked for" if name in settings.get("off", ()) else "nothing: it is a note beside the text"


def _config(name: str, published: Sequence[str]) -> str:
    return f"config {code(name)}, which is {'published' if name in published else 'not published'}"


def _found(manifest: Manifest, name: str) -> str:
    """Return how many texts carry a code, as the stage that labels them counted."""
    counts = [
        report.counts[name] for report in manifest.funnel if report.stage == "label" and name in report.counts
    ]
    return f"{counts[-1]:,}" if counts else "unknown"


def _left_out(manifest: Manifest) -> list[tuple[str, str, str]]:
    dropped: dict[str, int] = {}
    for report in manifest.funnel:
        if report.stage == "select":
            dropped.update(report.dropped)
    return [(code(name), f"{dropped[name]:,}", because) for name, because in REASONS.items() if dropped.get(name)]
