"""The report document -> one HTML page that needs nothing else: no script, no font, no file from elsewhere.

Every figure on the page is one of the document's: here they are only written the way people read them.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefpairs.pages import STYLES, environment
from prefpairs.wording import change, density

TEMPLATES = Path(__file__).parent / "templates"
_WORDS = {
    "AGE": "ages",
    "CREDIT_CARD": "payment cards",
    "CRYPTO": "crypto wallets",
    "DATE_TIME": "dates",
    "EMAIL_ADDRESS": "e-mail addresses",
    "IBAN_CODE": "bank accounts",
    "IP_ADDRESS": "IP addresses",
    "LOCATION": "places",
    "MAC_ADDRESS": "device addresses",
    "NRP": "nationality, religion, politics",
    "ORGANIZATION": "schools, employers, clinics",
    "PERSON": "names of people",
    "PHONE_NUMBER": "phone numbers",
    "POSTCODE": "postcodes",
    "RECORD_NUMBER": "record and case numbers",
    "REDDIT_ID": "Reddit ids",
    "REDDIT_USER": "Reddit users",
    "RELATIVE_DATE": "dates told relative to now",
    "SECRET": "passwords and keys",
    "SOCIAL_HANDLE": "handles elsewhere",
    "STREET_ADDRESS": "street addresses",
    "SUBREDDIT": "communities",
    "URL": "web addresses",
    "US_SSN": "social security numbers",
    "UUID": "unique ids",
    "direct": "all direct identifiers",
    "quasi": "all identifying details",
    "title": "titles of posts",
    "selftext": "texts of posts",
    "body": "comments",
    "body:first": "comments before they were edited",
    "draft": "drafts that were given",
    "revision": "revisions that were given",
}
_VARIANTS = {
    "as-is": "as written",
    "lower": "lower case",
    "upper": "UPPER CASE",
    "title": "Title Case",
    "typo": "with typing errors",
    "typos": "with typing errors",
    "names lower": "names in lower case",
}
_DENSITY_STEPS = (0.03, 0.1, 0.3, 1, 3, 10)
"""Spans in 1,000 words at which the heat map takes the next shade: about three times as dense each."""
_WIDEST_CHANGE = 2.0  # doublings: the drift plot goes from a quarter to four times


def render(report: Mapping[str, Any]) -> str:
    """Return the page of a report, which is given as the JSON object that `report.json` holds."""
    made = environment(TEMPLATES, STYLES)
    made.filters |= {
        "change": change,
        "density": density,
        "on_change_axis": on_change_axis,
        "plain": plain,
        "shade": shade,
        "variant": lambda name: _VARIANTS.get(name, name),
    }
    return made.get_template("report.html.j2").render(report, density_steps=_DENSITY_STEPS)


def shade(per_1000_words: float | None) -> int:
    """Return the heat map's shade of a density, 0 for none to the number of steps plus one."""
    if not per_1000_words:
        return 0
    return 1 + sum(per_1000_words >= step for step in _DENSITY_STEPS)


def on_change_axis(ratio_less_one: float) -> float:
    """Return where a change stands on an axis from 0 (a quarter) over 50 (no change) to 100 (four times)."""
    doublings = math.log2(max(1 + ratio_less_one, 2**-_WIDEST_CHANGE))
    return 50 + 50 * min(doublings, _WIDEST_CHANGE) / _WIDEST_CHANGE


def plain(name: str) -> str:
    """Return what people call an entity type or a field."""
    return _WORDS.get(name, name.replace("_", " ").lower() if name.isupper() else name)
