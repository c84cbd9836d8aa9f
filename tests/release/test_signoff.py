"""A sign-off names exactly the bytes that a person saw."""

import json
from pathlib import Path

import pytest

from prefpairs.config import Settings
from prefpairs.errors import ApprovalError
from prefpairs.files import sha256_file
from prefpairs.lake import Lake
from prefpairs.release import publish, signoff
from prefpairs.release.manifest import verify
from prefpairs.release.versions import list_versions
from tests.support.releases import NOW, approved, credentials, flip, make, project


def test_a_sign_off_names_the_content_root_the_manifest_and_the_card(settings: Settings, tables: Lake) -> None:
    folder = make(settings, tables).folder

    signed = signoff.approve(settings, "v0.1.0", by=" A. Steward ", now=NOW, statement="Looked at 50 pairs.")

    assert signed.content_root == verify(folder).content_root
    assert signed.manifest_sha256 == sha256_file(folder / "manifest.json")
    assert signed.card_sha256 == sha256_file(folder / "README.md")
    assert (signed.by, signed.signed_at) == ("A. Steward", "2026-01-02T00:00:00Z")
    assert signoff.check(folder) == signed


@pytest.mark.parametrize("name", ["README.md", "data/pairs/train-00000-of-00001.parquet"])
def test_bytes_that_changed_cannot_be_signed(settings: Settings, tables: Lake, name: str) -> None:
    flip(make(settings, tables).folder / name, 200)

    with pytest.raises(ApprovalError, match="bytes changed"):
        signoff.approve(settings, "v0.1.0", by="A. Steward", now=NOW)


@pytest.mark.parametrize("version", ["v0.2.0", "../v0.1.0", "..", "", "/etc"])
def test_an_unknown_version_cannot_be_signed(settings: Settings, tables: Lake, version: str) -> None:
    make(settings, tables)

    with pytest.raises(ApprovalError, match=r"no candidate .* Candidates: v0\.1\.0"):
        signoff.approve(settings, version, by="A. Steward", now=NOW)


@pytest.mark.parametrize("by", ["", "  ", "A\nB", "A\u202eB", "x" * 201])
def test_somebody_has_to_sign(settings: Settings, tables: Lake, by: str) -> None:
    make(settings, tables)

    with pytest.raises(ApprovalError, match="name of a person"):
        signoff.approve(settings, "v0.1.0", by=by, now=NOW)


def test_a_released_version_cannot_be_signed_again(settings: Settings, tables: Lake) -> None:
    approved(settings, tables)
    publish.release(settings, "v0.1.0", credentials=credentials(), now=NOW)

    with pytest.raises(ApprovalError, match="already released"):
        signoff.reject(settings, "v0.1.0", by="A. Steward", now=NOW)


def test_signing_again_changes_nothing(settings: Settings, tables: Lake) -> None:
    folder = approved(settings, tables).folder
    before = (folder / "signoff.json").read_bytes()

    signoff.approve(settings, "v0.1.0", by="A. Steward", now=NOW + 60)

    assert (folder / "signoff.json").read_bytes() == before


def test_a_rejection_is_not_an_approval(settings: Settings, tables: Lake) -> None:
    folder = make(settings, tables).folder
    signoff.reject(settings, "v0.1.0", by="A. Steward", now=NOW, statement="A name on page two.")

    with pytest.raises(ApprovalError, match=r"rejected by 'A\. Steward'"):
        signoff.check(folder)


def test_a_later_decision_replaces_an_earlier_one(settings: Settings, tables: Lake) -> None:
    folder = approved(settings, tables).folder

    signoff.reject(settings, "v0.1.0", by="B. Steward", now=NOW)

    with pytest.raises(ApprovalError, match=r"B\. Steward"):
        signoff.check(folder)


def test_the_sign_off_of_another_candidate_does_not_count(tmp_path: Path, tables: Lake) -> None:
    first = approved(project(tmp_path / "one"), tables).folder
    second = make(project(tmp_path / "two", contact="privacy@example.org"), tables).folder
    (second / "signoff.json").write_bytes((first / "signoff.json").read_bytes())

    with pytest.raises(ApprovalError, match="names other bytes"):
        signoff.check(second)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"decision": "approved"}', b"\xff"])
def test_a_malformed_sign_off_is_none(settings: Settings, tables: Lake, content: bytes) -> None:
    folder = make(settings, tables).folder
    (folder / "signoff.json").write_bytes(content)

    with pytest.raises(ApprovalError, match="not a valid sign-off"):
        signoff.check(folder)
    assert signoff.approve(settings, "v0.1.0", by="A. Steward", now=NOW) == signoff.check(folder)


def test_the_list_of_versions_shows_their_states(settings: Settings, tables: Lake) -> None:
    folder = make(settings, tables).folder

    def state() -> list[tuple[str, str, int, str | None]]:
        return [(entry.version, entry.state, entry.pairs, entry.signed_by) for entry in list_versions(settings)]

    assert state() == [("v0.1.0", "candidate", 4, None)]
    signoff.reject(settings, "v0.1.0", by="A", now=NOW)
    assert state() == [("v0.1.0", "rejected", 4, "A")]
    signoff.approve(settings, "v0.1.0", by="B", now=NOW)
    assert state() == [("v0.1.0", "approved", 4, "B")]
    publish.release(settings, "v0.1.0", credentials=credentials(), now=NOW)
    assert state() == [("v0.1.0", "released", 4, "B")]
    flip(folder / "README.md", 9)
    assert state() == [("v0.1.0", "damaged", 4, None)]


def test_a_sign_off_holds_nothing_but_the_decision(settings: Settings, tables: Lake) -> None:
    folder = approved(settings, tables).folder

    assert set(json.loads((folder / "signoff.json").read_bytes())) == {
        "format", "version", "decision", "content_root", "manifest_sha256", "card_sha256", "by", "signed_at",
        "statement",
    }  # fmt: skip
