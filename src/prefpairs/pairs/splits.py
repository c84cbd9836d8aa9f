"""The fullname of a post -> train, validation or test, the same in every version.

The split hangs on a keyed hash of the post and on nothing else: other posts, other nights and the
order of rows cannot move it, and nobody without the key can work out which post was held out.
"""

from typing import Literal

from prefpairs.keys import ProjectKey

Split = Literal["train", "validation", "test"]
_HASH_DIGITS = 13  # 52 bits: as many as a float holds exactly


def split_of(post: str, key: ProjectKey, *, validation_share: float, test_share: float) -> Split:
    """Return the split of a post and of everything under it.

    Test lies at the low end, validation above it: raising `validation_share` moves posts out of train only.
    """
    place = int(key.derive("splits").keyed_hash(post)[:_HASH_DIGITS], 16) / 16**_HASH_DIGITS
    if place < test_share:
        return "test"
    return "validation" if place < test_share + validation_share else "train"
