"""A manifest -> the card's section on personal information: what was looked for, and what became of it."""

from pathlib import PurePath
from typing import Any

from prefpairs.release.manifest import Manifest
from prefpairs.release.markdown import code, inline, table, value

_VERBATIM = """\
The texts are **pseudonymised, not anonymous**. Apart from the replaced spans they are verbatim: anyone with a \
search engine may find the original post, and its author's name with it. Detectors miss identifiers, above all \
indirect ones (a place, an employer and a rare event together). Ids are keyed for this release series; author \
names, permalinks and exact times are not part of the data."""

_DONE = {
    "placeholder": "replaced by its type in angle brackets",
    "surrogate": "replaced by an invented one, where one can be invented, else by its type",
    "generalise": "replaced by an age band or a year, else by its type",
    "drop": "taken out",
    "keep": "left in the text",
}

# Versions that were made before there was a policy.
_BEFORE_POLICIES: dict[str, Any] = {
    "profile": "balanced", "action": "placeholder", "policy": {}, "propagate": False, "verify": False,
}  # fmt: skip

_STEPS = {
    "propagate": "A name that was found once in a thread, and that of anybody who wrote in it, was replaced in "
    "the whole thread; names that are everyday words only where they are written like names.",
    "verify": "Each text that was changed was read once more for direct identifiers; one that still held any was "
    "left out.",
}

_SURROGATES = """\
**Some names, handles, addresses, numbers, places and dates in the texts are invented.** They are the same within \
a thread and others in the next. They stand for nobody, and any likeness is chance."""

_LABELS_ONLY = """\
This version holds ids and labels, and no text. The ids are Reddit's own: whoever has access may fetch the texts, \
and what was deleted since is gone. Whoever fetches them holds personal data."""


def sensitive(manifest: Manifest) -> str:
    """Return the card's section on personal information: what was looked for, and what became of it."""
    heading = "## Personal and sensitive information"
    if manifest.mode == "labels-only":
        return f"{heading}\n\n{_LABELS_ONLY}"
    policy = {**_BEFORE_POLICIES, **manifest.settings["deid"]}
    masked = table(
        ("entity type", "spans found", "what was done"),
        [
            (code(name), f"{count:,}", inline(_DONE[policy["policy"].get(name, policy["action"])]))
            for name, count in sorted(manifest.masked_spans.items())
        ],
    )
    return "\n\n".join(
        [
            heading,
            _VERBATIM,
            f"Identifiers were searched for by Presidio with recognizers of our own, under the profile "
            f"{code(policy['profile'])}. {_names(policy)} Spans below a score of "
            f"{value(policy['score_threshold'])} were left in the text, and so were entity types "
            f"{value(policy['ignored_entities'])}.",
            *(sentence for setting, sentence in _STEPS.items() if policy[setting]),
            masked if manifest.masked_spans else "No span was found.",
            *([_SURROGATES] if "surrogate" in {policy["action"], *policy["policy"].values()} else []),
            "The figures cover every text that was read for this version and earlier ones, published or not.",
        ]
    )


def _names(policy: dict[str, Any]) -> str:
    pipeline = PurePath(str(policy["spacy_pipeline"])).name
    if pipeline.startswith("blank:"):
        return (
            f"**No named-entity recogniser was used** ({code(pipeline, also=':')}): names of people, places, "
            "employers and schools are found by patterns and lists only, so many of them are still in the texts."
        )
    return f"Names are found by the spaCy pipeline {code(pipeline)} and by patterns."
