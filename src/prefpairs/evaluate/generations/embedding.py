"""A folder with a sentence model -> the cosine of two texts' embeddings. Nothing is fetched.

Sentence-BERT (Reimers and Gurevych 2019): the mean of the last layer over the tokens of a text.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from prefpairs.evaluate.generations.local_model import identity, load_local

_MAX_TOKENS = 256  # what all-MiniLM-L6-v2 was trained to read
_BATCH_TEXTS = 32


class SentenceModel:
    """Compares texts by their embeddings.

    Parameters
    ----------
    folder
        A transformers model with its tokenizer.

    Raises
    ------
    ConfigError
        If the folder holds no model.

    """

    def __init__(self, folder: Path, *, device: torch.device) -> None:
        self._model, self._tokenizer = load_local(
            folder, "AutoModel", setting="replies.sentence_model", device=device
        )
        self._device = device
        self.identity = identity(folder)

    def similarity(self, one: Sequence[str], other: Sequence[str]) -> list[float | None]:
        """Return the cosine of each text of `one` with that of `other` in its place; None beside an empty text."""
        texts = sorted({text for text in (*one, *other) if text.strip()}, key=lambda text: (len(text), text))
        if not texts:
            return [None] * len(one)
        vectors = torch.cat(
            [self._embed(texts[start : start + _BATCH_TEXTS]) for start in range(0, len(texts), _BATCH_TEXTS)]
        )
        place = {text: number for number, text in enumerate(texts)}
        return [
            float(vectors[place[left]] @ vectors[place[right]]) if left in place and right in place else None
            for left, right in zip(one, other, strict=True)
        ]

    def _embed(self, texts: list[str]) -> Tensor:
        tokenizer: Any = self._tokenizer
        batch = [tokenizer(text, truncation=True, max_length=_MAX_TOKENS).input_ids for text in texts]
        longest = max(map(len, batch))
        # Padded by hand: a tokenizer of a decoder often has no token for it.
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in batch], device=self._device)
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in batch], device=self._device)
        with torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        mean = (states * weights).sum(dim=1) / weights.sum(dim=1)
        return torch.nn.functional.normalize(mean, dim=1).cpu()
