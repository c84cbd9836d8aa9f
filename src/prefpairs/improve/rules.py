"""Candidates -> the first reason against each: by what is known of their ids, then by their texts."""

from collections.abc import Sequence

import polars as pl

from prefpairs.config import Settings
from prefpairs.improve.edits import adds_note
from prefpairs.opt_out import asks_not_to_be_used
from prefpairs.reasons import Rule

REASONS: dict[str, str] = {
    "NO_POST": "their post was dropped or is not in the lake",
    "NO_COMMENT": "the comment that they name was dropped or is not in the lake",
    "NOT_TOP_LEVEL": "they answer another comment, not the post (pairs.top_level_only)",
    "OWN_REPLY": "the author of the post wrote them",
    "NOT_LABELLED": "nobody looked for labels in the post or in a text",
    "LABEL": "the post or a text has a label that keeps it out of everything (safety.drop_everywhere)",
    "LABEL_BETTER": "the better text has a label that nobody should learn from (safety.drop_chosen)",
    "LABEL_DRAFT": "the draft has such a label, and harmful texts are not published (safety.publish)",
    "CRISIS": "the post or a text speaks of a crisis",
    "UNCERTAIN": "a person should look at the post or a text first (safety.queue_uncertain)",
    "NO_TEXT": "a text is not in the lake",
    "OPT_OUT": "a text asks that nobody use it",
    "SAME_TEXT": "draft and better text are the same",
    "LENGTH": "a text is shorter or longer than curation lets through",
    "LANGUAGE": "a text that curation has not seen is not in the project's language",
    "LENGTH_RATIO": "the better text is much shorter or longer than the draft (improvement.min_length_ratio, ...)",
    "FEW_CHANGES": "the edit changed a few words only (improvement.edits.min_changed_words)",
    "REPLACED": "the edit left little of the draft (improvement.edits.min_kept)",
    "EDIT_NOTE": "the edit adds a note to its readers, or thanks for votes",
    "NOT_SIMILAR": "the answers do not say alike things (improvement.contrast.min_similarity_...)",
    "TOO_SIMILAR": "the answers are one text (improvement.contrast.max_similarity)",
    "HELD_OUT": "a person or a text of theirs has a part in another split",
    "CAPPED": "others of their post, author or text came first (improvement.max_per_...)",
}
"""Reason code -> why candidates are no improvement pairs, in the order in which the reasons are looked for."""


def by_id(settings: Settings) -> list[Rule]:
    """Return the rules over candidates with their post (`post_author`, `subreddit`) joined."""
    rules: list[Rule] = [
        ("NO_COMMENT", ~pl.col("comment_kept")),
        ("NO_POST", pl.col("subreddit").is_null()),
    ]
    if settings.pairs.top_level_only:
        rules.append(("NOT_TOP_LEVEL", pl.col("parent_id") != pl.col("link_id")))
    written = pl.any_horizontal(
        (pl.col(side) == pl.col("post_author")).fill_null(value=False)
        for side in ("draft_author", "better_author")
    )
    return [*rules, ("OWN_REPLY", written)]


def by_label(settings: Settings) -> list[Rule]:
    """Return the rules over `row_missing`, `labels_prompt`, `labels_draft`, `labels_better` and `uncertain`."""
    safety = settings.safety
    harmful_draft = _has("labels_draft", safety.drop_chosen)
    if "safety_contrast" in safety.publish:
        harmful_draft = pl.lit(value=False)
    every = [f"labels_{side}" for side in ("prompt", "draft", "better")]
    rules = [
        ("NOT_LABELLED", pl.col("row_missing")),
        ("LABEL", pl.any_horizontal(_has(column, safety.drop_everywhere) for column in every)),
        ("LABEL_BETTER", _has("labels_better", safety.drop_chosen)),
        ("LABEL_DRAFT", harmful_draft),
        # The config improvement is always published, so no setting lets a crisis in.
        ("CRISIS", pl.any_horizontal(_has(column, ("CRISIS", *safety.crisis)) for column in every)),
    ]
    return [*rules, ("UNCERTAIN", pl.col("uncertain"))] if safety.queue_uncertain else rules


def by_text(settings: Settings) -> list[Rule]:
    """Return the rules over `draft`, `better`, whether somebody labelled them, and what is counted of them."""
    rule, curate = settings.improvement, settings.curate
    draft, better, edit = pl.col("draft"), pl.col("better"), pl.col("made_by") == "edit"
    ratio = pl.col("words_better") / pl.col("words_draft")
    return [
        ("NO_TEXT", draft.is_null() | better.is_null()),
        ("NOT_LABELLED", ~(pl.col("labelled_draft") & pl.col("labelled_better"))),
        ("OPT_OUT", asks_not_to_be_used(draft) | asks_not_to_be_used(better)),
        ("SAME_TEXT", draft.str.strip_chars() == better.str.strip_chars()),
        ("LENGTH", pl.any_horizontal(_wrong_length(side, settings) for side in ("draft", "better"))),
        (
            "LANGUAGE",
            pl.any_horizontal(
                (pl.col(f"words_{side}") >= curate.language_min_words)
                & (pl.col(f"english_{side}") < curate.min_english_share)
                for side in ("draft", "better")
            ),
        ),
        ("LENGTH_RATIO", (ratio < rule.min_length_ratio) | (ratio > rule.max_length_ratio)),
        ("FEW_CHANGES", edit & (pl.col("changed_words") < rule.edits.min_changed_words)),
        ("REPLACED", edit & (pl.col("kept_words") < rule.edits.min_kept)),
        ("EDIT_NOTE", edit & adds_note()),
    ]


def by_similarity(settings: Settings, *, least: float) -> list[Rule]:
    """Return the rules over `similarity`, of which two answers must have `least`."""
    contrast, similarity = pl.col("made_by") == "contrast", pl.col("similarity")
    return [
        ("NOT_SIMILAR", contrast & (similarity < least)),
        ("TOO_SIMILAR", contrast & (similarity > settings.improvement.contrast.max_similarity)),
    ]


def _has(column: str, codes: Sequence[str]) -> pl.Expr:
    return pl.col(column).list.eval(pl.element().is_in(list(codes))).list.any()


def _wrong_length(side: str, settings: Settings) -> pl.Expr:
    curate, characters = settings.curate, pl.col(side).str.len_chars()
    few = (pl.col(f"words_{side}") < curate.min_words_comment) | (characters < curate.min_chars_comment)
    return few | (characters > curate.max_chars_comment)
