"""The bundled NER and two other spaCy pipelines, alone -> how many names each of them masks.

Speed is compared at equal recall, so the recall has to be shown. No recognizer helps here: what counts
are a pipeline's own entities, organisations included, on WNUT17's Reddit sentences. The two peers are trained by
this project's script on the same sentences: six float32 transformer layers, and spaCy's CNN.
"""

from pathlib import Path

from benchmarks.deid import corpora, peers, wnut17
from prefpairs.config_deid import Deid
from training.ner.corpora import read_dev

_BUILD = Path(__file__).resolve().parents[2] / "build" / "ner"
SIX_LAYERS = _BUILD / "six_layer_float32"
CNN = _BUILD / "cnn"
COMMAND = "python -m training.ner.train --output build/ner/student && python -m training.ner.cnn"


def recalls() -> dict[str, float | str]:
    """Return the recall of each pipeline alone, by class, and its precision.

    Raises
    ------
    SystemExit
        Says how the peers are made, if they are not there.

    """
    if missing := [path.name for path in (SIX_LAYERS, CNN) if not path.is_dir()]:
        msg = (
            f"build/ner lacks {' and '.join(missing)}. Make them once (half an hour; training/ner/README.md says "
            f"what it needs): {COMMAND}"
        )
        raise SystemExit(msg)
    sentences = corpora.wnut17_reddit()
    found: dict[str, float | str] = {}
    for name, pipeline in (("ner", Deid().spacy_pipeline), ("six_layer", str(SIX_LAYERS)), ("cnn", str(CNN))):
        result = wnut17.measure(sentences, peers.pipeline_alone(pipeline, gated=name == "ner"))
        found |= {f"{name}_alone_{kind}_recall": figure.value for kind, figure in result.recall.items()}
        found[f"{name}_alone_mask_precision"] = result.precision.value
    return found


def curve(biases: tuple[float, ...] = (0, 0.5, 1, 1.5, 2, 2.5, 3, 4)) -> list[tuple[str, ...]]:
    """Return recall and precision on WNUT17's development sentences for some values of `deid.outside_bias`.

    Half of these sentences are trained on; only the other half counts here.
    """
    untrained = {item.text for item in read_dev(corpora.folder("deid"))["wnut17"]}
    sentences = [item for item in corpora.wnut17_dev() if wnut17.running_text(item.tokens)[0] in untrained]
    rows = []
    for bias in biases:
        result = wnut17.measure(sentences, peers.ours(Deid(outside_bias=bias)))
        figures = (*result.recall.values(), result.precision)
        rows.append((f"{bias:g}", *(f"{figure.value:.3f}" for figure in figures)))
    return rows
