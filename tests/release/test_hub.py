"""The same road through a Hub: one commit, one tag, or a clear error and no version."""

import traceback
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfApi, HfFileSystem

from prefpairs.config import Settings
from prefpairs.errors import (
    ApprovalError,
    ConfigError,
    PrefpairsError,
    ReleaseError,
    SourceError,
    TransientError,
    VerificationError,
)
from prefpairs.lake import Lake
from prefpairs.release import client, publish
from prefpairs.release.publish import Released
from tests.support.hub import Hub
from tests.support.releases import NOW, WRITER, approved, credentials, fill, flip, overwrite, pair, project

REPOSITORY = "acme/pairs"
TRAIN = "data/pairs/train-00000-of-00001.parquet"


def release(settings: Settings, version: str = "v0.1.0", *, token: str | None = WRITER) -> Released:
    waits: list[float] = []
    return publish.release(settings, version, credentials=credentials(token), now=NOW, sleep=waits.append)


def pull(hub: Hub, into: Path, *, token: str | None = "hf_reader", **options: str) -> client.PulledVersion:
    return client.pull(REPOSITORY, "v0.1.0", into=into, endpoint=hub.endpoint, token=token, **options)


@pytest.fixture
def ready(hub_settings: Settings, tables: Lake) -> Settings:
    """A project with an approved candidate."""
    approved(hub_settings, tables)
    return hub_settings


def test_a_release_is_one_commit_and_one_tag_on_it(hub: Hub, ready: Settings) -> None:
    released = release(ready)

    repository = hub.repositories[REPOSITORY]
    assert repository.messages == ["initial commit", "Release v0.1.0"]
    assert repository.tags == {"v0.1.0": repository.head} == {"v0.1.0": released.commit}
    assert hub.requests.count("commit") == 1
    assert not released.unchanged


def test_the_repository_holds_exactly_the_approved_files(hub: Hub, ready: Settings) -> None:
    release(ready)

    candidate = ready.candidates_folder / "v0.1.0"
    tree = dict(hub.repositories[REPOSITORY].commits[hub.repositories[REPOSITORY].head])
    del tree[".gitattributes"]
    assert {name: blob.content for name, blob in tree.items()} == {
        path.relative_to(candidate).as_posix(): path.read_bytes()
        for path in candidate.rglob("*")
        if path.is_file()
    }


def test_what_was_released_can_be_pulled(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    released = release(ready)

    pulled = pull(hub, tmp_path / "data")

    assert pulled.commit == released.commit
    assert sorted(path.name for path in pulled.folder.iterdir()) == [
        "LICENSE.md", "README.md", "data", "manifest.json", "signoff.json",
    ]  # fmt: skip
    assert pq.read_table(pulled.files["pairs"]["test"])["prompt"].to_pylist() == [pair(4)["prompt"]]


def test_pulling_leaves_nothing_in_the_shared_cache(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    release(ready)
    pull(hub, tmp_path / "data")

    assert not (tmp_path / "cache").exists()


def test_the_repository_is_private_before_a_byte_is_sent(hub: Hub, ready: Settings) -> None:
    release(ready)

    assert hub.repositories[REPOSITORY].private
    before_upload = hub.requests[: hub.requests.index("preupload")]
    assert before_upload[:2] == ["create", "info"]
    with pytest.raises(ConfigError, match="needs one"):
        client.versions(REPOSITORY, endpoint=hub.endpoint)


def test_a_hub_that_creates_a_public_repository_gets_no_byte(hub: Hub, ready: Settings) -> None:
    hub.ignores_visibility = True

    with pytest.raises(ReleaseError, match=r"is public, and release\.visibility asks for private"):
        release(ready)

    assert not {"preupload", "lfs_put", "commit", "tag"} & set(hub.requests)


def test_a_repository_that_turns_public_meanwhile_gets_no_tag(hub: Hub, ready: Settings) -> None:
    hub.meanwhile.append(lambda: setattr(hub.repositories[REPOSITORY], "private", False))

    with pytest.raises(ReleaseError, match="is public"):
        release(ready)

    assert hub.repositories[REPOSITORY].tags == {}


def test_large_files_go_to_the_server_itself_even_with_xet_installed(
    hub: Hub, ready: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)

    release(ready)

    assert hub.requests.count("lfs_put") == 6


def test_releasing_again_says_so_and_sends_nothing(hub: Hub, ready: Settings) -> None:
    first = release(ready)
    hub.requests.clear()

    again = release(ready)

    assert again.unchanged
    assert again.commit == first.commit
    assert not {"preupload", "lfs_put", "commit", "tag"} & set(hub.requests)


def test_a_release_whose_receipt_was_lost_is_found_again(hub: Hub, ready: Settings) -> None:
    release(ready)
    (ready.work / "released" / "v0.1.0.json").unlink()

    assert release(ready).unchanged
    assert (ready.work / "released" / "v0.1.0.json").is_file()


def test_the_next_version_removes_the_files_of_the_one_before_in_its_own_commit(
    hub: Hub, ready: Settings, tmp_path: Path
) -> None:
    release(ready)
    lake = fill(Lake(tmp_path / "lake"), ("train", "validation"))
    approved(ready, lake)

    release(ready, "v0.2.0")

    repository = hub.repositories[REPOSITORY]
    assert repository.messages[1:] == ["Release v0.1.0", "Release v0.2.0"]
    assert "data/pairs/test-00000-of-00001.parquet" not in repository.commits[repository.head]
    assert client.versions(REPOSITORY, endpoint=hub.endpoint, token=WRITER) == ["v0.1.0", "v0.2.0"]
    assert pull(hub, tmp_path / "data").manifest.configs["pairs"].rows == {"test": 1, "train": 3}


def test_other_content_under_a_released_version_is_refused(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    release(ready)
    other = project(tmp_path / "other", target="hub", endpoint=hub.endpoint, repo_id=REPOSITORY)
    lake = fill(Lake(tmp_path / "lake"))
    overwrite(lake, "pairs", [pair(77)])
    approved(other, lake)

    with pytest.raises(ReleaseError, match="holds other content"):
        release(other)

    assert len(hub.repositories[REPOSITORY].history) == 2


def test_a_byte_changed_after_the_approval_never_reaches_the_hub(hub: Hub, ready: Settings) -> None:
    flip(ready.candidates_folder / "v0.1.0" / TRAIN, 300)

    with pytest.raises(ApprovalError):
        release(ready)

    assert hub.requests == []


# Faults


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_after_the_commit_happened_gives_one_commit_and_one_tag(
    hub: Hub, ready: Settings, status: int
) -> None:
    hub.fail("commit", status, after=True)

    release(ready)

    repository = hub.repositories[REPOSITORY]
    assert repository.messages == ["initial commit", "Release v0.1.0"]
    assert repository.tags == {"v0.1.0": repository.head}


def test_an_error_after_the_tag_was_made_is_no_error(hub: Hub, ready: Settings) -> None:
    hub.fail("tag", 500, after=True)

    release(ready)

    assert list(hub.repositories[REPOSITORY].tags) == ["v0.1.0"]


@pytest.mark.parametrize("step", ["create", "info", "refs", "commit", "tag"])
def test_a_hub_that_is_away_for_a_moment_is_asked_again(hub: Hub, ready: Settings, step: str) -> None:
    hub.fail(step, 503)

    release(ready)

    repository = hub.repositories[REPOSITORY]
    assert repository.messages == ["initial commit", "Release v0.1.0"]
    assert repository.tags == {"v0.1.0": repository.head}


@pytest.mark.parametrize("step", ["create", "info", "refs", "commit", "tag"])
@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (401, ConfigError, "does not accept the token"),
        (403, ConfigError, "the token may not do this"),
        (409, ReleaseError, "conflict|gave an answer"),
        (503, TransientError, "not available"),
    ],
)
def test_a_lasting_error_is_explained_and_publishes_no_version(
    hub: Hub, ready: Settings, step: str, status: int, error: type[PrefpairsError], message: str
) -> None:
    hub.fail(step, status, times=20)

    with pytest.raises(error, match=message) as caught:
        release(ready)

    assert "acme/pairs at http://127.0.0.1" in str(caught.value)
    assert all(repository.tags == {} for repository in hub.repositories.values())
    assert not (ready.work / "released").exists()


def test_an_html_page_instead_of_an_answer_is_explained(hub: Hub, ready: Settings) -> None:
    hub.fail("info", 200, body="<html>Sign in</html>", times=20)

    with pytest.raises(ReleaseError, match="gave an answer that the client does not understand"):
        release(ready)


def test_what_a_lasting_error_interrupted_is_finished_by_the_next_release(hub: Hub, ready: Settings) -> None:
    hub.fail("tag", 503, times=4)
    with pytest.raises(TransientError, match="releasing again finishes it"):
        release(ready)

    release(ready)

    repository = hub.repositories[REPOSITORY]
    assert repository.messages == ["initial commit", "Release v0.1.0"]
    assert repository.tags == {"v0.1.0": repository.head}


def test_a_commit_by_somebody_else_in_between_is_refused(hub: Hub, ready: Settings) -> None:
    hub.meanwhile.append(lambda: hub.commit(REPOSITORY, {"data/pairs/train-1.parquet": b"other"}))

    with pytest.raises(ReleaseError, match="Somebody else committed"):
        release(ready)

    repository = hub.repositories[REPOSITORY]
    assert repository.messages == ["initial commit", "By hand"]
    assert repository.tags == {}


def test_a_stale_parent_without_a_cause_is_refused(hub: Hub, ready: Settings) -> None:
    hub.fail("commit", 412)

    with pytest.raises(ReleaseError, match="somebody else changed the repository"):
        release(ready)


def test_a_tag_by_somebody_else_in_between_is_refused(hub: Hub, ready: Settings) -> None:
    first = "0" * 40
    hub.meanwhile.append(lambda: hub.repositories[REPOSITORY].tags.update({"v0.1.0": first}))

    with pytest.raises(ReleaseError, match="for other content"):
        release(ready)


def test_a_hub_that_stores_other_bytes_gets_no_tag(
    hub: Hub, ready: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support import hub as server

    answer = server._apply

    def loses_a_byte(repository: server.Repository, tree: server.Tree, key: str, value: dict[str, str]) -> None:
        answer(repository, tree, key, value)
        if value["path"] == "README.md":
            tree["README.md"] = server.Blob(tree["README.md"].content[:-1] + b" ", lfs=False)

    monkeypatch.setattr(server, "_apply", loses_a_byte)

    with pytest.raises(ReleaseError, match=r"holds other content .* README\.md"):
        release(ready)

    assert hub.repositories[REPOSITORY].tags == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repo_id": ""}, r"release\.repo_id"),
        ({"endpoint": "ftp://hub"}, "https://"),
        ({"endpoint": "https://user:secret@hub.example.org"}, "without a user name"),
    ],
)
def test_a_target_that_is_not_configured_is_explained(
    ready: Settings, changes: dict[str, str], message: str
) -> None:
    target = ready.model_copy(update={"release": ready.release.model_copy(update=changes)})

    with pytest.raises(ConfigError, match=message):
        release(target)


def test_a_release_without_a_token_says_where_it_comes_from(ready: Settings) -> None:
    with pytest.raises(ConfigError, match="PREFPAIRS_HUB_TOKEN"):
        release(ready, token=None)


@pytest.mark.parametrize("step", ["create", "info", "refs", "preupload", "lfs_batch", "commit", "tag"])
@pytest.mark.parametrize("status", [400, 401, 403, 418])
def test_the_token_is_in_no_error(hub: Hub, ready: Settings, step: str, status: int) -> None:
    hub.fail(step, status, times=20, body=f"your token {WRITER} is not welcome")

    with pytest.raises(PrefpairsError) as caught:
        release(ready)

    assert WRITER not in "".join(traceback.format_exception(caught.value))


def test_a_hub_that_cannot_be_reached_is_transient(ready: Settings, tmp_path: Path) -> None:
    away = ready.model_copy(
        update={"release": ready.release.model_copy(update={"endpoint": "http://127.0.0.1:9"})}
    )

    with pytest.raises(TransientError, match="not available"):
        release(away)
    with pytest.raises(TransientError, match="not available"):
        client.pull(REPOSITORY, "v0.1.0", into=tmp_path, endpoint="http://127.0.0.1:9")


# Pulling


@pytest.mark.parametrize("name", [TRAIN, "README.md", "manifest.json", "signoff.json"])
def test_a_corrupted_download_of_the_same_size_is_refused(
    hub: Hub, ready: Settings, tmp_path: Path, name: str
) -> None:
    release(ready)
    hub.corrupt.add(name)

    with pytest.raises((VerificationError, ApprovalError)):
        pull(hub, tmp_path / "data")

    assert list((tmp_path / "data").glob("*v0.1.0*")) == []


def test_a_file_that_somebody_adds_under_the_tag_is_refused(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    release(ready)
    hub.repositories[REPOSITORY].tags["v0.1.0"] = hub.commit(REPOSITORY, {"data/pairs/train-9.parquet": b"more"})

    with pytest.raises(VerificationError, match="is not in the manifest"):
        pull(hub, tmp_path / "data")


def test_a_path_that_leads_outside_is_refused_before_anything_is_downloaded(
    hub: Hub, ready: Settings, tmp_path: Path
) -> None:
    release(ready)
    hub.repositories[REPOSITORY].tags["v0.1.0"] = hub.commit(REPOSITORY, {"../../evil": b"x"})

    with pytest.raises(VerificationError, match="unsafe path"):
        pull(hub, tmp_path / "data")

    assert "download" not in hub.requests


def test_a_copy_is_used_again_after_the_hub_was_asked(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    release(ready)
    first = pull(hub, tmp_path / "data")
    hub.requests.clear()

    again = pull(hub, tmp_path / "data")

    assert again.files == first.files
    assert hub.requests == ["info"]


def test_a_damaged_copy_is_not_handed_over(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    release(ready)
    flip(pull(hub, tmp_path / "data").folder / TRAIN, 50)

    with pytest.raises(VerificationError, match="SHA-256"):
        pull(hub, tmp_path / "data")


def test_a_copy_is_not_used_when_its_tag_was_moved(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    release(ready)
    pull(hub, tmp_path / "data")
    hub.repositories[REPOSITORY].tags["v0.1.0"] = hub.commit(REPOSITORY, {"manifest.json": b"{}"})

    with pytest.raises(VerificationError, match="is not the copy in"):
        pull(hub, tmp_path / "data")


@pytest.mark.parametrize("pulled_before", [False, True])
def test_a_withdrawn_repository_hands_over_nothing(
    hub: Hub, ready: Settings, tmp_path: Path, pulled_before: bool
) -> None:
    release(ready)
    if pulled_before:
        pull(hub, tmp_path / "data")
    hub.repositories[REPOSITORY].disabled = True

    with pytest.raises(SourceError, match="was withdrawn"):
        pull(hub, tmp_path / "data")


@pytest.mark.parametrize(
    ("token", "error", "message"),
    [
        ("hf_wrong", ConfigError, "does not accept the token"),
        (None, ConfigError, "needs one"),
    ],
)
def test_a_copy_is_not_used_by_somebody_who_may_not_read_it(
    hub: Hub, ready: Settings, tmp_path: Path, token: str | None, error: type[PrefpairsError], message: str
) -> None:
    release(ready)
    pull(hub, tmp_path / "data")

    with pytest.raises(error, match=message):
        pull(hub, tmp_path / "data", token=token)


def test_a_version_that_was_never_released_is_named(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    release(ready)

    with pytest.raises(SourceError, match="no such version"):
        client.pull(REPOSITORY, "v0.2.0", into=tmp_path, endpoint=hub.endpoint, token=WRITER)
    with pytest.raises(ConfigError, match="no such repository"):
        client.pull("acme/other", "v0.1.0", into=tmp_path, endpoint=hub.endpoint, token=WRITER)


def test_another_content_root_than_expected_is_refused(hub: Hub, ready: Settings, tmp_path: Path) -> None:
    release(ready)

    with pytest.raises(VerificationError, match="was expected"):
        pull(hub, tmp_path, content_root="0" * 64)


@pytest.mark.parametrize("status", [401, 403, 404, 503])
def test_a_pull_that_fails_half_way_leaves_nothing(
    hub: Hub, ready: Settings, tmp_path: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)  # it waits 23 s by itself
    release(ready)
    hub.fail("download", status, times=500)

    with pytest.raises(PrefpairsError) as caught:
        pull(hub, tmp_path / "data", token=WRITER)

    assert WRITER not in "".join(traceback.format_exception(caught.value))
    assert list((tmp_path / "data").glob("*v0.1.0*")) == []


# The stand-in itself


def test_the_stand_in_answers_the_rest_of_the_client(hub: Hub, ready: Settings) -> None:
    release(ready)
    api = HfApi(endpoint=hub.endpoint, token=WRITER)

    assert api.whoami()["name"] == "writer"
    assert api.list_repo_commits(REPOSITORY, repo_type="dataset")[0].title == "Release v0.1.0"
    info = api.get_paths_info(REPOSITORY, [TRAIN, "missing"], repo_type="dataset")
    assert [entry.path for entry in info] == [TRAIN]
    assert api.file_exists(REPOSITORY, "README.md", repo_type="dataset", revision="v0.1.0")
    assert not api.file_exists(REPOSITORY, "missing", repo_type="dataset", revision="v0.1.0")
    files = HfFileSystem(endpoint=hub.endpoint, token=WRITER)
    with files.open(f"datasets/{REPOSITORY}@v0.1.0/{TRAIN}") as stream:
        assert pq.read_metadata(stream).num_rows == 3
