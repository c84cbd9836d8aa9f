import re
from itertools import chain

import pytest
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, IbanRecognizer, UsSsnRecognizer

from prefpairs.deid.gazetteer import load
from training.sentences import names
from training.sentences.generator import Example, generate, sentences, skeletons
from training.sentences.names import Half, Pool

# What each type must look like, as far as it has a form; the other types are names.
FORMS = {
    "PHONE_NUMBER": r"[+(]?\d[\d\s().+-]{6,}\d",
    "EMAIL_ADDRESS": r"\S+?(@| ?[(\[]?at[)\]]? ?)\S+?(\.| ?[(\[]?dot[)\]]? ?)\S+.*",
    "REDDIT_USER": r"/?u/[\w-]+",
    "SUBREDDIT": r"/?r/\w+",
    "URL": r"(https?://|www\.|[\w-]+\.(me|wordpress)).*",
    "AGE": r".*\d.*",
    "IP_ADDRESS": r"(\d+\.){3}\d+|2001:db8:[0-9a-f:]+",
    "US_SSN": r"\d{3}[- ]\d{2}[- ]\d{4}",
    "UUID": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "MAC_ADDRESS": r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}",
    "POSTCODE": r"\d{5}|[a-z]+\d+ \d[a-z]{2}|[a-z]\d[a-z] \d[a-z]\d",
    "PERSON": r"[^\W\d].*",
    "LOCATION": r"[^\W\d].*",
}


@pytest.fixture(scope="module")
def train() -> list[Example]:
    return list(generate(seed=3, count=2_000, templates="train"))


@pytest.fixture(scope="module")
def heldout() -> list[Example]:
    return list(generate(seed=3, count=2_000, templates="heldout"))


def test_spans_are_in_order_apart_and_look_like_what_they_say(
    train: list[Example], heldout: list[Example]
) -> None:
    for example in chain(train, heldout):
        ends = [0, *(end for _, end, _ in example.spans)]
        assert all(end <= start < stop for end, (start, stop, _) in zip(ends, example.spans, strict=False))
        assert ends[-1] <= len(example.text)
        for start, end, entity_type in example.spans:
            found = example.text[start:end]
            assert found == found.strip()
            assert re.fullmatch(FORMS.get(entity_type, r".+"), found, re.IGNORECASE | re.DOTALL), entity_type


def test_what_is_around_a_span_is_not_part_of_a_word_of_it(train: list[Example]) -> None:
    for example in train:
        for start, _, _ in example.spans:
            assert start == 0 or not example.text[start - 1].isalnum()


def test_the_same_seed_gives_the_same_documents_and_another_seed_others() -> None:
    first, again = (list(generate(seed=9, count=50, templates="train")) for _ in range(2))

    assert first == again
    assert first != list(generate(seed=10, count=50, templates="train"))


def test_there_are_enough_sentences_and_every_slot_can_be_filled() -> None:
    assert sum(map(len, sentences("train").values())) >= 250
    assert sum(map(len, sentences("heldout").values())) >= 150
    left = re.compile(r"[{}]|<[^<>]*\|")
    documents = chain(
        generate(seed=4, count=2_000, templates="train"), generate(seed=4, count=2_000, templates="heldout")
    )
    assert not [example.template_id for example in documents if left.search(example.text)]


def test_no_held_out_sentence_is_a_training_sentence_or_nearly_one() -> None:
    trained = [set(words.split()) for words in _skeletons("train")]
    for words in _skeletons("heldout"):
        own = set(words.split())
        assert max(len(own & other) / len(own | other) for other in trained) < 0.75, words


@pytest.mark.parametrize(
    "pool",
    [
        names.common_first_names, names.wide_first_names, names.word_first_names, names.common_last_names,
        names.wide_last_names, names.town_nicknames, names.regions, names.countries, names.organisations,
        names.universities, names.nationalities,
    ],
)  # fmt: skip
def test_no_held_out_name_is_in_a_pool_to_train_on(pool: Pool) -> None:
    trained = {name.casefold() for name in pool("train")}
    held_out = {name.casefold() for name in pool("heldout")}

    assert held_out
    assert not trained & held_out


def test_held_out_people_and_towns_are_not_those_to_train_on(train: list[Example], heldout: list[Example]) -> None:
    for entity_type in ("PERSON", "LOCATION"):
        seen = _single_words(train, entity_type)
        new = _single_words(heldout, entity_type)
        assert len(new) > 100
        # A name with a slip of the keys can become another name; nothing else may.
        assert len(seen & new) <= 2, entity_type


def test_some_held_out_names_are_in_no_list_that_ships(heldout: list[Example]) -> None:
    listed = load("first_names") | load("last_names") | load("towns") | load("regions") | load("countries")

    for entity_type in ("PERSON", "LOCATION"):
        assert len(_single_words(heldout, entity_type) - listed) >= 10, entity_type


def test_a_variant_is_what_it_says_in_names_too(train: list[Example]) -> None:
    found = {variant: _names_in(train, variant) for variant in ("lower", "names lower", "title", "upper", "typos")}

    assert all(name == name.lower() for name in found["lower"] | found["names lower"] if name.isascii())
    assert all(name == name.upper() for name in found["upper"] if name.isascii())
    assert all(name[0].isupper() for name in found["title"] if name[0].isascii())
    assert found["typos"]


def test_many_sentences_have_capitals_or_name_like_words_and_no_identifier() -> None:
    unlabelled = [s for lines in sentences("train").values() for s in lines if not re.search(r"\{[a-z]+\}", s)]

    assert len(unlabelled) >= 100


def test_numbers_with_check_digits_are_valid(train: list[Example]) -> None:
    recognizers = {
        "CREDIT_CARD": CreditCardRecognizer(), "IBAN_CODE": IbanRecognizer(), "US_SSN": UsSsnRecognizer(),
    }  # fmt: skip
    for example in train:
        for start, end, kind in example.spans:
            if kind in recognizers:
                assert recognizers[kind].validate_result(example.text[start:end]) is not False
                assert not recognizers[kind].invalidate_result(example.text[start:end])


def _skeletons(half: Half) -> set[str]:
    return {words for lines in sentences(half).values() for line in lines for words in skeletons(line)}


def _names_in(examples: list[Example], variant: str) -> set[str]:
    return {
        example.text[start:end]
        for example in examples if example.variant == variant
        for start, end, kind in example.spans if kind == "PERSON"
    }  # fmt: skip


def _single_words(examples: list[Example], entity_type: str) -> set[str]:
    found = {
        example.text[start:end].casefold()
        for example in examples if example.variant in {"as-is", "lower", "upper"}
        for start, end, kind in example.spans if kind == entity_type
    }  # fmt: skip
    return {name for name in found if name.isalpha()}
