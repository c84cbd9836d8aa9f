"""Schools, hospitals and employers are masked by name; kinds of them are not."""

import pytest

from prefpairs.deid.recognizers.organisations import OrganisationRecognizer
from prefpairs.deid.recognizers.workplaces import WorkplaceRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (OrganisationRecognizer("en"), WorkplaceRecognizer("en"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("At Duke University I", "At <ORGANIZATION> I"),
        ("the University of Michigan, Ann Arbor", "the <ORGANIZATION>"),
        ("university of michigan, ohio state university", "<ORGANIZATION>, <ORGANIZATION>"),
        ("Lincoln High School, Green Valley Elementary", "<ORGANIZATION>, <ORGANIZATION>"),
        ("St. Mary's, and St. Mary's Hospital", "<ORGANIZATION>, and <ORGANIZATION>"),
        ("I went to MIT, i went to ucla", "I went to <ORGANIZATION>, i went to <ORGANIZATION>"),
        ("Mayo Clinic, Mercy Behavioral Health", "<ORGANIZATION>, <ORGANIZATION>"),
        ("Cedars-Sinai Medical Center", "<ORGANIZATION>"),
        ("I work at Walmart, i work at target", "I work at <ORGANIZATION>, i work at <ORGANIZATION>"),
        ("my job at Joe's Pizza, fired from Acme Corp", "my job at <ORGANIZATION>, fired from <ORGANIZATION>"),
        ("bank of america", "<ORGANIZATION>"),
    ],
)
def test_an_organisation_is_masked(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "community college, the school district, My High School was", "The Hospital, a Mental Health Clinic",
        "working from Home, I work for Mom, I work at a Hospital", "went to the ER, went to AA",
        "Target the issue",
        "Mental Health, High School", "the best buy", "Sarah Jones, M.S.",
    ],
)  # fmt: skip
def test_kinds_of_organisations_stay(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
