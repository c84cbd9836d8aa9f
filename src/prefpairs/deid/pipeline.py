"""The name of a spaCy pipeline -> the NLP engine that Presidio works with. Nothing is ever downloaded."""

from pathlib import Path
from typing import Any

import spacy
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from spacy.language import Language
from spacy.tokens import Doc

from prefpairs.errors import ConfigError
from prefpairs.files import sha256_file, sha256_json

BLANK = "blank:"
_LOWER_LEMMA = "prefpairs_lower_lemma"


@Language.component(_LOWER_LEMMA, assigns=["token.lemma"])
def lower_lemma(doc: Doc) -> Doc:
    """Give every token its lower-case form as its lemma."""
    for token in doc:
        token.lemma_ = token.lower_
    return doc


class LoadedSpacyEngine(SpacyNlpEngine):
    """Presidio's spaCy engine around a pipeline that is loaded already."""

    def __init__(self, nlp: Language, language: str) -> None:
        # Whether an entity counts is decided by the settings, after detection: here every label passes.
        super().__init__(
            models=[{"lang_code": language, "model_name": nlp.meta["name"]}],
            ner_model_configuration=NerModelConfiguration(labels_to_ignore=[]),
        )
        self.nlp: dict[str, Language] = {language: nlp}  # type: ignore[assignment]

    def load(self) -> None:
        """Refuse: Presidio downloads a model that it does not find."""
        msg = "The spaCy pipeline is loaded before Presidio sees it."
        raise ConfigError(msg)


def load_pipeline(name: str) -> Language:
    """Return the spaCy pipeline of a name or a folder, or an empty one for `blank:en`.

    Presidio compares context words with lemmas. A pipeline that sets none would lose them all without
    a word, so such a pipeline gets lower-case forms for lemmas.

    Raises
    ------
    ConfigError
        If there is no such pipeline here.

    """
    try:
        nlp = spacy.blank(name.removeprefix(BLANK)) if name.startswith(BLANK) else spacy.load(name)
    except (OSError, ImportError, ValueError):
        msg = (
            f"deid.spacy_pipeline: no spaCy pipeline '{name}' is installed, and none is downloaded. "
            f"Install the package, give the folder of a pipeline, or use 'blank:en'."
        )
        raise ConfigError(msg) from None
    if not any("token.lemma" in nlp.get_pipe_meta(pipe).assigns for pipe in nlp.pipe_names):
        nlp.add_pipe(_LOWER_LEMMA)
    return nlp


def finds_entities(nlp: Language) -> bool:
    """Say whether the pipeline has any component besides our own: only then can it find entities."""
    return any(pipe != _LOWER_LEMMA for pipe in nlp.pipe_names)


def describe_pipeline(nlp: Language) -> dict[str, Any]:
    """Return what tells one pipeline from another, as JSON."""
    meta = {key: nlp.meta.get(key) for key in ("lang", "name", "version", "spacy_git_version")}
    return {**meta, "pipes": list(nlp.pipe_names), "files": _files_hash(nlp.path)}


def _files_hash(folder: Path | None) -> str | None:
    """Return one SHA-256 over a pipeline's files: two trainings may share name and version."""
    if folder is None:
        return None
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
    return sha256_json({path.relative_to(folder).as_posix(): sha256_file(path) for path in files})
