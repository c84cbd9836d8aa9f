"""The dataset card: what the Hub and a reader find in it, whatever strings the version holds."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard

from prefpairs.config_pairs import Pairs
from prefpairs.contracts import contract
from prefpairs.lake import Lake
from prefpairs.release import card
from prefpairs.release.manifest import Manifest, verify
from prefpairs.release.markdown import code, inline, value
from prefpairs.stage import StageReport
from tests.support.releases import make, project

HOSTILE = "x | y\n---\n# <script>alert(1)</script> ![i](http://e.org/p.png) `rm` \u202e ]( ${{ }} : '\" end"


@pytest.fixture(scope="session")
def manifest(tables: Lake, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return verify(make(project(tmp_path_factory.mktemp("card"), contact="privacy@example.org"), tables).folder)


def with_settings(manifest: Manifest, section: str, **changes: Any) -> Manifest:
    settings = {**manifest.settings, section: {**manifest.settings[section], **changes}}
    return manifest.model_copy(update={"settings": settings})


def body(text: str) -> str:
    return text.split("\n---\n", 1)[1]


def test_the_card_on_disk_is_the_one_that_its_manifest_gives(tables: Lake, tmp_path: Path) -> None:
    folder = make(project(tmp_path), tables).folder

    assert (folder / "README.md").read_text(encoding="utf-8") == card.render(verify(folder))


def test_the_hub_reads_the_configs_with_pairs_first(manifest: Manifest) -> None:
    metadata: dict[str, Any] = DatasetCard(card.render(manifest)).data.to_dict()  # type: ignore[no-untyped-call]

    assert metadata["configs"] == [
        {
            "config_name": "pairs",
            "default": True,
            "data_files": [
                {"split": "train", "path": "data/pairs/train-*"},
                {"split": "test", "path": "data/pairs/test-*"},
            ],
        },
        {
            "config_name": "threads",
            "data_files": [
                {"split": "train", "path": "data/threads/train-*"},
                {"split": "test", "path": "data/threads/test-*"},
            ],
        },
        {
            "config_name": "sft",
            "data_files": [
                {"split": "train", "path": "data/sft/train-*"},
                {"split": "test", "path": "data/sft/test-*"},
            ],
        },
    ]
    assert metadata["size_categories"] == ["n<1K"]
    assert {"dpo", "preference", "trl"} <= set(metadata["tags"])
    assert metadata["license"] == "other"
    assert metadata["license_link"] == "LICENSE.md"
    assert metadata["extra_gated_prompt"] == manifest.settings["release"]["gated_prompt"]


def test_every_published_column_is_explained(manifest: Manifest) -> None:
    text = card.render(manifest)

    for name in ("pairs", "threads", "sft"):
        for field in contract(name).fields:
            assert f"| `{field.name}` |" in text
    assert "| `score_gap` | `int64` | votes | score_chosen - score_rejected. |" in text


def test_the_funnel_names_every_reason_with_its_count(manifest: Manifest) -> None:
    assert "| `curate` | 40 | 12 | `too-short` 25, `bot` 3 |" in card.render(manifest)


def test_incomplete_input_is_told_even_if_the_last_run_read_nothing(manifest: Manifest) -> None:
    cut = StageReport(stage="ingest-archives", counts={"incomplete_files": 2}, skipped=True)
    text = card.render(manifest.model_copy(update={"funnel": (cut, *manifest.funnel)}))

    assert "**2 input files are incomplete**" in text
    assert "incomplete" not in card.render(manifest)


def test_the_card_names_the_legal_basis(manifest: Manifest) -> None:
    text = card.render(with_settings(manifest, "basis", statement="Ethics board 7", approval_id="EB-7/2026"))

    assert "| legal basis | Ethics board 7 |" in text
    assert "| approval | EB-7/2026 |" in text


def test_every_threshold_of_the_preset_is_on_the_card(manifest: Manifest) -> None:
    text = card.render(manifest)

    for name in manifest.settings["pairs"]["shp"]:
        assert f"`shp` `{name}`" in text
    assert "| `shp` `min_ratio` | 2.0 |" in text
    assert "`llumi`" not in text


def with_preset(manifest: Manifest, preset: str, **changes: Any) -> Manifest:
    pairs = Pairs.model_validate({"preset": preset, **changes}).model_dump(mode="json")
    return manifest.model_copy(update={"preset": preset, "settings": {**manifest.settings, "pairs": pairs}})


def with_reports(manifest: Manifest, *reports: StageReport) -> Manifest:
    return manifest.model_copy(update={"funnel": (*manifest.funnel, *reports)})


def conditions(text: str) -> list[str]:
    section = text.split("## The rule that makes a pair")[1].split("| threshold |")[0]
    return [line.split(". ", 1)[1] for line in section.splitlines() if line[:1].isdigit()]


@pytest.mark.parametrize(
    ("preset", "changes", "asked"),
    [
        (
            "shp",
            {},
            [
                "The post is a text post, was not edited, is not marked as over 18, scores 10 or more.",
                "Both score 2 or more.",
                "*Chosen* scores more than *rejected*, and at least 2.0 times as much.",
                "written at the same second or later",
            ],
        ),
        (
            "llumi",
            {"llumi": {"min_gap": 7}},
            ["98.0 % or more of the responses score less", "15.0 % or fewer score less", "at least 7 votes more"],
        ),
        ("stackexchange", {"stackexchange": {"min_step": 3}}, ["log2(1 + votes)", "at least 3 steps above"]),
        ("calibrated", {"calibrated": {"min_probability": 0.77}}, ["vote model", "a probability of 0.77 or more"]),
    ],
)
def test_the_rule_is_numbered_conditions_with_the_thresholds_in_use(
    manifest: Manifest, preset: str, changes: dict[str, Any], asked: list[str]
) -> None:
    text = card.render(with_preset(manifest, preset, **changes))

    told = conditions(text)
    for sentence in asked:
        assert [condition for condition in told if sentence in condition], sentence
    assert told[-1].startswith("Test (5 % of posts)")
    assert "at most 5 pairs are taken, of a response 2, and of an author, as that of *chosen*, 20" in told[-2]


def test_a_condition_that_is_switched_off_is_not_told(manifest: Manifest) -> None:
    text = card.render(
        with_preset(
            manifest,
            "shp",
            shp={"require_later": False, "min_score": "none", "min_post_score": "none"},
            drop_held_out_authors=False,
            drop_held_out_near_duplicates=False,
        )
    )

    told = "\n".join(conditions(text))
    assert "or later" not in told
    assert "Both score" not in told
    assert "scores 10" not in told
    assert "No two splits share" not in told


def test_what_the_splits_may_still_share_is_told(manifest: Manifest) -> None:
    words = manifest.settings["near_duplicates"]["min_words"]
    told = conditions(card.render(with_preset(manifest, "shp", drop_held_out_near_duplicates=True)))[-1]

    assert f"fewer than {words} words" in told
    assert "a post is not compared with a response" in told


def test_limits_of_what_is_not_looked_for_are_not_told(manifest: Manifest) -> None:
    changes = {"drop_held_out_authors": True, "drop_held_out_near_duplicates": False}
    told = conditions(card.render(with_preset(manifest, "shp", **changes)))[-1]

    assert told.endswith("No two splits share an author.")


def test_pairs_that_differ_only_in_length_are_a_condition_when_they_are_dropped(manifest: Manifest) -> None:
    asked = card.render(with_preset(manifest, "shp", drop_length_only=True, length_only_containment=0.85))

    assert "less than 85 % of the words of the shorter one" in asked
    assert "of the shorter one" not in card.render(manifest)


def test_only_the_vote_model_may_choose_fewer_votes(manifest: Manifest) -> None:
    by_votes, by_model = card.render(manifest), card.render(with_preset(manifest, "calibrated"))

    assert "more votes than *rejected*" in by_votes
    assert "may have fewer votes than *rejected*" in by_model
    assert "`exposure` `fuzzing`" in by_model


def test_the_card_prints_what_a_naive_model_would_score(manifest: Manifest) -> None:
    counts = {
        "pairs_chosen_earlier": 55,
        "pairs_chosen_later": 45,
        "pairs_chosen_longer": 30,
        "pairs_chosen_shorter": 90,
    }
    text = card.render(with_reports(manifest, StageReport(stage="pair", counts=counts)))

    assert "| the earlier response is chosen | 55.0 % | 100 |" in text
    assert "| the longer response is chosen | 25.0 % | 120 |" in text
    assert "## What else the labels could teach" not in card.render(manifest)


def test_a_share_of_no_pairs_is_unknown(manifest: Manifest) -> None:
    counts = {"pairs_chosen_earlier": 0, "pairs_chosen_later": 0}
    text = card.render(with_reports(manifest, StageReport(stage="pair", counts=counts)))

    assert "| the earlier response is chosen | unknown | 0 |" in text


def test_the_card_says_what_each_safety_label_did(manifest: Manifest) -> None:
    reports = (
        StageReport(stage="label", counts={"CRISIS": 1234, "CRISIS (uncertain)": 9, "METHOD": 5}),
        StageReport(stage="select", dropped={"CRISIS": 77, "UNSAFE": 6, "CAP_POST": 8}),
    )
    published = with_settings(manifest, "safety", publish=["safety_contrast"])

    text = card.render(with_reports(published, *reports)).split("## Safety\n")[1].split("\n## ")[0]

    (crisis,) = [line for line in text.splitlines() if line.startswith("| `CRISIS` | Its")]
    assert crisis.endswith("| kept apart: config `crisis`, which is not published | 1,234 |")
    (method,) = [line for line in text.splitlines() if line.startswith("| `METHOD` |")]
    assert method.endswith("| takes no part in anything; a post takes its thread along | 5 |")
    (dosing,) = [line for line in text.splitlines() if line.startswith("| `MEDICATION_DOSING` |")]
    assert "never chosen" in dosing
    assert dosing.endswith("config `safety_contrast`, which is published | unknown |")
    assert "| `CRISIS` | 77 |" in text
    assert "| `UNSAFE` | 6 |" in text
    assert "CAP_POST" not in text
    assert "waits for a person" in text


def test_a_project_that_lets_the_uncertain_through_has_to_say_so(manifest: Manifest) -> None:
    text = card.render(with_settings(manifest, "safety", queue_uncertain=False))

    assert "counts as clean" in text


def test_a_version_from_before_there_were_labels_says_so(manifest: Manifest) -> None:
    old = {name: section for name, section in manifest.settings.items() if name != "safety"}

    assert "before there were safety labels" in card.render(manifest.model_copy(update={"settings": old}))


def test_configs_that_are_kept_apart_come_last_with_a_warning(manifest: Manifest) -> None:
    pairs = manifest.configs["pairs"]
    crisis = pairs.model_copy(update={"description": "Pairs of a crisis."})
    apart = manifest.model_copy(update={"configs": {"crisis": crisis, **manifest.configs}})

    text, metadata = card.render(apart), card.front_matter(apart)

    assert [entry["config_name"] for entry in metadata["configs"]] == ["pairs", "threads", "sft", "crisis"]
    assert "not-for-all-audiences" in metadata["tags"]
    assert "not-for-all-audiences" not in card.front_matter(manifest)["tags"]
    assert "training on `crisis` without clinical advice" in text
    assert "`crisis`" not in card.render(manifest).split("## Safety")[0]
    assert "`crisis`, which is not published" in card.render(manifest)
    assert "| `crisis` | Pairs of a crisis. |" in text
    assert "## Fields of `pairs` and `crisis`" in text


def test_the_card_says_what_a_label_means_and_who_it_is_about(manifest: Manifest) -> None:
    text = card.render(manifest)

    for sentence in (
        "Votes are exposure times quality",
        "does not say that a response is harmless",
        "pseudonymised, not anonymous",
        "search engine",
        "## Do not use it for",
        manifest.content_root,
        "| `PERSON` | 2 | replaced by its type in angle brackets |",
        "Write to privacy&#64;example.org",
    ):
        assert sentence in text


def test_the_card_tells_the_policy_that_the_texts_were_made_under(manifest: Manifest) -> None:
    plain = card.render(manifest)
    invented = card.render(
        with_settings(manifest, "deid", profile="strict", propagate=False, policy={"PERSON": "surrogate"})
    )

    assert "under the profile `balanced`" in plain
    assert "in the whole thread" in " ".join(plain.split())
    assert "are invented" not in plain
    assert "under the profile `strict`" in invented
    assert "in the whole thread" not in " ".join(invented.split())
    assert "are invented" in invented
    assert "| `PERSON` | 2 | replaced by an invented one" in invented


def test_a_version_from_before_there_was_a_policy_still_has_its_card(manifest: Manifest) -> None:
    old = {
        key: manifest.settings["deid"][key] for key in ("spacy_pipeline", "score_threshold", "ignored_entities")
    }
    text = card.render(manifest.model_copy(update={"settings": {**manifest.settings, "deid": old}}))

    assert "replaced by its type" in text


def test_without_ner_the_card_says_so(manifest: Manifest) -> None:
    without = card.render(with_settings(manifest, "deid", spacy_pipeline="blank:en"))
    with_ner = card.render(with_settings(manifest, "deid", spacy_pipeline="/models/en_core_web_lg"))

    assert "No named-entity recogniser was used" in without
    assert "No named-entity recogniser was used" not in with_ner
    assert "`en_core_web_lg`" in with_ner
    assert "/models" not in with_ner


def test_hostile_strings_stay_strings(manifest: Manifest) -> None:
    hostile = with_settings(manifest, "release", pretty_name=HOSTILE, contact=HOSTILE, gated_prompt=HOSTILE)
    hostile = with_settings(hostile, "curate", language=HOSTILE)
    reports = (StageReport(stage=HOSTILE, rows_in=3, dropped={HOSTILE: 1}, quarantined={HOSTILE: 2}),)
    hostile = hostile.model_copy(update={"funnel": reports, "masked_spans": {HOSTILE: 1}, "code_version": HOSTILE})

    text = card.render(hostile)

    metadata = yaml.safe_load(text.split("---\n")[1]) if text.count("\n---\n") == 1 else None
    assert metadata is not None
    assert metadata["extra_gated_prompt"] == HOSTILE
    assert metadata["configs"] == card.front_matter(manifest)["configs"]
    for dangerous in ("<script", "![i]", "](", "`rm`", "\u202e", "x | y"):
        assert dangerous not in body(text)
    plain = body(card.render(manifest)).splitlines()
    assert len(body(text).splitlines()) == len(plain) - len(manifest.funnel) - len(manifest.masked_spans) + 2


def test_a_known_licence_needs_no_terms_of_our_own(manifest: Manifest) -> None:
    known = with_settings(manifest, "release", license="cc-by-4.0")

    assert card.terms(known) is None
    assert "license_link" not in card.front_matter(known)
    assert "You agree not to identify anyone" in (card.terms(manifest) or "")


def test_labels_only_says_that_it_holds_no_text(tables: Lake, tmp_path: Path) -> None:
    text = card.render(verify(make(project(tmp_path, mode="labels-only"), tables).folder))

    assert "holds ids and labels, and no text" in text
    assert "The labels themselves are not part of this version" in text
    assert "dpo" not in card.front_matter(verify(next((tmp_path / "work/candidates").glob("v*"))))["tags"]


@pytest.mark.parametrize(
    ("rows", "size"), [(999, "n<1K"), (1_000, "1K<n<10K"), (99_999, "10K<n<100K"), (2_000_000, "1M<n<10M")]
)
def test_the_size_class_follows_the_rows_of_the_default_config(manifest: Manifest, rows: int, size: str) -> None:
    pairs = manifest.configs["pairs"].model_copy(update={"rows": {"train": rows}})
    sized = manifest.model_copy(update={"configs": {**manifest.configs, "pairs": pairs}})

    assert card.front_matter(sized)["size_categories"] == [size]


def test_markdown_shows_strings_as_they_are() -> None:
    assert inline("a|b\n<c>") == "a&#124;b &#60;c&#62;"
    assert inline("plain words, 3.5 and é") == "plain words, 3.5 and é"
    assert code("data/x-*`|") == "`data/x-*??`"
    assert value(["a", None, True]) == "a, not asked for, yes"
    assert value([str(n) for n in range(9)]) == "9 entries, listed in the manifest"
