"""Word pieces and what is known of them -> how likely each is part of a name (a BERT, Devlin et al. 2019)."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from prefpairs.deid.ner.words import KINDS, SHAPES

LABELS = 4
HIDDEN, HEADS, WIDE = 384, 12, 1536
POSITIONS = 160
EPSILON = 1e-12


class Layer(nn.Module):
    """One layer of an encoder, the normalisation behind."""

    def __init__(self, wide: int, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.norm1 = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.up = nn.Linear(HIDDEN, wide)
        self.down = nn.Linear(wide, HIDDEN)
        self.norm2 = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (batch, length, hidden) of the same; `mask` is false for padding."""
        batch, length, _ = x.shape
        q, k, v = (
            part.view(batch, length, HEADS, HIDDEN // HEADS).transpose(1, 2)
            for part in self.qkv(x).chunk(3, dim=-1)
        )
        drop = self.dropout if self.training else 0.0
        attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        attended = self.out(attended.transpose(1, 2).reshape(batch, length, HIDDEN))
        x = self.norm1(x + functional.dropout(attended, drop))
        widened = self.down(functional.gelu(self.up(x)))
        result: Tensor = self.norm2(x + functional.dropout(widened, drop))
        return result


class Tagger(nn.Module):
    """Embeddings, some layers, and four labels for each piece."""

    def __init__(self, vocabulary: int, layers: int, *, wide: int = WIDE, dropout: float = 0.1) -> None:
        super().__init__()
        self.pieces = nn.Embedding(vocabulary, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.shapes = nn.Embedding(SHAPES, HIDDEN)
        self.kinds = nn.Embedding(KINDS, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.layers = nn.ModuleList(Layer(wide, dropout) for _ in range(layers))
        self.labels = nn.Linear(HIDDEN, LABELS)
        self.dropout = dropout
        for table in (self.shapes, self.kinds):
            nn.init.zeros_(table.weight)

    def encoder(self) -> list[Layer]:
        """Return the layers, the lowest first."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def forward(self, ids: Tensor, shapes: Tensor, kinds: Tensor) -> Tensor:
        """Return logits (batch, length, label). Id 0 is padding."""
        mask = (ids != 0)[:, None, None, :]
        places = torch.arange(ids.shape[1])
        x = self.pieces(ids) + self.positions(places) + self.shapes(shapes) + self.kinds(kinds)
        x = functional.dropout(self.norm(x), self.dropout if self.training else 0.0)
        for layer in self.layers:
            x = layer(x, mask)
        logits: Tensor = self.labels(x)
        return logits


def from_minilm(folder: Path, kept: list[int], layers: int) -> Tagger:
    """Return a tagger that begins with the first layers of all-MiniLM-L6-v2 (Apache-2.0), without some pieces."""
    weights = load_file(folder / "model.safetensors")
    weights = {name.removeprefix("bert."): value.float() for name, value in weights.items()}
    model = Tagger(len(kept), layers)
    state = model.state_dict()
    embeddings = "embeddings."
    state["pieces.weight"] = weights[f"{embeddings}word_embeddings.weight"][kept]
    kind_of_text = weights[f"{embeddings}token_type_embeddings.weight"][0]
    state["positions.weight"] = weights[f"{embeddings}position_embeddings.weight"][:POSITIONS] + kind_of_text
    for end in ("weight", "bias"):
        state[f"norm.{end}"] = weights[f"{embeddings}LayerNorm.{end}"]
        for number in range(layers):
            old, new = f"encoder.layer.{number}.", f"layers.{number}."
            state[f"{new}qkv.{end}"] = torch.cat(
                [weights[f"{old}attention.self.{name}.{end}"] for name in ("query", "key", "value")]
            )
            for ours, theirs in (
                ("out", "attention.output.dense"), ("norm1", "attention.output.LayerNorm"),
                ("up", "intermediate.dense"), ("down", "output.dense"), ("norm2", "output.LayerNorm"),
            ):  # fmt: skip
                state[f"{new}{ours}.{end}"] = weights[f"{old}{theirs}.{end}"]
    model.load_state_dict(state)
    return model
