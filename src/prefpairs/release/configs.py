"""Settings -> the configs of a version: which rows of which table are published under which name.

What was not asked for is never written, whatever the tables hold.
"""

from dataclasses import dataclass

from prefpairs.config import Settings

MAIN = ("pairs", "labels")
"""The config that a version is about, by mode: `datasets.load_dataset` gives it, and a version needs it."""

_LABELS = ("labels_prompt", "labels_chosen", "labels_rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedConfig:
    """One config of a version.

    Attributes
    ----------
    name
        What it is published under.
    table
        Where its rows are.
    part
        Only the rows whose column `config` is this; None takes every row.
    without
        Columns that are left out.
    description
        What it is, for a reader of the card; None: what the contract says of its table.

    """

    name: str
    table: str
    part: str | None = None
    without: tuple[str, ...] = ()
    description: str | None = None


_TEXT = (
    PublishedConfig(name="pairs", table="pairs", part="default"),
    PublishedConfig(name="threads", table="threads", part="default"),
    PublishedConfig(name="sft", table="sft"),
    PublishedConfig(name="improvement", table="improvements"),
)
_ASKED_FOR = {
    "safety_contrast": PublishedConfig(
        name="safety_contrast",
        table="pairs",
        part="safety_contrast",
        description="Pairs whose rejected response carries a safety label, under a chosen one without any: what "
        "not to say. Its rejected texts are harmful.",
    ),
    "crisis": PublishedConfig(
        name="crisis",
        table="pairs",
        part="crisis",
        description="Pairs in which the post or a response discloses a crisis. Votes are no judge of how to "
        "answer one: not for training without clinical advice.",
    ),
}
# Beside Reddit's own ids, a label would say something of a person, and a list of crises would name people in one.
_LABELS_ONLY = (PublishedConfig(name="labels", table="selected_pairs", part="default", without=_LABELS),)


def published(settings: Settings) -> tuple[PublishedConfig, ...]:
    """Return the configs of a version under these settings, the main one first."""
    if settings.release.mode == "labels-only":
        return _LABELS_ONLY
    return _TEXT + tuple(config for name, config in _ASKED_FOR.items() if name in settings.safety.publish)
