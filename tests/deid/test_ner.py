"""The NER of ours: where it finds names, what its gate passes over, and what it is never trained on."""

from functools import cache
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.config_deid import BUNDLED_PIPELINE
from prefpairs.deid import gazetteer, pipeline
from prefpairs.deid.ner.reader import MOST_PIECES, Reader
from prefpairs.deid.ner.recognizer import NerRecognizer
from prefpairs.deid.ner.words import split
from prefpairs.errors import ConfigError
from tests.support.shared_data import shared_data
from training.ner import corpora
from training.ner.evaluate import lower, masked, reddit_test

PARTS = pipeline.bundled_folder() / "prefpairs_ner"
PLAIN = "i do not know what to do any more and every day is the same for me. "


@cache
def reader(*, gated: bool = True) -> Reader:
    return Reader(PARTS, gated=gated)


def found(text: str) -> list[tuple[str, str]]:
    return [(text[item.start : item.end], item.label) for item in reader().find(text)]


@pytest.mark.parametrize("change", [str, str.lower, str.upper])
def test_people_places_and_organisations_are_found_in_any_case(change: type[str]) -> None:
    text = change("My sister Maria Gonzalez moved to Chicago and works at Walmart now.")

    assert found(text) == [
        (change("Maria Gonzalez"), "PERSON"),
        (change("Chicago"), "LOCATION"),
        (change("Walmart"), "ORGANIZATION"),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("🙈🙈 my sister Maria moved out 🙈", "Maria"),
        ("my sister Mari\u0301a moved out", "Mari\u0301a"),
        ("my sister Ma\u200bria moved out", "Ma\u200bria"),
        ("it is hard\r\n\r\nmy sister Maria moved out\r\n", "Maria"),
        ("my sister **Maria** moved out", "Maria"),
        ("my sister Maria's flat", "Maria"),
        ("we talked (my sister Maria and me)", "Maria"),
    ],
)
def test_a_name_is_where_it_stands(text: str, name: str) -> None:
    assert [text[item.start : item.end].removesuffix("'s") for item in reader().find(text)] == [name]


def test_addresses_and_handles_are_left_to_their_own_rules() -> None:
    assert found("see https://maria-lopez.example/chicago or @marialopez or u/maria_lopez in r/chicago") == []


@given(st.text(max_size=200))
def test_every_character_that_is_no_space_is_in_one_word(text: str) -> None:
    covered = [place for word in split(text) for place in range(word.start, word.end)]

    assert len(covered) == len(set(covered))
    assert {place for place, sign in enumerate(text) if not sign.isspace()} <= set(covered)


SIGNS = [
    "Maria",
    "chicago",
    "🙈",
    "e\u0301",
    "\u200b",
    "\u202e",
    "\r\n",
    " ",
    "don't",
    "ok.",
    "李明",
    "(",
    "**",
    "&amp;",
    "u/x",
]


@given(st.lists(st.sampled_from(SIGNS), max_size=40), st.sampled_from(["", " "]))
def test_entities_lie_in_the_text_in_order_and_begin_and_end_with_a_letter(signs: list[str], glue: str) -> None:
    text = glue.join(signs)
    position = 0
    for entity in reader().find(text):
        assert position <= entity.start < entity.end <= len(text)
        assert text[entity.start].isalnum()
        assert not text[entity.end - 1].isspace()
        assert 0 <= entity.score <= 1
        position = entity.end


def test_a_name_deep_in_a_long_text_is_found_as_in_a_short_one() -> None:
    sentence = "my sister Maria Gonzalez moved to Chicago. "
    text = (PLAIN * 30 + sentence) * 20

    assert found(text) == found(sentence) * 20


def test_a_line_of_names_longer_than_a_window_is_read_to_its_end() -> None:
    names = ["Maria", "Tom", "Jessica", "Ahmed", "Sarah", "David"]
    text = "I invited " + ", ".join(names * 40) + " to my party"

    assert len(names) * 40 > MOST_PIECES
    people = [name for name, label in found(text) if label == "PERSON"]
    assert sum(name.count(",") + 1 for name in people) >= 0.98 * len(names) * 40


def test_the_same_text_gives_the_same_answer_whatever_was_read_before() -> None:
    text = "Talked to Ahmed at St Mary's hospital in Leeds about my meds"
    first = Reader(PARTS).find(text)
    busy = reader()
    busy.find("Somebody else entirely, Tom Baker, in Boston. " * 50)

    assert busy.find(text) == first


def test_a_higher_bias_never_finds_less() -> None:
    text = "went to the mill with sunny and they told me mercy was closed, so we drove to the bay"
    counts = []
    for bias in (0.0, 2.0, 6.0):
        low = Reader(PARTS, outside_bias=bias, gated=False)
        counts.append(sum(entity.end - entity.start for entity in low.find(text)))

    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize(
    "text", ["🙈" * 100_000, "\u200b" * 100_000, "\u202e\u200d" * 50_000, "a" * 1_000_000, "x\u0301" * 200_000, ""]
)
def test_strange_texts_are_read_in_bounded_windows(text: str) -> None:
    assert all(0 <= entity.start < entity.end <= len(text) for entity in reader().find(text))


def test_two_megabytes_of_plain_words_are_passed_over_and_the_name_at_the_end_is_found() -> None:
    text = PLAIN * 30_000 + "my sister Maria moved out"

    assert found(text) == [("Maria", "PERSON")]


def test_the_gate_reads_nothing_of_plain_text_and_something_of_every_name_list() -> None:
    read, words = reader().read_share(PLAIN * 10)
    assert (read, words > 100) == (0, True)
    for name in ("first_names", "towns"):
        unread = [entry for entry in gazetteer.load(name) if not reader().read_share(f"i met {entry} there")[0]]
        few = [entry for entry in unread if len(entry) > 1]
        assert len(few) < 0.01 * len(gazetteer.load(name)), name


def test_safe_words_contain_no_first_name_and_no_town() -> None:
    safe = gazetteer.load("safe_words")

    assert not safe & gazetteer.load("first_names")
    assert not safe & gazetteer.load("towns")


def test_the_bundled_pipeline_works_in_stock_spacy_with_scores_and_context_words() -> None:
    nlp = pipeline.load_pipeline(BUNDLED_PIPELINE, outside_bias=1.5)
    artifacts = pipeline.LoadedSpacyEngine(nlp, "en").process_text("my sister Maria moved out", "en")

    assert [entity.text for entity in artifacts.entities] == ["Maria"]
    assert artifacts.scores != [0.85]
    assert "sister" in artifacts.keywords
    own = pipeline.bundled_reader(nlp)
    assert own is not None
    assert own.outside_bias == 1.5


def test_a_pipeline_folder_can_be_saved_again_and_keeps_its_network(tmp_path: Path) -> None:
    spacy.load(pipeline.bundled_folder()).to_disk(tmp_path)

    doc = spacy.load(tmp_path)("my sister Maria moved out")
    assert [entity.text for entity in doc.ents] == ["Maria"]


def test_presidio_gets_exact_places_and_only_the_wanted_types() -> None:
    text = "my sister Maria moved to Chicago"
    results = NerRecognizer(reader()).analyze(text, ["PERSON"])

    assert [(text[item.start : item.end], item.entity_type) for item in results] == [("Maria", "PERSON")]
    assert results[0].score > 0.5


def test_another_network_gives_another_description(tmp_path: Path) -> None:
    nlp = spacy.load(pipeline.bundled_folder())
    nlp.to_disk(tmp_path)
    copy = spacy.load(tmp_path)
    before = pipeline.describe_pipeline(copy)
    with (tmp_path / "prefpairs_ner" / "ner.onnx").open("ab") as network:
        network.write(b"\0")

    assert pipeline.describe_pipeline(copy)["files"] != before["files"]


def test_a_folder_without_a_network_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no BERT vocabulary"):
        Reader(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "wnut17/emerging.test.annotated", "wnut17/redd.tok.uniq", "btc/f.conll", "btc/btc.test",
        "tweebank-ner/test.bio", "presidio-research/synth_dataset_v2.json",
    ],
)  # fmt: skip
def test_files_that_measure_are_refused_under_any_name(name: str, tmp_path: Path) -> None:
    held_out = shared_data("deid") / name
    renamed = tmp_path / "train.conll"
    renamed.write_bytes(held_out.read_bytes())

    for path in (held_out, renamed):
        with pytest.raises(corpora.HeldOutError):
            corpora.refuse_held_out(path)


def test_no_sentence_of_the_dev_set_is_trained_on() -> None:
    folder = shared_data("deid")
    train = {item.text for part in corpora.read_training(folder).values() for item in part if len(item.text) > 40}
    dev = {item.text for part in corpora.read_dev(folder).values() for item in part if len(item.text) > 40}

    assert len(dev) > 1000
    assert len(train & dev) < 0.01 * len(dev)  # some tweets are in a corpus twice


def test_recall_on_real_reddit_comments_does_not_fall() -> None:
    _, reddit = reddit_test(shared_data("deid"))
    measured = masked(reddit, reader().find)
    in_lower_case = masked(lower(reddit), reader().find)

    assert measured["PERSON"] > 0.88
    assert measured["LOCATION"] > 0.50
    assert measured["ORGANIZATION"] > 0.58
    assert measured["precision"] > 0.78
    assert in_lower_case["PERSON"] > 0.82
