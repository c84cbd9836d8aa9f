"""How replies are made and read: sampling, thresholds of the proxies, and the optional local models."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from prefpairs.config_section import Section, Share

Whole = Annotated[int, Field(ge=1)]


class GenerationSettings(Section):
    """Everything that decides the report's figures, beside the model and the posts."""

    posts: Whole = 200
    """Held-out posts that are replied to: the first ones in an order that only `seed` decides."""
    batch: Whole = 8
    """Replies written at once. Another number changes a reply only where rounding tips a close choice."""
    max_new_tokens: Whole = 256
    """A reply that is not over by then is cut off, and counted."""
    many_cut_off: Share = 0.2
    """If more than this share of a writer's replies was cut off, the page says so: their ends are missing."""
    temperature: Annotated[float, Field(ge=0)] = 0.0
    """0 takes the likeliest token each time; 1 samples from the model's own distribution."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Sample among the likeliest tokens that hold this share of the probability (Holtzman et al. 2020)."""
    seed: int = 0
    resamples: Whole = 1000
    """Draws of posts behind each interval."""
    write_to: Path | None = None
    """Also write the replies into this new file, readable by you alone. They are kept nowhere else."""

    sentence_model: Path | None = None
    """Folder of a sentence model, for similarity. None compares content words."""
    judge: Path | None = None
    """Folder of an instruction-tuned model that compares replies. None: nobody is asked."""
    judge_max_tokens: Whole = 2048
    """A comparison that is longer is not asked, and counted."""
    like_length: Annotated[Share, Field(gt=0)] = 0.8
    """Two replies are of like length if the shorter one has this share of the longer one's words or more."""

    readability_min_words: Whole = 25
    """Shorter replies get no grade and no share of unfamiliar words: in them one sentence more moves the grade by
    more than a year, and one word the share by four points."""
    style_min_words: Whole = 25
    """Shorter texts have no style to match: each of nine categories would be a word or none."""
    diversity_min_words: Whole = 50
    """MTLD wavers below about 100 words (Koizumi and In'nami 2012) and means little below this."""
