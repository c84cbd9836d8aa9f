"""A post and what stands around it -> what a model is asked: the same words in training and in an export."""

from dataclasses import dataclass, field

SEPARATOR = "\n\n"
"""Between two parts of a turn, and between prompt and response where there is no chat template."""

_COMMUNITY = "Community: r/{}" + SEPARATOR
_BEFORE_POST = "Post:\n"
_DRAFT = "\n\nDraft of a reply:\n{}\n\nBetter reply:"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTurn:
    """What the user's turn says, and from where to where in it the post stands, in characters."""

    text: str = field(repr=False)
    start: int
    stop: int


def user_turn(
    post: str, *, system_prompt: str | None = None, community: str | None = None, draft: str | None = None
) -> UserTurn:
    """Return the turn that asks for a reply to `post`, or with a `draft` for a better one.

    `system_prompt` is the first paragraph: leave it out where it has a turn of its own.
    """
    before = system_prompt.strip() + SEPARATOR if system_prompt else ""
    before += _COMMUNITY.format(community) if community else ""
    after = ""
    if draft is not None:
        before += _BEFORE_POST
        after = _DRAFT.format(draft.strip())
    body = post.strip()
    return UserTurn(text=before + body + after, start=len(before), stop=len(before) + len(body))
