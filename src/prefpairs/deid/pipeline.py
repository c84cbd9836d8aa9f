"""The name of a spaCy pipeline -> the NLP engine that Presidio works with. Nothing is ever downloaded."""

from importlib import resources
from pathlib import Path
from typing import Any

import spacy
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from spacy.language import Language
from spacy.tokens import Doc

from prefpairs.config_deid import BUNDLED_PIPELINE
from prefpairs.deid.ner.component import FACTORY, SCORES, NerComponent
from prefpairs.deid.ner.reader import Reader
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

    def _get_scores_for_entities(self, doc: Doc) -> list[float]:
        """Return our NER's own scores; Presidio gives every entity of every pipeline 0.85."""
        scores: list[float] | None = doc.user_data.get(SCORES)
        return super()._get_scores_for_entities(doc) if scores is None else scores


def load_pipeline(name: str, *, outside_bias: float = 2.0, person_bias: float = 0.0) -> Language:
    """Return the spaCy pipeline of a name or a folder, or an empty one for `blank:en`.

    Presidio compares context words with lemmas. A pipeline that sets none would lose them all without
    a word, so such a pipeline gets lower-case forms for lemmas.

    Raises
    ------
    ConfigError
        If there is no such pipeline here.

    """
    try:
        if name.startswith(BLANK):
            nlp = spacy.blank(name.removeprefix(BLANK))
        else:
            nlp = spacy.load(bundled_folder() if name == BUNDLED_PIPELINE else name)
    except (OSError, ImportError, ValueError):
        msg = (
            f"deid.spacy_pipeline: no spaCy pipeline '{name}' is installed, and none is downloaded. "
            f"Install the package, give the folder of a pipeline, or use 'blank:en'."
        )
        raise ConfigError(msg) from None
    if not any("token.lemma" in nlp.get_pipe_meta(pipe).assigns for pipe in nlp.pipe_names):
        nlp.add_pipe(_LOWER_LEMMA)
    reader = bundled_reader(nlp)
    if reader is not None:
        reader.outside_bias, reader.person_bias = outside_bias, person_bias
    return nlp


def bundled_folder() -> Path:
    """Return the folder of the pipeline that the package ships."""
    return Path(str(resources.files("prefpairs.deid.ner") / "model"))


def bundled_reader(nlp: Language) -> Reader | None:
    """Return the NER of ours inside a pipeline, or None. It can be asked without tokens."""
    components = (pipe for name, pipe in nlp.pipeline if nlp.get_pipe_meta(name).factory == FACTORY)
    component = next(components, None)
    return component.reader if isinstance(component, NerComponent) else None


def finds_entities(nlp: Language) -> bool:
    """Say whether the pipeline has any component besides our own lemmas: only then can it find entities."""
    return any(pipe != _LOWER_LEMMA for pipe in nlp.pipe_names)


def lemmas_are_lower_case(nlp: Language) -> bool:
    """Say whether every lemma of the pipeline is the word itself in lower case."""
    return _LOWER_LEMMA in nlp.pipe_names


def describe_pipeline(nlp: Language) -> dict[str, Any]:
    """Return what tells one pipeline from another, as JSON."""
    meta = {key: nlp.meta.get(key) for key in ("lang", "name", "version", "spacy_git_version")}
    return {**meta, "pipes": list(nlp.pipe_names), "files": _files_hash(nlp.path)}


def _files_hash(folder: Path | None) -> str | None:
    """Return one SHA-256 over a pipeline's files: two trainings may share name and version."""
    if folder is None:
        return None
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".md", ".py", ".pyc")
    )
    return sha256_json({path.relative_to(folder).as_posix(): sha256_file(path) for path in files})
