"""The settings of safety labels: which labels keep a text out, and out of what."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from prefpairs.config_section import Section, Share
from prefpairs.errors import ConfigError
from prefpairs.files import sha256_file
from prefpairs.safety_codes import HarmCode, SafetyCode

_NOT_DECISIVE = {"batch_texts"}


class Safety(Section):
    """What is done with a text that carries a safety label (docs/safety.md)."""

    drop_everywhere: tuple[HarmCode, ...] = ("METHOD", "ENCOURAGEMENT", "THIRD_PARTY", "MINOR")
    """Such a text takes no part in any config, a post with its whole thread. Methods harm whoever reads them,
    on whichever side of a pair; people who did not write, and children, cannot have agreed."""
    drop_chosen: tuple[HarmCode, ...] = (
        "EATING_DISORDER_NUMBERS", "MEDICATION_DOSING", "MEDICAL_MISINFORMATION", "HARASSMENT",
    )  # fmt: skip
    """Such a text may not be chosen: the pair is dropped and never flipped, because a flip states a preference
    that nobody had. As rejected under a clean chosen text it goes to the config safety_contrast."""
    crisis: tuple[HarmCode, ...] = ("CRISIS",)
    """A pair with such a post or response goes to the config crisis: votes are no judge of how to answer it."""
    publish: tuple[Literal["crisis", "safety_contrast"], ...] = ()
    """The configs beside default that are published. None: both need an approval that speaks of them. With
    safety_contrast, the drafts of improvement may be harmful too, as codes of drop_chosen are."""
    queue_uncertain: bool = True
    """A text with uncertain codes takes no part in default and waits in `safety_queue`. Off: it counts as
    clean, which lets through what the rules could not read, and only a steward can say that this is right."""
    off: tuple[SafetyCode, ...] = ()
    """Codes that are not looked for. Empty: a label costs nothing until one of the lists above uses it."""
    classifier: Path | None = None
    """Weights of a linear model over character n-grams, as JSON (docs/safety.md); relative to the TOML file.
    It only ever adds uncertain codes. None: the package ships no model, because there is no data to train on."""
    classifier_threshold: Share = 0.8
    """A code is added from this probability on. High, because each hit asks for a person's time."""
    batch_texts: Annotated[int, Field(ge=1)] = 100_000
    """Raw texts held in memory at a time, and for each of these batches the raw tables are read once."""

    @model_validator(mode="after")
    def _each_code_has_one_consequence(self) -> Self:
        lists = {"drop_everywhere": self.drop_everywhere, "drop_chosen": self.drop_chosen, "crisis": self.crisis}
        if "METHOD" not in self.drop_everywhere:
            msg = "METHOD must stay in drop_everywhere: a text that names a method is published in no config"
            raise ValueError(msg)
        if "METHOD" in self.off:
            msg = "METHOD cannot be off: a text that names a method is published in no config"
            raise ValueError(msg)
        times = Counter(code for codes in lists.values() for code in codes)
        if repeated := sorted(code for code, count in times.items() if count > 1):
            msg = f"{', '.join(repeated)} stands in several of {', '.join(lists)}, or twice: name each code once"
            raise ValueError(msg)
        if idle := sorted(set(self.off) & set(times)):
            msg = (
                f"{', '.join(idle)} is off, so {', '.join(lists)} would never see it: "
                "take it out of them too, so that the file says what happens"
            )
            raise ValueError(msg)
        if "crisis" in self.publish and not self.crisis:
            msg = "publish names crisis, but no code leads there: put CRISIS into the list crisis"
            raise ValueError(msg)
        return self

    def content_settings(self, *, root: Path = Path()) -> dict[str, Any]:
        """Return the settings that decide the result, as JSON: the classifier as the hash of its file.

        `root` is the folder of the TOML file.

        Raises
        ------
        ConfigError
            If the classifier cannot be read.

        """
        decisive = self.model_dump(mode="json", exclude=_NOT_DECISIVE)
        return {
            **decisive,
            "classifier": None if self.classifier is None else classifier_hash(root / self.classifier),
        }


def classifier_hash(path: Path) -> str:
    """Return the SHA-256 of the classifier's file.

    Raises
    ------
    ConfigError
        If it cannot be read.

    """
    try:
        return sha256_file(path)
    except OSError:
        msg = f"safety.classifier: the file {path} cannot be read. Name a file that is there, or leave it out."
        raise ConfigError(msg) from None
