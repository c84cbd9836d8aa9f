import gzip
from importlib.resources import files

import pytest

from prefpairs.deid.gold import GoldSpan, GoldText, handwritten, heldout, parse
from prefpairs.errors import ContractError
from training.heldout import COUNT, SEED, pack, records
from training.sentences.generator import generate, sentences

DIRECT = {
    "PERSON", "STREET_ADDRESS", "REDDIT_USER", "SOCIAL_HANDLE", "EMAIL_ADDRESS", "PHONE_NUMBER", "URL",
    "RECORD_NUMBER", "SECRET", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "US_SSN",
}  # fmt: skip


def test_the_held_out_gold_that_ships_is_what_the_script_makes() -> None:
    shipped = files("prefpairs.deid").joinpath("gold", "heldout.ndjson.gz").read_bytes()

    assert gzip.decompress(shipped) == gzip.decompress(
        pack(records(generate(seed=SEED, count=COUNT, templates="heldout")))
    )
    assert len(shipped) <= 300_000


def test_the_held_out_gold_covers_every_direct_identifier_and_texts_without_any() -> None:
    texts = heldout()

    assert len({text.id for text in texts}) == len(texts) == COUNT
    assert {span.entity_type for text in texts for span in text.spans} >= DIRECT
    assert sum(not text.spans for text in texts) >= 100


def test_the_handwritten_gold_has_texts_with_and_without_identifiers() -> None:
    texts = handwritten()

    assert sum(bool(text.spans) for text in texts) >= 150
    assert sum(not text.spans for text in texts) >= 60
    assert {span.entity_type for text in texts for span in text.spans} >= DIRECT
    assert all(text.text.strip() for text in texts)


def test_no_handwritten_text_repeats_a_template() -> None:
    templates = {
        line.casefold() for half in ("train", "heldout") for lines in sentences(half).values() for line in lines
    }

    assert not templates & {text.text.casefold() for text in handwritten()}


def test_marks_become_spans_of_the_text_without_marks() -> None:
    marked = "#: a comment\nme and [[PERSON|Ana]] 😢 in\n[[LOCATION|Leeds]]\n----\nnothing here"

    assert parse(marked) == [
        GoldText(
            "handwritten-001",
            "me and Ana 😢 in\nLeeds",
            "as-is",
            (GoldSpan(7, 10, "PERSON"), GoldSpan(16, 21, "LOCATION")),
        ),
        GoldText("handwritten-002", "nothing here", "as-is", ()),
    ]


def test_an_open_mark_is_refused_without_quoting_the_text() -> None:
    with pytest.raises(ContractError, match="handwritten-002") as raised:
        parse("fine\n----\nmy friend [[PERSON|Zebedee")

    assert "Zebedee" not in str(raised.value)
