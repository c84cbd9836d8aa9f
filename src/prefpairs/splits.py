"""The fullname of a post -> train, validation or test, the same in every version.

The split hangs on a keyed hash of the post and on nothing else: other posts, other nights and the
order of rows cannot move it, and nobody without the key can work out which post was held out.
"""

from collections.abc import Iterable
from typing import Literal

from prefpairs.keys import ProjectKey

Split = Literal["train", "validation", "test"]
_HASH_DIGITS = 13  # 52 bits: as many as a float holds exactly


def split_of(post: str, key: ProjectKey, *, validation_share: float, test_share: float) -> Split:
    """Return the split of a post and of everything under it.

    Test lies at the low end, validation above it: raising `validation_share` moves posts out of train only.
    """
    return splits_of([post], key, validation_share=validation_share, test_share=test_share)[0]


def splits_of(posts: Iterable[str], key: ProjectKey, *, validation_share: float, test_share: float) -> list[Split]:
    """Return `split_of` each of many posts, in their order."""
    purpose = key.derive("splits")
    held_out = test_share + validation_share
    places = (int(purpose.keyed_hash(post)[:_HASH_DIGITS], 16) / 16**_HASH_DIGITS for post in posts)
    return ["test" if place < test_share else "validation" if place < held_out else "train" for place in places]
