"""A version's name -> its verified files on this machine, or an error and no files.

This is what a training box imports: no Prefect, no Polars, no Presidio. `datasets.load_dataset` of a
repository is not used, because with a warm cache it may return another version than it was asked for
(datasets #7928), and the Hub client does not check the hash of what it downloads.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefpairs.errors import ConfigError, SourceError, VerificationError
from prefpairs.files import sha256_file
from prefpairs.release import signoff
from prefpairs.release.folders import reveal, sole_writer, staging
from prefpairs.release.manifest import MANIFEST_NAME, Manifest, is_version, verify, version_key
from prefpairs.release.registry import versions_in

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledVersion:
    """A version on this machine, every byte of it checked.

    Attributes
    ----------
    folder
        Where it lies.
    manifest
        What it is.
    commit
        The Hub's commit id; for a directory, the SHA-256 of the manifest.
    files
        Config -> split -> Parquet files, in order.

    """

    folder: Path
    manifest: Manifest
    commit: str
    files: dict[str, dict[str, list[Path]]]


def pull(
    source: str,
    version: str,
    *,
    into: Path,
    endpoint: str | None = None,
    token: str | None = None,
    content_root: str | None = None,
) -> PulledVersion:
    """Fetch a released version into `into/<version>`, or check the copy that is there.

    `source` is a folder of releases, or a dataset repository (`organisation/name`) on the Hub at `endpoint`
    (huggingface.co without one). A Hub is always asked, also for a copy that is there: a withdrawn version
    is not handed over. `content_root` is the data that the caller expects.

    Raises
    ------
    VerificationError
        If a file is missing, extra or changed, the copy is not the source's version, or its content root
        is another one.
    ApprovalError
        If the sign-off is missing or names other bytes.
    ConfigError
        If the version's name, the source, the endpoint or the token is wrong.
    SourceError, TransientError
        If the source cannot be read, or not now.

    """
    if not is_version(version):
        msg = f"{version!r} is not the name of a version, like v0.1.0."
        raise ConfigError(msg)
    target = into.absolute() / version
    # Jobs that start together on one box wait for the first one's copy.
    with sole_writer(target.parent, wait=True):
        if _is_folder(source, endpoint):
            manifest, commit = _from_folder(Path(source), target, content_root)
        else:
            manifest, commit = _from_hub(source, target, content_root, endpoint=endpoint, token=token)
    return PulledVersion(folder=target, manifest=manifest, commit=commit, files=_files(target, manifest))


def versions(source: str, *, endpoint: str | None = None, token: str | None = None) -> list[str]:
    """Return the versions that a source has, oldest first. Raises as `pull` does."""
    if _is_folder(source, endpoint):
        return versions_in(Path(source))
    with _hub(source, endpoint, token) as api:
        refs = api.list_repo_refs(source, repo_type="dataset")
    return sorted((tag.name for tag in refs.tags if is_version(tag.name)), key=version_key)


def _is_folder(source: str, endpoint: str | None) -> bool:
    if endpoint is None and Path(source).is_dir():
        return True
    if not _REPOSITORY.fullmatch(source):
        msg = f"{source!r} is neither a folder of releases nor a repository like organisation/name."
        raise ConfigError(msg)
    return False


def _from_folder(releases: Path, target: Path, content_root: str | None) -> tuple[Manifest, str]:
    original = releases / target.name
    if not (original / MANIFEST_NAME).is_file():
        known = ", ".join(versions_in(releases)) or "none"
        hint = ""
        if (releases / MANIFEST_NAME).is_file():
            hint = (
                f" It is a version itself: pull with --from {releases.parent}, or check it with prefpairs verify."
            )
        msg = f"{releases} has no version {target.name}. Versions: {known}.{hint}"
        raise SourceError(msg)
    if target.exists():
        manifest = _accept(target, target.name, content_root)
        if sha256_file(original / MANIFEST_NAME) != sha256_file(target / MANIFEST_NAME):
            raise _other_copy(target)
    else:
        with staging(target) as hidden:
            _copy(original, hidden)
            manifest = _accept(hidden, target.name, content_root)
            reveal(hidden, target)
    return manifest, sha256_file(target / MANIFEST_NAME)


def _copy(original: Path, hidden: Path) -> None:
    try:
        # Links stay links, which verification refuses: a version cannot reach out of its folder.
        shutil.copytree(original, hidden, symlinks=True, copy_function=shutil.copyfile, dirs_exist_ok=True)
    except OSError as error:
        msg = f"{original} could not be copied: {type(error).__name__} {error.strerror or ''}".rstrip() + "."
        raise SourceError(msg) from None


def _from_hub(
    source: str, target: Path, content_root: str | None, *, endpoint: str | None, token: str | None
) -> tuple[Manifest, str]:
    from huggingface_hub import snapshot_download

    from prefpairs.release.connection import HUBS_OWN_FILE, is_same_file

    with _hub(source, endpoint, token) as api:
        info = api.dataset_info(source, revision=target.name, files_metadata=True)
        listed = {file.rfilename: file for file in info.siblings}
        _refuse_disabled(info, source)
        _refuse_paths_outside(listed)
        if target.exists():
            manifest = _accept(target, target.name, content_root)
            if MANIFEST_NAME not in listed or not is_same_file(listed[MANIFEST_NAME], target / MANIFEST_NAME):
                raise _other_copy(target)
        else:
            with staging(target) as hidden:
                snapshot_download(
                    source,
                    repo_type="dataset",
                    revision=info.sha,
                    local_dir=hidden,
                    endpoint=api.endpoint,
                    token=token or False,
                    ignore_patterns=[HUBS_OWN_FILE],
                )
                # The client's own bookkeeping, not part of the version.
                shutil.rmtree(hidden / ".cache", ignore_errors=True)
                manifest = _accept(hidden, target.name, content_root)
                reveal(hidden, target)
    return manifest, str(info.sha)


@contextmanager
def _hub(source: str, endpoint: str | None, token: str | None) -> Iterator[Any]:
    from prefpairs.release.connection import HUGGING_FACE, connection, explained

    address = endpoint or HUGGING_FACE
    with connection(address, token) as api, explained(f"Reading {source} at {address}", otherwise=SourceError):
        yield api


def _refuse_disabled(info: Any, source: str) -> None:
    if getattr(info, "disabled", None):
        msg = f"{source} was withdrawn: access to it is disabled. Stop using its copies."
        raise SourceError(msg)


def _refuse_paths_outside(names: Any) -> None:
    for name in names:
        if any(part in {"", ".", ".."} for part in name.split("/")) or "\\" in name:
            msg = f"The source lists a file with an unsafe path, {name!r}. Nothing was downloaded."
            raise VerificationError(msg)


def _accept(folder: Path, version: str, content_root: str | None) -> Manifest:
    manifest = verify(folder)
    signoff.check(folder)
    if manifest.version != version:
        msg = f"The source gave {manifest.version} when asked for {version}."
        raise VerificationError(msg)
    if content_root is not None and manifest.content_root != content_root:
        msg = f"{version} has the content root {manifest.content_root}, and {content_root} was expected."
        raise VerificationError(msg)
    return manifest


def _other_copy(target: Path) -> VerificationError:
    return VerificationError(
        f"The source's {target.name} is not the copy in {target}: one of them was changed. "
        "Find out which before you remove the copy and pull again."
    )


def _files(folder: Path, manifest: Manifest) -> dict[str, dict[str, list[Path]]]:
    found: dict[str, dict[str, list[Path]]] = {}
    for entry in manifest.data_files():
        found.setdefault(str(entry.config), {}).setdefault(str(entry.split), []).append(folder / entry.path)
    return found
