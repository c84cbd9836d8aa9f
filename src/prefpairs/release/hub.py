"""An approved folder -> one commit and one tag on a Hub, read back before it counts.

The order is: the repository and its visibility, one commit on the head that was read, what the Hub then
lists against the manifest, the tag last. Without the tag there is no version, so nothing half-done is one.
A Hub may answer 500 although it committed (datasets #7708): before every new try, what is there is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from prefpairs.errors import ApprovalError, ReleaseError, TransientError
from prefpairs.release.connection import HUBS_OWN_FILE, connection, explained, is_same_file
from prefpairs.release.manifest import MANIFEST_NAME, SIGNOFF_NAME, Manifest

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A dataset repository on a Hub, and how patient to be with it."""

    endpoint: str
    repo_id: str
    private: bool
    attempts: int = 4
    wait_seconds: float = 2.0

    def __str__(self) -> str:
        return f"{self.repo_id} at {self.endpoint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where a version is on the Hub. `already` says that it was there before."""

    commit: str
    url: str
    already: bool


def publish(
    folder: Path, manifest: Manifest, *, destination: Destination, token: str, sleep: Callable[[float], None]
) -> Published:
    """Publish a version's folder, or find that it is published.

    Raises
    ------
    ConfigError
        If the Hub does not accept the token, or the token may not write.
    ReleaseError
        If the repository has another visibility than asked for (nothing is uploaded then), holds other
        content under this version, was changed meanwhile, or lists other files than were sent.
    TransientError
        If the Hub stays unavailable. Releasing again finishes what was begun.

    """
    with connection(destination.endpoint, token) as api:
        repository = _Repository(api, destination, sleep)
        repository.ensure()
        repository.require_visibility()
        local = {name: folder / name for name in _names(manifest)}
        commit = repository.tags().get(manifest.version)
        already = commit is not None
        if commit is None:
            commit = repository.commit_once(local, manifest)
            repository.require_visibility()
            repository.require_files(commit, local)
            repository.tag_once(manifest.version, commit)
        else:
            # It may have been signed again after a release whose receipt was lost.
            repository.require_files(commit, local, without=SIGNOFF_NAME)
    url = f"{destination.endpoint.rstrip('/')}/datasets/{destination.repo_id}/tree/{manifest.version}"
    return Published(commit=commit, url=url, already=already)


def _names(manifest: Manifest) -> list[str]:
    return [*(entry.path for entry in manifest.files), MANIFEST_NAME, SIGNOFF_NAME]


@dataclass(frozen=True, slots=True)
class _Repository:
    api: HfApi
    destination: Destination
    sleep: Callable[[float], None]

    def ensure(self) -> None:
        """Create the repository unless it exists."""
        self._patiently(
            "creating",
            lambda: self.api.create_repo(
                self.destination.repo_id,
                repo_type="dataset",
                visibility="private" if self.destination.private else "public",
                exist_ok=True,
            ),
        )

    def require_visibility(self) -> None:
        """Refuse a repository that more, or fewer, people can read than was asked for."""
        found = self._info().private
        if found is not self.destination.private:
            wanted, is_now = ("private", "public") if self.destination.private else ("public", "private")
            msg = (
                f"{self.destination} is {is_now}, and release.visibility asks for {wanted}. "
                "No version was published. Change one of the two."
            )
            raise ReleaseError(msg)

    def tags(self) -> dict[str, str]:
        """Return tag -> commit."""
        refs = self._patiently(
            "reading the tags of",
            lambda: self.api.list_repo_refs(self.destination.repo_id, repo_type="dataset"),
        )
        return {tag.name: tag.target_commit for tag in refs.tags}

    def commit_once(self, local: Mapping[str, Path], manifest: Manifest) -> str:
        """Make the head hold exactly the local files, in one commit; return the commit that does."""
        info = self._info(files=True)
        if not _differences(info, local):
            return str(info.sha)
        attempt = 0
        while True:
            try:
                return self._commit(info, local, manifest)
            except (TransientError, ReleaseError) as error:
                if isinstance(error, TransientError):
                    self._wait(attempt)
                now = self._info(files=True)
                if not _differences(now, local):
                    return str(now.sha)
                if now.sha != info.sha:
                    msg = f"Somebody else committed to {self.destination} meanwhile. No version was published."
                    raise ReleaseError(msg) from None
                attempt += 1
                if isinstance(error, ReleaseError) or attempt == self.destination.attempts:
                    msg = f"{error} No version was published."
                    raise type(error)(msg) from None

    def require_files(self, commit: str, local: Mapping[str, Path], *, without: str = "") -> None:
        """Refuse a commit that does not hold the local files, and no others, as the Hub lists them."""
        info = self._info(revision=commit, files=True)
        different = [name for name in _differences(info, local) if name != without]
        if different:
            msg = (
                f"{self.destination} holds other content at {commit[:12]} than was to be published: "
                f"{different[0]} (files that differ: {len(different)})."
            )
            raise ReleaseError(msg)

    def tag_once(self, version: str, commit: str) -> None:
        """Tag the commit with the version, unless it is; another commit under this tag is refused."""
        for attempt in range(self.destination.attempts):
            try:
                with explained(f"Tagging {version} in {self.destination}"):
                    self.api.create_tag(
                        self.destination.repo_id, tag=version, revision=commit, repo_type="dataset"
                    )
            except (TransientError, ReleaseError) as error:
                tagged = self.tags().get(version)
                if tagged == commit:
                    return
                if tagged is not None:
                    msg = f"{self.destination} got a tag {version} for other content meanwhile."
                    raise ReleaseError(msg) from None
                if isinstance(error, ReleaseError) or attempt + 1 == self.destination.attempts:
                    msg = f"{error} The files are there without their tag; releasing again finishes it."
                    raise type(error)(msg) from None
                self._wait(attempt)
            else:
                return

    def _commit(self, info: Any, local: Mapping[str, Path], manifest: Manifest) -> str:
        additions = _additions(local, manifest)
        surplus = sorted({file.rfilename for file in info.siblings} - set(local) - {HUBS_OWN_FILE})
        deletions = [CommitOperationDelete(path_in_repo=name, is_folder=False) for name in surplus]
        with explained(f"Committing to {self.destination}"):
            made = self.api.create_commit(
                self.destination.repo_id,
                [*additions, *deletions],
                commit_message=f"Release {manifest.version}",
                commit_description=f"Content root {manifest.content_root}",
                repo_type="dataset",
                parent_commit=info.sha,
            )
        return str(made.oid)

    def _info(self, *, revision: str | None = None, files: bool = False) -> Any:
        return self._patiently(
            "reading",
            lambda: self.api.dataset_info(self.destination.repo_id, revision=revision, files_metadata=files),
        )

    def _patiently(self, doing: str, call: Callable[[], T]) -> T:
        """Make a call that may be made twice, and make it again while the Hub is unavailable."""
        for attempt in range(self.destination.attempts - 1):
            try:
                with explained(f"{doing.capitalize()} {self.destination}"):
                    return call()
            except TransientError:
                self._wait(attempt)
        with explained(f"{doing.capitalize()} {self.destination}"):
            return call()

    def _wait(self, attempt: int) -> None:
        self.sleep(self.destination.wait_seconds * 2**attempt)


def _additions(local: Mapping[str, Path], manifest: Manifest) -> list[CommitOperationAdd]:
    """Return the files to upload; what is hashed here is what the Hub is told to expect."""
    approved = {entry.path: entry.sha256 for entry in manifest.files}
    operations = []
    for name, path in local.items():
        is_data = name.startswith("data/")
        operation = CommitOperationAdd(path_in_repo=name, path_or_fileobj=path if is_data else path.read_bytes())
        if name in approved and operation.upload_info.sha256.hex() != approved[name]:
            msg = f"{path} changed while it was being released. Nothing was published."
            raise ApprovalError(msg)
        operations.append(operation)
    return operations


def _differences(info: Any, local: Mapping[str, Path]) -> list[str]:
    """Return the names that a commit lacks, has too many, or holds other bytes for, sorted."""
    listed = {file.rfilename: file for file in info.siblings if file.rfilename != HUBS_OWN_FILE}
    surplus = set(listed) - set(local)
    wrong = {name for name, path in local.items() if name not in listed or not is_same_file(listed[name], path)}
    return sorted(surplus | wrong)
