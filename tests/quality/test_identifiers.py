"""What the two scans of the output stop, and what they let through. They must agree."""

from typing import Any

import polars as pl
import pytest

from prefpairs.quality import engine, invariants
from prefpairs.quality.suites import Suite, read_suites, suites_folder

IDENTIFIERS = [
    "write to tom.k+help@mail.example.org",
    "(ana@harbourmail.co.uk)",
    "ask u/quiet_otter about it",
    "/u/quiet-otter said so",
    "thanks, U/QuietOtter!",
    "_u/quiet_otter_ again",
    "call 415-202-2671",
    "call (415) 202-2671 tonight",
    "call (415)202-2671 tonight",
    "call 1.415.202.2671.",
    "call +1 415 202 2671",
    "call +44 20 7946 0018",
    "call +4915112345678",
    "see https://tidewell.org/ana",
    "see www.tidewell.org",
    "HTTP://TIDEWELL.ORG",
    "as in t3_1abcd2 and others",
    "t1_kx81abc",
]
HARMLESS = [
    "",
    "<EMAIL_ADDRESS> <PHONE_NUMBER> <URL> <REDDIT_USER> [site](<URL>)",
    "Call 988, 741741, 116 123, 13 11 14, +61 13 11 14 or 1-800-273-8255.",
    "Call 1 (800) 273-8255, +1-888-488-7386, 800.656.4673 or 0800 1111, 0300 123 3393, 1800 551 800.",
    "I take 10 u/day, he takes 0.5 u/hour, and/u/or nothing",
    "On 2023-11-05 10:30, or 2019-2020, I was 24; PHQ-9 was 14, sertraline 50-100 mg",
    "ISBN 978-0-452-28423-4 and 1700000000 and 192.168.0.12",
    "meet me @ 5.30 or email me @ home",
    "u/ me and t3_ or t1_weighting scans, T1_weighted",
    "http:// is not an address, nor is www.",
]


def suite_fails(text: str) -> bool:
    pairs = next(suite for suite in read_suites(suites_folder()) if suite.table == "pairs")
    rules = tuple(rule for rule in pairs.written if "not_match" in rule.type and rule.columns == ("chosen",))
    scan = Suite(table="pairs", min_rows=1, written=rules, generated=())
    return bool(engine.failures(scan, pl.DataFrame({"chosen": ["nothing here", text]})))


def invariant_fails(text: str) -> bool:
    frame = pl.DataFrame({"text": [text]})
    return any(frame.select(invariants.holds(item)).item() for item in invariants.IDENTIFIERS)


@pytest.mark.parametrize("text", IDENTIFIERS)
def test_an_identifier_is_stopped_by_both_scans(text: str) -> None:
    assert (suite_fails(text), invariant_fails(text)) == (True, True)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_look_alike_passes_both_scans(text: str) -> None:
    assert (suite_fails(text), invariant_fails(text)) == (False, False)


def test_an_identifier_is_found_on_every_line_of_a_text() -> None:
    text = "First line\n\nsecond line\nwrite to ana@harbourmail.org\nlast line"

    assert (suite_fails(text), invariant_fails(text)) == (True, True)


def test_every_text_column_is_scanned_for_the_same_patterns() -> None:
    scans: dict[tuple[str, str], list[Any]] = {}
    for suite in read_suites(suites_folder()):
        for rule in (
            rule
            for rule in suite.written
            if "not_match" in rule.type and not rule.columns[0].startswith(("subreddit", "labels_"))
        ):
            scans.setdefault((suite.table, rule.columns[0]), []).append(rule.arguments["regex"])

    assert len(scans) == 10
    assert len({tuple(patterns) for patterns in scans.values()}) == 1
