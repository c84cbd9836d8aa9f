"""The settings of de-identification: profiles, thresholds, and what is done with each entity type."""

from pathlib import Path, PurePath
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from prefpairs.config_section import Section, Share
from prefpairs.errors import ConfigError
from prefpairs.files import sha256_file

BUNDLED_PIPELINE = "en_prefpairs_community"
"""The spaCy pipeline with the NER that the package ships."""

Action = Literal["placeholder", "surrogate", "generalise", "drop", "keep"]
"""What is done with an identifier of one entity type."""

_NOISE = (
    "UsLicenseRecognizer", "UsBankRecognizer", "UsPassportRecognizer", "UsItinRecognizer", "NhsRecognizer",
    "MedicalLicenseRecognizer",
)  # fmt: skip
"""On Reddit these are noise: 'F32' (a diagnosis) reads as a driving licence, phones as NHS numbers."""

# A profile is a set of defaults: whatever the TOML file sets itself stays as it is set there. Each finds
# whatever the next one finds: thresholds rise, the NER's bias falls, and more types are left in the text.
DEID_PROFILES: dict[str, dict[str, Any]] = {
    "strict": {"score_threshold": 0.3, "outside_bias": 3.0, "ignored_entities": ()},
    "balanced": {"score_threshold": 0.4, "outside_bias": 2.5, "ignored_entities": ("NRP", "RELATIVE_DATE")},
    "minimal": {
        "score_threshold": 0.5,
        "outside_bias": 1.0,
        "ignored_entities": (
            "AGE", "DATE_TIME", "LOCATION", "NRP", "ORGANIZATION", "POSTCODE", "RELATIVE_DATE", "SUBREDDIT",
        ),
    },
}  # fmt: skip


_NOT_DECISIVE = {
    "workers",
    "worker_texts",
    "worker_seconds",
    "chunk_texts",
    "commit_texts",
    "batch_texts",
    "gazetteers",
}
"""Settings of de-identification that only say where and how fast."""


class Deid(Section):
    """How text is de-identified."""

    profile: Literal["strict", "balanced", "minimal"] = "balanced"
    """A named set of recognizers and thresholds. `strict` finds more and takes more that is none;
    `minimal` masks direct identifiers only."""
    spacy_pipeline: str = BUNDLED_PIPELINE
    """A spaCy pipeline's name or folder (with a slash: relative to the TOML file). `blank:en` has no NER."""
    language: str = "en"
    score_threshold: Share = 0.4
    """Presidio's PHONE_NUMBER scores exactly 0.4 without a context word."""
    outside_bias: Annotated[float, Field(ge=0, le=10)] = 2.5
    """Subtracted from the bundled NER's logit for "no entity": higher finds more, and takes more that is none.
    2.5, with half a point for people, is the most at which three of four masked tokens of WNUT17's
    dev set are names."""
    person_bias: Annotated[float, Field(ge=0, le=10)] = 0.5
    """Added to the bundled NER's logit for a person: a name that stays is the worst that can happen."""
    phone_min_digits: Annotated[int, Field(ge=4, le=15)] = 7
    """Fewer, and Presidio's phone recognizer is not believed: '1689 karma' is a valid number in Germany."""
    disabled_recognizers: tuple[str, ...] = _NOISE
    ignored_entities: tuple[str, ...] = ("NRP", "RELATIVE_DATE")
    """Found, and left in the text."""
    never_mask: tuple[str, ...] = ()
    """Left in the text, besides what the package never masks: crisis lines, medications, diagnoses, eponyms.
    Compared without case, separators and a leading 1."""
    gazetteers: dict[str, Path] = Field(default_factory=dict)
    """Entity type -> a file with one name a line (or JSON objects with a `name`), masked wherever it stands."""
    action: Action = "placeholder"
    """What is done with an identifier whose type `policy` does not name."""
    policy: dict[str, Action] = {"AGE": "generalise", "DATE_TIME": "generalise"}  # noqa: RUF012  # pydantic copies it
    """Entity type -> what is done with it."""
    oldest_year: Annotated[int, Field(ge=1900, le=2099)] = 1940
    """A generalised date shows no year before this: a year of birth would tell an age over 89."""
    propagate: bool = True
    """Mask a name that was found once in a thread, and the names of who wrote in it, everywhere in that thread."""
    verify: bool = True
    """Read each replaced text once more with the patterns for direct identifiers: what still holds one is masked
    again, and not published if that does not help."""
    max_text_characters: Annotated[int, Field(ge=1)] = 200_000
    """A longer text is not searched and never published: a search takes bounded time. Reddit's limit is 40,000."""
    workers: Annotated[int, Field(ge=0, le=64)] = 2
    """Worker processes; 0 works in this process."""
    worker_texts: Annotated[int, Field(ge=1)] = 200_000
    """Texts after which a worker is replaced: what its libraries keep for ever is freed."""
    worker_seconds: Annotated[float, Field(gt=0)] = 900
    """A worker that has not finished a chunk after this time is ended, and what stopped it is found."""
    chunk_texts: Annotated[int, Field(ge=1)] = 256
    """Texts handed to a worker at a time."""
    commit_texts: Annotated[int, Field(ge=1)] = 20_000
    """Texts written in one commit: the most that a crash can cost."""
    batch_texts: Annotated[int, Field(ge=1)] = 100_000
    """Raw texts held in memory at a time, and for each of these batches the raw tables are read once."""

    @model_validator(mode="before")
    @classmethod
    def _profile_defaults(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {**DEID_PROFILES.get(str(given.get("profile", "balanced")), {}), **given}

    def content_settings(self) -> dict[str, Any]:
        """Return the settings that decide the result, as JSON: pipelines without folders, gazetteers as hashes.

        Raises
        ------
        ConfigError
            If a gazetteer cannot be read.

        """
        decisive = self.model_dump(mode="json", exclude=_NOT_DECISIVE)
        return {
            **decisive,
            "spacy_pipeline": PurePath(self.spacy_pipeline).name,
            "gazetteers": {name: _hash_of(name, path) for name, path in sorted(self.gazetteers.items())},
        }


def _hash_of(entity_type: str, path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError:
        msg = f"deid.gazetteers.{entity_type}: the file {path} cannot be read."
        raise ConfigError(msg) from None
