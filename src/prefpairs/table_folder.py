"""A folder, whatever it is called -> its Delta table, with the paths by which Polars finds the files.

Delta names a table's folder by a URL, and says where its files are with that URL's path, still encoded:
`my%20project/...`. Polars looks for a folder of that very name.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from prefpairs.errors import ConfigError

_SCHEME = "file://"
# What Delta decodes twice (`%20`, a backslash) or panics at, what Polars takes for a wildcard, and the `=` that
# it takes for a partition's.
_REFUSED = re.compile(r"%[0-9A-Fa-f]{2}|[\\\[\]^|*?=\x00-\x1f\x7f\ud800-\udfff]")


class TableFolder(DeltaTable):
    """A Delta table that names its files as the file system does."""

    def file_uris(self, *args: Any, **options: Any) -> list[str]:
        """Return the path of each file of this version."""
        folder = self.table_uri.removeprefix(_SCHEME)
        real = unquote(folder)
        # What follows the folder is decoded already: a partition's folder may really be called `m=x%20y`.
        return [real + path.removeprefix(folder) for path in super().file_uris(*args, **options)]


def check_folder(folder: Path) -> None:
    """Refuse a folder that tables cannot be kept in.

    Raises
    ------
    ConfigError
        If its path, with links resolved, holds what Delta or Polars takes for something else.

    """
    if found := _REFUSED.search(str(folder.resolve())):
        msg = (
            f"No table can be kept in {str(folder)!r}: its path holds {found[0]!r}. "
            "Rename the folder, or move the project. Nothing was changed."
        )
        raise ConfigError(msg)
