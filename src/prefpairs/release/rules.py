"""A manifest -> the card's sections on the rule that makes a pair, and on what else its labels could teach."""

from collections.abc import Callable, Mapping
from typing import Any

from prefpairs.release.manifest import Manifest
from prefpairs.release.markdown import code, table, value

Settings = Mapping[str, Any]

_SOURCES = {
    "calibrated": "Ours: votes compared with those that the place of a response would have brought it "
    "(docs/labels.md).",
    "shp": "After Ethayarajh, Choi and Swayamdipta 2022 (Stanford Human Preferences).",
    "llumi": "After LLUMI (arXiv 2605.30273).",
    "stackexchange": "After Askell et al. 2021 (arXiv 2112.00861), as in H4's StackExchange preferences.",
}

_FIRST = {
    "calibrated": "labels that are sure and not obvious",
    "shp": "the widest ratios",
    "llumi": "the widest gaps",
    "stackexchange": "the most steps",
}

_MARGINS = """\
Every pair carries its margins (votes, gap, ratio, percentiles, ages, probability, lengths, overlap), so that a \
trainer can ask for more. `unvoted` marks a rejected response on which nobody's vote shows."""

_BASELINES = """\
A model that learned nothing but this would be right as often, so compare any accuracy with it. At 50 % there is \
nothing to learn from it."""


def rule(manifest: Manifest) -> str:
    """Return the section on the rule: its conditions, numbered, and every threshold."""
    pairs: Settings = manifest.settings["pairs"]
    preset = manifest.preset
    conditions = [
        *_of_both(pairs, manifest.settings["curate"]),
        *_CONDITIONS[preset](pairs.get(preset, {})),
        *_of_the_selection(pairs, preset, manifest.settings.get("near_duplicates", {})),
    ]
    return "\n\n".join(
        [
            "## The rule that makes a pair",
            f"Preset {code(preset)}. {_SOURCES[preset]} A pair of two responses exists if all of this holds:",
            "\n".join(f"{number}. {condition}" for number, condition in enumerate(conditions, start=1)),
            _MARGINS,
            table(("threshold", "value"), _thresholds(manifest)),
        ]
    )


def bias(manifest: Manifest) -> str | None:
    """Return the section on how often the earlier and the longer response is chosen; None without counts."""
    counts: dict[str, int] = {}
    for report in manifest.funnel:
        if report.stage in ("select", "pair"):
            counts.update(report.counts)
    rows = [
        *_share("the earlier response is chosen", counts, "pairs_chosen_earlier", "pairs_chosen_later"),
        *_share("the longer response is chosen", counts, "pairs_chosen_longer", "pairs_chosen_shorter"),
    ]
    if not rows:
        return None
    heading = "## What else the labels could teach"
    return "\n\n".join([heading, table(("how often", "share", "of pairs"), rows), _BASELINES])


def _share(what: str, counts: Mapping[str, int], name: str, opposite: str) -> list[tuple[str, str, str]]:
    if name not in counts or opposite not in counts:
        return []
    total = counts[name] + counts[opposite]
    return [(what, f"{100 * counts[name] / total:.1f} %" if total else "unknown", f"{total:,}")]


def _of_both(pairs: Settings, curate: Settings) -> list[str]:
    directly = " itself, not another response" if pairs["top_level_only"] else ""
    return [
        f"Both answer the same post{directly}, and its author wrote neither.",
        "The post and both responses passed curation and the safety rules: see the counts above.",
        f"Both have a score that is settled: {value(curate['settle_hours'])} hours old or more.",
    ]


def _calibrated(rule: Settings) -> list[str]:
    return [
        *_post("is not marked as over 18" if rule.get("drop_over_18") else ""),
        "The vote model, fitted on the whole corpus without a text, says how many votes a response of average "
        "quality would have had in the place of each: by its order of arrival, its delay, its thread's size and "
        "traffic, its depth, the hour and the community, and by its views where a source counts them.",
        "*Chosen* is the one whose own votes, compared with these, tell of more quality. It may have fewer votes.",
        f"It is the better one with a probability of {value(rule.get('min_probability'))} or more "
        "(`preference_probability`).",
    ]


def _shp(rule: Settings) -> list[str]:
    asked = {
        "is a text post": rule["require_self_post"],
        "was not edited": rule["drop_edited_posts"],
        "is not marked as over 18": rule["drop_over_18"],
        f"scores {value(rule['min_post_score'])} or more": rule["min_post_score"] is not None,
    }
    score, ratio = rule["min_score"], rule["min_ratio"]
    return [
        *_post(*(what for what, is_asked in asked.items() if is_asked)),
        *([f"Both score {value(score)} or more."] if score is not None else []),
        f"*Chosen* scores more than *rejected*, and at least {value(ratio)} times as much.",
        *(
            ["*Chosen* was written at the same second or later: it won although it was seen for a shorter time."]
            if rule["require_later"]
            else []
        ),
    ]


def _llumi(rule: Settings) -> list[str]:
    return [
        f"*Chosen* is in the top of the corpus: {value(rule['chosen_percentile'])} % or more of the responses "
        "score less.",
        f"*Rejected* is in the bottom: {value(rule['rejected_percentile'])} % or fewer score less.",
        f"*Chosen* has at least {value(rule['min_gap'])} votes more.",
    ]


def _stackexchange(rule: Settings) -> list[str]:
    return [
        "The step of a response is log2(1 + votes), rounded, and -1 below zero votes.",
        f"*Chosen* is at least {value(rule['min_step'])} steps above *rejected*.",
    ]


def _post(*conditions: str) -> list[str]:
    asked = [condition for condition in conditions if condition]
    return [f"The post {', '.join(asked)}."] if asked else []


def _of_the_selection(pairs: Settings, preset: str, near_duplicates: Settings) -> list[str]:
    return [
        f"Of a post at most {value(pairs['max_pairs_per_post'])} pairs are taken, of a response "
        f"{value(pairs['max_pairs_per_response'])}, and of an author, as that of *chosen*, "
        f"{value(pairs['max_pairs_per_author'])}: {_FIRST[preset]} first.",
        *(
            [
                f"The longer response holds less than {_percent(pairs['length_only_containment'])} of the words "
                "of the shorter one: pairs that differ in length only are dropped."
            ]
            if pairs.get("drop_length_only")
            else []
        ),
        f"Test ({_percent(pairs['test_share'])} of posts) and validation ({_percent(pairs['validation_share'])}) "
        "are decided by a keyed hash of the post, the same in every version. " + _apart(pairs, near_duplicates),
    ]


def _apart(pairs: Settings, near_duplicates: Settings) -> str:
    alike = pairs.get("drop_held_out_near_duplicates")
    kept = [
        *(["an author"] if pairs.get("drop_held_out_authors") else []),
        *(["two texts that say almost the same"] if alike else []),
    ]
    if not kept:
        return "Splits may share authors."
    told = f"No two splits share {' or '.join(kept)}."
    if alike and "min_words" in near_duplicates:
        told += (
            f" Texts of fewer than {value(near_duplicates['min_words'])} words are not looked at for that, and a "
            "post is not compared with a response."
        )
    return told


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def _thresholds(manifest: Manifest) -> list[tuple[str, str]]:
    pairs = dict(manifest.settings["pairs"])
    sections = {
        manifest.preset: pairs.pop(manifest.preset, {}),
        "exposure": pairs.get("exposure", {}),
        "pairs": {
            name: setting for name, setting in pairs.items() if not isinstance(setting, dict) and name != "preset"
        },
    }
    rows = [
        (f"{code(section)} {code(name)}", value(setting))
        for section, settings in sections.items()
        for name, setting in sorted(settings.items())
        if not isinstance(setting, dict)
    ]
    curate = sorted(manifest.settings["curate"].items())
    return rows + [(f"curate {code(name)}", value(setting)) for name, setting in curate]


_CONDITIONS: dict[str, Callable[[Settings], list[str]]] = {
    "calibrated": _calibrated,
    "shp": _shp,
    "llumi": _llumi,
    "stackexchange": _stackexchange,
}
