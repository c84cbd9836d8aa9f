"""Every rule has a switch, but for those that keep a promise to somebody."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from prefpairs.config import Ingest, Settings
from prefpairs.config_curate import ALWAYS_ON, SWITCHABLE, TAKEN_AWAY, Curate
from prefpairs.curate import decide
from prefpairs.curate.duplicates import CODE as DUPLICATE
from prefpairs.errors import ConfigError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.settings_file import load_settings
from tests.support.curating import reasons
from tests.support.rows import CREATED, LONG_ENOUGH, Row, append, comment, observation, post

WAVE = "Remember that every wave that rises has to fall, and that you have seen all of yours fall so far."
# One row for each rule that drops a row by itself.
ROWS: dict[str, Row] = {
    "DELETED_LATER": comment("t1_deleted_later", was_deleted_later=True),
    "DELETED": comment("t1_deleted", body="[deleted]"),
    "REMOVED": comment("t1_removed", body="[removed]"),
    "PROFILE": comment("t1_profile", subreddit="u_marigold"),
    "AUTHOR_DELETED": comment("t1_author_deleted", author="[deleted]"),
    "OPT_OUT": comment("t1_opt_out", body=f"{LONG_ENOUGH} Please do not use my comment for research."),
    "DENIED_COMMUNITY": comment("t1_denied", subreddit="proed"),
    "TEEN_COMMUNITY": comment("t1_teen", subreddit="teenagers"),
    "QUARANTINED_COMMUNITY": post("t3_quarantined", quarantine=True),
    "OTHER_SUBREDDIT": comment("t1_other", subreddit="Elsewhere"),
    "BOT": comment("t1_bot", author="AutoModerator"),
    "MODERATOR": comment("t1_moderator", distinguished="moderator"),
    "STICKIED": comment("t1_stickied", stickied=True),
    "UNKNOWN_CREATED": comment("t1_unknown_created", created_utc=None),
    "TOO_SHORT": comment("t1_short", body="Get well soon."),
    "TOO_LONG": post(
        "t3_long", selftext="".join(f"I am at line {chr(97 + n % 26) * 40} of it. " for n in range(150))
    ),
    "LINK_ONLY": comment(
        "t1_link", body="This, and https://example.org/1 https://example.org/2 https://a.example"
    ),
    "QUOTE_ONLY": comment("t1_quote", body=f"> I know it\n> {LONG_ENOUGH}\n\nSo true, it is."),
    "LANGUAGE": comment(
        "t1_language", body="Ich glaube nicht, dass du dir deswegen Vorwürfe machen musst, nicht."
    ),
    "LOW_QUALITY": comment("t1_low", body="#love #life #self #care #mind #hope #calm #rest #heal #the #me"),
    "REPETITION": comment("t1_repetition", body="I told you so. " * 30),
}
STRICT = {"unknown_created": "drop"}
WANTED = ("harbourtalk", "proed", "teenagers", "u_marigold")


def why(rows: list[Row], *, off: tuple[str, ...] = ()) -> dict[str, list[str]]:
    return reasons(rows, Curate.model_validate({**STRICT, "off": off}), wanted=WANTED)


@pytest.mark.parametrize(("code", "row"), ROWS.items(), ids=list(ROWS))
def test_each_rule_drops_its_row_and_switched_off_it_does_not(code: str, row: Row) -> None:
    assert code in why([row])[row["name"]]
    if code in SWITCHABLE:
        assert code not in why([row], off=(code,))[row["name"]]


def test_copies_can_be_switched_on_again_too() -> None:
    rows = [comment(f"t1_{number}", body=WAVE, created_utc=CREATED + number) for number in range(3)]
    assert why(rows) == {f"t1_{number}": ["COPYPASTA"] for number in range(3)}
    assert why(rows, off=("COPYPASTA",)) == {"t1_0": [], "t1_1": ["DUPLICATE"], "t1_2": ["DUPLICATE"]}
    assert why(rows, off=("COPYPASTA", "DUPLICATE")) == {"t1_0": [], "t1_1": [], "t1_2": []}


def test_settings_name_and_explain_every_rule_that_there_is() -> None:
    rules = decide.every_rule(Curate(unknown_created="drop"), wanted=WANTED)
    codes = [*(rule.code for rule in rules), DUPLICATE]
    assert sorted(codes) == sorted({*ALWAYS_ON, *SWITCHABLE})
    assert not set(ALWAYS_ON) & set(SWITCHABLE)
    assert set(TAKEN_AWAY) < set(ALWAYS_ON)


@pytest.mark.parametrize("code", ["TOMBSTONE", "DELETED_LATER", "DELETED", "REMOVED", "OPT_OUT"])
def test_what_was_taken_away_cannot_be_switched_back_in(code: str) -> None:
    with pytest.raises(ValidationError, match=f"{code} cannot be switched off"):
        Curate(off=("BOT", code))


def test_file_of_settings_is_told_what_it_may_not_do(tmp_path: Path) -> None:
    path = tmp_path / "prefpairs.toml"
    path.write_text('[curate]\noff = ["TOMBSTONE"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"curate\.off: .*TOMBSTONE cannot be switched off"):
        load_settings(path)


def test_misspelt_code_is_an_error_that_knows_better() -> None:
    with pytest.raises(ValidationError, match="'BOTS' is no reason code of curation; did you mean BOT"):
        Curate(off=("BOTS",))
    with pytest.raises(ValidationError, match=r"the codes are AUTHOR_DELETED, .*DUPLICATE"):
        Curate(off=("-",))


def test_order_of_the_switches_is_no_other_setting() -> None:
    assert Curate(off=("BOT", "LANGUAGE", "BOT")) == Curate(off=("LANGUAGE", "BOT"))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_switching_a_rule_off_never_drops_a_row_for_another_reason(data: st.DataObject) -> None:
    """The one exception: a copy that was the only one left gives way to an earlier one that is back."""
    kinds = data.draw(st.lists(st.sampled_from([*ROWS, WAVE, "mine"]), max_size=8))
    rows = [_row(kind, number, data) for number, kind in enumerate(kinds)]
    first = tuple(data.draw(st.sets(st.sampled_from(SWITCHABLE))))
    more = tuple({*first, data.draw(st.sampled_from(SWITCHABLE))})

    before, after = why(rows, off=first), why(rows, off=more)

    for name in before:
        assert set(after[name]) - set(before[name]) <= {DUPLICATE}
    assert sum(not left for left in after.values()) >= sum(not left for left in before.values())


def test_report_counts_each_reason_and_names_what_is_off(lake: Lake, key: ProjectKey) -> None:
    rows = [row for row in ROWS.values() if row["name"].startswith("t1_") and row["created_utc"]]
    append(lake, "posts", [post()])
    append(lake, "comments", rows)
    append(lake, "score_observations", [observation(row["name"]) for row in [post(), *rows]])
    ours = Settings(ingest=Ingest(subreddits=("HarbourTalk", "proed", "teenagers")))

    report = decide.run(ours, lake, key)
    loose = decide.run(ours.model_copy(update={"curate": Curate(off=("BOT", "LANGUAGE"))}), lake, key)

    expected = {row["name"]: code for code, row in ROWS.items() if row in rows}
    assert dict(report.dropped) == {f"comment.{code}": 1 for code in expected.values()}
    assert (report.rows_in, report.rows_out, report.notes) == (len(rows) + 1, 1, ())
    assert loose.rows_out == 3
    assert loose.notes == ("Rules switched off: BOT, LANGUAGE.",)
    written = lake.scan("decisions").filter(~pl.col("keep")).select("name", "reason").collect()
    assert all(expected[name] == reason for name, reason in written.iter_rows())


def test_rows_of_every_script_and_of_none_get_a_decision() -> None:
    texts = [
        "",
        " ",
        "\n\n",
        "\x00",
        "🫂",
        "ا" * 30,
        "我们都在这里陪着你",
        "e\u0301" * 40,
        "\u202etxet",
        "a" * 9000,
    ]
    rows = [comment(f"t1_{number}", body=text, author=None) for number, text in enumerate(texts)]
    rows += [post(f"t3_{number}", title=text, selftext="", author=None) for number, text in enumerate(texts)]
    assert len(why(rows)) == len(rows)
    assert why([]) == {}


def _row(kind: str, number: int, data: st.DataObject) -> Row:
    if kind in ROWS:
        row = ROWS[kind]
        prefix = row["name"][:3]
        return {**row, "name": f"{prefix}{number}"}
    body = kind if kind == WAVE else LONG_ENOUGH
    score_state = data.draw(st.sampled_from(["SETTLED", "HIDDEN", "UNSETTLED"]))
    created = CREATED + data.draw(st.integers(0, 3))
    return {**comment(f"t1_{number}", body=body, created_utc=created), "score_state": score_state}
