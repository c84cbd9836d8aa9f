"""The systems that are compared, with a pipeline whose entities are known."""

import socket
from pathlib import Path

import pytest
import spacy

from benchmarks.deid import peers
from prefpairs.config_deid import Deid


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of a pipeline that knows one person and one company."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [{"label": "PERSON", "pattern": "Ana"}, {"label": "ORG", "pattern": "Volvo"}]
    )
    folder: Path = tmp_path_factory.mktemp("pipeline") / "known"
    nlp.to_disk(folder)
    return str(folder)


def masked(masker: peers.Masker, text: str) -> set[tuple[str, str]]:
    return {(mask.entity_type, text[mask.start : mask.end]) for mask in masker(text)}


def test_stock_leaves_organisations_and_keeps_its_weakest_detections(pipeline: str) -> None:
    found = masked(peers.stock(pipeline), "Ana left Volvo with F32 and a@b.org")
    assert ("PERSON", "Ana") in found
    assert ("EMAIL_ADDRESS", "a@b.org") in found
    assert ("US_DRIVER_LICENSE", "F32") in found, "its threshold is 0 as it comes"
    assert not any("Volvo" in text for _, text in found)


def test_pipeline_alone_masks_its_organisations(pipeline: str) -> None:
    assert masked(peers.pipeline_alone(pipeline), "Ana left Volvo with F32") == {
        ("PERSON", "Ana"),
        ("ORGANIZATION", "Volvo"),
    }


def test_stock_uses_no_network(pipeline: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        msg = "A benchmark reached for the network."
        raise AssertionError(msg)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert masked(peers.stock(pipeline), "mail b.c@d.co.uk") == {("EMAIL_ADDRESS", "b.c@d.co.uk")}


def test_ours_masks_what_the_engine_replaces(pipeline: str) -> None:
    found = masked(peers.ours(Deid(spacy_pipeline=pipeline)), "hello u/someone, Ana left")
    assert {text for _, text in found} == {"u/someone", "Ana"}


def test_ours_leaves_what_the_policy_keeps(pipeline: str) -> None:
    settings = Deid(spacy_pipeline=pipeline, policy={"ORGANIZATION": "keep"})
    assert masked(peers.ours(settings), "Ana left Volvo today.") == {("PERSON", "Ana")}


def test_text_that_is_withheld_is_masked_as_a_whole() -> None:
    text = "so long a text"
    masker = peers.ours(Deid(spacy_pipeline="blank:en", max_text_characters=5))
    assert masked(masker, text) == {(peers.WITHHELD, text)}
