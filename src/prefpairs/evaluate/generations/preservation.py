"""A draft and its revision -> how much of the draft is still there, word for word and in order."""

from difflib import SequenceMatcher

from prefpairs.evaluate.generations.words import words


def share_unchanged(draft: str, revision: str) -> float | None:
    """Return the share of the draft's words that the revision keeps in their order, in [0, 1].

    None if the draft has no words. 1 says that nothing was taken out, not that nothing was added.
    """
    old, new = words(draft), words(revision)
    if not old:
        return None
    blocks = SequenceMatcher(a=old, b=new, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(old)
