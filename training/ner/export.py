"""A trained tagger -> the pipeline folder: an ONNX network, its vocabulary, lexicon and settings.

The graph is written by hand: the same weights give the same bytes, and nothing but fused operators that
onnxruntime has for CPUs stand in it.
"""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import spacy
import torch
from onnx import TensorProto, helper, numpy_helper

from prefpairs.deid.ner.component import FACTORY
from prefpairs.deid.ner.words import Lexicon
from training.ner.corpora import LABELS
from training.ner.model import EPSILON, HEADS, Tagger

FULL_RANGE, REDUCED_RANGE = 127, 63
_MICROSOFT = "com.microsoft"


class _Graph:
    def __init__(self, *, steps: int | None) -> None:
        self.steps = steps
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, name: str, value: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, *, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def linear(self, x: str, name: str, layer: torch.nn.Linear) -> str:
        weight = layer.weight.detach().numpy().T
        bias = self.weight(f"{name}.bias", layer.bias.detach().numpy())
        if self.steps is None:
            product = self.node("MatMul", [x, self.weight(f"{name}.weight", weight)], f"{name}.product")
            return self.node("Add", [product, bias], name)
        scale = np.maximum(np.abs(weight).max(axis=0), 1e-8) / self.steps
        whole = np.rint(weight / scale).astype(np.int8)
        inputs = [
            x,
            self.weight(f"{name}.weight", whole),
            self.weight(f"{name}.scale", scale.astype(np.float32)),
            self.weight(f"{name}.zero", np.zeros(len(scale), np.int8)),
            bias,
        ]
        return self.node("DynamicQuantizeMatMul", inputs, name, domain=_MICROSOFT)

    def looked_up(self, name: str, ids: str, table: np.ndarray) -> str:
        if self.steps is None:
            return self.node("Gather", [self.weight(f"{name}.table", table), ids], name)
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-8) / FULL_RANGE
        whole = self.weight(f"{name}.table", np.rint(table / scale).astype(np.int8))
        scales = self.weight(f"{name}.scale", scale.astype(np.float32))
        rows = self.node("Cast", [self.node("Gather", [whole, ids], f"{name}.whole")], f"{name}.float", to=1)
        return self.node("Mul", [rows, self.node("Gather", [scales, ids], f"{name}.scales")], name)

    def norm(self, name: str, x: str, layer: torch.nn.LayerNorm, *, skip: str | None = None) -> str:
        gamma = self.weight(f"{name}.gamma", layer.weight.detach().numpy())
        beta = self.weight(f"{name}.beta", layer.bias.detach().numpy())
        if skip is None:
            return self.node("LayerNormalization", [x, gamma, beta], name, axis=-1, epsilon=EPSILON)
        return self.node(
            "SkipLayerNormalization", [x, skip, gamma, beta], name, domain=_MICROSOFT, epsilon=EPSILON
        )


def network(model: Tagger, *, steps: int | None = REDUCED_RANGE) -> bytes:
    """Return the ONNX file. `steps` is the largest whole number of a weight; None keeps 32-bit floats.

    63 instead of 127 keeps a processor without VNNI from overflowing, so that it finds the same.
    """
    graph = _Graph(steps=steps)
    tables = {"ids": model.pieces, "shapes": model.shapes, "kinds": model.kinds, "places": model.positions}
    looked_up = [
        graph.looked_up(f"of_{name}", name, table.weight.detach().numpy()) for name, table in tables.items()
    ]
    x = graph.norm("embedded", graph.node("Sum", looked_up, "sum"), model.norm)
    for number, layer in enumerate(model.encoder()):
        name = f"layer{number}"
        qkv = graph.linear(x, f"{name}.qkv", layer.qkv)
        parts = [f"{name}.{part}" for part in ("q", "k", "v")]
        graph.nodes.append(helper.make_node("Split", [qkv], parts, name=f"{name}.split", axis=-1, num_outputs=3))
        seen = graph.node("MultiHeadAttention", parts, f"{name}.seen", domain=_MICROSOFT, num_heads=HEADS)
        x = graph.norm(f"{name}.norm1", graph.linear(seen, f"{name}.out", layer.out), layer.norm1, skip=x)
        up = graph.node("Gelu", [graph.linear(x, f"{name}.up", layer.up)], f"{name}.gelu", domain=_MICROSOFT)
        x = graph.norm(f"{name}.norm2", graph.linear(up, f"{name}.down", layer.down), layer.norm2, skip=x)
    labels = graph.weight("labels.weight", model.labels.weight.detach().numpy().T)
    product = graph.node("MatMul", [x, labels], "labels.product")
    graph.node("Add", [product, graph.weight("labels.bias", model.labels.bias.detach().numpy())], "logits")
    whole = helper.make_graph(
        graph.nodes,
        "prefpairs_ner",
        [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "length"]) for name in tables],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "length", 1 + len(LABELS)])],
        graph.weights,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
    file = helper.make_model(whole, opset_imports=opsets, producer_name="prefpairs", ir_version=9)
    packed: bytes = file.SerializeToString(deterministic=True)
    return packed


def gate_words() -> dict[str, list[str]]:
    """Return the words in which the gate differs from the lexicon."""
    found = tomllib.loads(Path(__file__).with_name("gate_words.toml").read_text(encoding="utf-8"))
    return {name: sorted(set(words.split())) for name, words in found.items()}


def write_pipeline(
    folder: Path, model: Tagger, *, vocabulary: list[str], lexicon: Lexicon, name: str,
    steps: int | None = REDUCED_RANGE,
) -> None:  # fmt: skip
    """Write the folder that `spacy.load` reads; a README.md that is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    nlp = spacy.blank("en", meta={"name": name, "version": "1.0.0"})
    nlp.add_pipe(FACTORY)
    nlp.to_disk(folder)
    parts = folder / FACTORY
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir()
    (parts / "ner.onnx").write_bytes(network(model, steps=steps))
    (parts / "vocab.txt").write_text("".join(f"{piece}\n" for piece in vocabulary), encoding="utf-8")
    lexicon.save(parts / "lexicon.gz")
    about = {"labels": list(LABELS), "gate": gate_words()}
    (parts / "ner.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
