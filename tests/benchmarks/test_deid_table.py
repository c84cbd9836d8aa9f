"""The table that the benchmark prints and the documentation shows."""

from benchmarks.deid.table import ROWS, markdown, numbered, rows


def test_what_was_not_measured_has_no_row() -> None:
    assert [row[0] for row in rows({"patterns_speedup": 9.0})] == [
        row.what for row in ROWS if row.key == "patterns_speedup"
    ]


def test_row_shows_both_systems_and_whether_the_number_is_reached() -> None:
    figures = {
        "direct_document_recall": 0.985,
        "direct_document_recall_low": 0.97,
        "direct_document_recall_high": 0.992,
        "stock_direct_document_recall": 0.2,
    }
    ((_, stock, ours, to_reach, reached),) = rows(figures)
    assert (stock, ours, to_reach, reached) == ("0.200", "0.985 (0.97 to 0.99)", "≥ 0.99", "no")


def test_ratio_of_false_masks_has_to_be_small() -> None:
    assert rows({"false_masks_ratio": 0.3})[0][-1] == "yes"
    assert rows({"false_masks_ratio": 0.4})[0][-1] == "no"


def test_markdown_has_as_many_cells_in_each_line() -> None:
    lines = markdown({"patterns_speedup": 9.0, "false_masks_ratio": 0.3}).splitlines()
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1


def test_counts_become_flat_figures() -> None:
    assert numbered({"AGE": (1, 3), "URL": 2}, "found") == {
        "found_age_masked": 1,
        "found_age_all": 3,
        "found_url": 2,
    }
