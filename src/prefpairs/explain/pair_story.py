"""A pair -> its figures side by side, the probability, and the rules that it passed."""

from typing import Any

import polars as pl

from prefpairs.config import Settings
from prefpairs.explain import rules
from prefpairs.explain.find import Pair
from prefpairs.explain.story import LABELS_NOT_SHOWN, Explanation, hours, number, probability, span
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs.build import REASONS as BUILD_REASONS
from prefpairs.wording import percent

_SIDES = ("chosen", "rejected")
_LEAVES = "A part of this pair was deleted on request: the pair leaves with the next version."


def explain_pair(lake: Lake, settings: Settings, key: ProjectKey, pair: Pair) -> Explanation:
    """Say why a selected pair exists; if a part of it was deleted since, only that it goes."""
    row = (
        lake.scan("selected_pairs")
        .filter((pl.col("chosen_name") == pair.chosen_name) & (pl.col("rejected_name") == pair.rejected_name))
        .collect()
        .row(0, named=True)
    )
    if _part_deleted(lake, key, row):
        return Explanation(title=f"Pair {pair.pair_id}: a part of it was deleted", sentences=[_LEAVES])
    published = lake.scan("pairs").filter(pl.col("pair_id") == pair.pair_id)
    words = published.select("words_chosen", "words_rejected", "token_overlap").collect().rows(named=True)
    return Explanation(
        title=f"Pair {pair.pair_id}: r/{row['subreddit']}, {row['month']}, preset {row['preset']}, "
        f"part {row['config']}, split {row['split']}",
        headings=("", *_SIDES),
        figures=_figures(lake, row, words[0] if words else None),
        sentences=[
            _probability(row),
            _order(row),
            *rules.of_preset(row, settings.pairs),
            "Both were kept by curation and stand under the same post"
            + (", which both answer directly." if settings.pairs.top_level_only else "."),
            rules.of_config(row["config"]),
            *([] if row["config"] == "default" else [LABELS_NOT_SHOWN]),
            f"Split {row['split']}: a keyed hash of the post decides, for good.",
            _caps(lake, row, settings),
            *([] if words else [_not_built(lake)]),
        ],
    )


def _figures(lake: Lake, row: dict[str, Any], words: dict[str, Any] | None) -> list[tuple[str, ...]]:
    names = [row[f"{side}_name"] for side in _SIDES]
    found = lake.scan("responses").filter(pl.col("name").is_in(names)).collect()
    known = {response["name"]: response for response in found.rows(named=True)}
    of = [known.get(name, {}) for name in names]
    expected = [row[f"expected_votes_{side}"] for side in _SIDES]
    births = [name.startswith("t1_") for name in names]
    votes = [row[f"score_{side}"] - born for side, born in zip(_SIDES, births, strict=True)]
    lines = [
        ("name in the source", names),
        ("score", [number(row[f"score_{side}"]) for side in _SIDES]),
        ("age of that score", [hours(row[f"age_h_{side}"]) for side in _SIDES]),
        ("order of arrival", [_arrival(response) for response in of]),
        ("delay after the post", [hours(response.get("delay_h")) for response in of]),
        ("expected votes there", [number(value) for value in expected]),
        ("votes for each expected", [number(v / e) if e else "–" for v, e in zip(votes, expected, strict=True)]),
        ("percentile of the corpus", [number(row[f"percentile_{side}"]) for side in _SIDES]),
    ]
    if words:
        lines.append(("words", [number(words[f"words_{side}"]) for side in _SIDES]))
    return [(name, *values) for name, values in lines]


def _arrival(response: dict[str, Any]) -> str:
    if response.get("arrival") is None:
        return "–"
    return f"{response['arrival'] + 1} of {response['comments']}"


def _probability(row: dict[str, Any]) -> str:
    sd = row["preference_sd"]
    told = (
        f"Chosen is the better one with probability {probability(row['preference_probability'])}"
        f" (± {percent(sd)} from not knowing the exposure exactly)."
    )
    if row["score_gap"] <= 0:
        told += " It has no more votes than rejected: by the model, fewer people could have seen it."
    return told


def _order(row: dict[str, Any]) -> str:
    between = row["seconds_between"]
    if between is None:
        return "It is not known which was written first."
    if between == 0:
        return "Both were written at the same second."
    return f"Chosen was written {span(abs(between))} {'after' if between > 0 else 'before'} rejected."


def _caps(lake: Lake, row: dict[str, Any], settings: Settings) -> str:
    selected = lake.scan("selected_pairs").filter(pl.col("link_id") == row["link_id"])
    siblings = selected.select("chosen_name", "rejected_name").collect()
    times = [
        siblings.filter(pl.any_horizontal(pl.col("chosen_name", "rejected_name") == row[f"{side}_name"])).height
        for side in _SIDES
    ]
    return (
        f"Its post has {siblings.height} of at most {settings.pairs.max_pairs_per_post} pairs; "
        f"chosen is in {times[0]} and rejected in {times[1]} of at most {settings.pairs.max_pairs_per_response}."
    )


def _part_deleted(lake: Lake, key: ProjectKey, row: dict[str, Any]) -> bool:
    hashes = [key.name_hash(row[name]) for name in ("link_id", "chosen_name", "rejected_name")]
    return not lake.scan("tombstones").filter(pl.col("name_hash").is_in(hashes)).head(1).collect().is_empty()


def _not_built(lake: Lake) -> str:
    if not lake.exists("pairs"):
        return "It is selected, and not built yet: the stages deidentify and pair come next."
    reasons = "; ".join(f"{code}, {why}" for code, why in BUILD_REASONS.items())
    return f"It is selected, but not published: {reasons}; or the texts were not read since. See the run's report."
