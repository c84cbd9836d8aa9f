"""Settings -> the local models that read replies, and the versions of everything that does."""

from dataclasses import dataclass
from typing import Any

from prefpairs.evaluate.generations import readability
from prefpairs.evaluate.generations.cues import rules
from prefpairs.evaluate.generations.embedding import SentenceModel
from prefpairs.evaluate.generations.judge import LocalJudge, question
from prefpairs.evaluate.generations.safety import lexicon_version
from prefpairs.evaluate.generations.settings import GenerationSettings
from prefpairs.evaluate.generations.words import function_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """The local models that read replies, as far as they are given."""

    sentence_model: SentenceModel | None
    judge: LocalJudge | None

    @classmethod
    def load(cls, settings: GenerationSettings, *, device: Any) -> "Readers":
        """Load what the settings name.

        Raises
        ------
        ConfigError
            If a folder holds no model that can be loaded.

        """
        similar, judge = settings.sentence_model, settings.judge
        return cls(
            sentence_model=None if similar is None else SentenceModel(similar, device=device),
            judge=None
            if judge is None
            else LocalJudge(judge, device=device, max_tokens=settings.judge_max_tokens),
        )

    def sources(self) -> dict[str, str]:
        """Return rule set or model -> its version, the package's own rules included."""
        found = {name: rules(name).version for name in ("empathy", "actionability", "replies")}
        found |= {
            "harms": lexicon_version(),
            "function words": function_words().version,
            "readability": readability.version(),
        }
        if self.sentence_model is not None:
            found["sentence model"] = self.sentence_model.identity
        if self.judge is not None:
            found |= {"judge": self.judge.identity, "judge's question": question().version}
        return found
