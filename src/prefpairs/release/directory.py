"""An approved folder -> a version in a plain directory with the Hub's layout."""

import shutil
from pathlib import Path

from prefpairs.errors import ReleaseError, VerificationError
from prefpairs.files import make_private_folder, sha256_file
from prefpairs.release import signoff
from prefpairs.release.folders import reveal, sole_writer, staging
from prefpairs.release.manifest import MANIFEST_NAME, SIGNOFF_NAME, Manifest, verify

# A released version never changes. The folder around it is private until its owner opens it.
_FILE_MODE = 0o444
_FOLDER_MODE = 0o755


def publish(folder: Path, manifest: Manifest, *, releases: Path) -> tuple[Path, bool]:
    """Copy a version into `releases`; return where it lies, and whether it was there already.

    The copy is what is checked: against the manifest and against the sign-off, before it appears.

    Raises
    ------
    ReleaseError
        If other content is there under the same version, or what is there is damaged.
    VerificationError, ApprovalError
        If the bytes changed on the way.

    """
    target = releases / manifest.version
    with sole_writer(releases):
        if target.exists():
            _refuse_other_content(folder, target)
            return target, True
        with staging(target) as hidden:
            for name in [*(entry.path for entry in manifest.files), MANIFEST_NAME, SIGNOFF_NAME]:
                make_private_folder((hidden / name).parent)
                shutil.copyfile(folder / name, hidden / name)
            verify(hidden)
            signoff.check(hidden)
            reveal(hidden, target, file_mode=_FILE_MODE, folder_mode=_FOLDER_MODE)
    return target, False


def _refuse_other_content(folder: Path, target: Path) -> None:
    try:
        verify(target)
    except VerificationError as error:
        msg = f"{target} is already there, and damaged: {error} Nothing was changed."
        raise ReleaseError(msg) from None
    if sha256_file(target / MANIFEST_NAME) != sha256_file(folder / MANIFEST_NAME):
        msg = f"{target} is already there with other content. A released version never changes."
        raise ReleaseError(msg)
