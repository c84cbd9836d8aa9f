"""What a model does -> the sentences of its card that are the same for every such model."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from prefpairs.train.recipe import Stage, Task

Basis: TypeAlias = Literal["votes", "better texts", "judges"]

TITLES: Mapping[Task, str] = {
    "generation": "trained to reply to posts",
    "improvement": "trained to improve drafts of replies",
    "reward": "trained to rate replies to posts",
}

_CRISIS = (
    "> **Not for a crisis.** {learnt} It can {wrong}, and it does "
    "not notice when somebody is in danger. Whoever is in danger needs a person: the emergency number, or a "
    "crisis line of their country."
)
_WRITTEN = (
    "> **Its replies are machine-written and no substitute for care.** Show them to nobody in distress before a "
    "person who answers for them has read them, and say that a machine wrote them."
)
_LEARNT: Mapping[Basis, str] = {
    "votes": "It learnt from votes, and votes know nothing of safety.",
    "better texts": "It learnt from drafts and better texts, and a better text need not be a safe one.",
    "judges": "It learnt from what people preferred, and a preference knows nothing of safety.",
}
_WRONG: Mapping[Task, str] = {
    "generation": "write what is wrong or dangerous",
    "improvement": "make a draft wrong or dangerous",
    "reward": "rate what is wrong or dangerous above what is right",
}
_NUMBER = (
    "> **A high number says that readers would have upvoted a reply, not that it is safe, true or kind.** What is "
    "chosen by it is machine-made and no substitute for care."
)

TASKS: Mapping[Task, str] = {
    "generation": "It reads a post from an online community and writes a reply.",
    "improvement": "It reads a post and a person's draft of a reply, and writes a better text that keeps what the "
    "draft says.",
    "reward": "It reads a post and a reply and gives one number: how much the community would have valued the "
    "reply. Only differences between replies to one post mean anything.",
}
_STAGES: Mapping[Stage, str] = {
    "sft": "This is the model after supervised fine-tuning: it writes like the responses that were valued.",
    "dpo": "This is the model after DPO on the community's votes: it prefers what was valued more.",
    "dpo2": "This is the model after a second DPO, on pairs that people judged one by one.",
    "reward": "It was trained on the community's votes.",
}
_NAMES: Mapping[Stage, str] = {"sft": "SFT", "dpo": "DPO", "dpo2": "DPO on judged pairs", "reward": "reward model"}

_OUT_OF_SCOPE = """\
**Not for:**

- diagnosing, triaging or assessing anybody, or as a clinical tool of any kind;
- talking to a person in distress by itself, or standing in for one of the people who do;
- deciding what anybody gets to see, or measuring whether a text is safe;
- imitating, finding or profiling the people who wrote the posts and responses."""

USES: Mapping[Task, str] = {
    "generation": "## What it is for\n\nResearch on what communities value in a supportive reply, and proposals "
    f"to people who write such replies and decide themselves what to send.\n\n{_OUT_OF_SCOPE}",
    "improvement": "## What it is for\n\nProposals to people who have written a reply and decide themselves what "
    f"of the proposal to take, and research on what makes a reply better.\n\n{_OUT_OF_SCOPE}",
    "reward": "## What it is for\n\nChoosing among several replies of a model before a person looks at them, and "
    f"measuring other models on the same kind of posts.\n\n{_OUT_OF_SCOPE}",
}

_BY_VOTES = (
    "*Chosen* is the response that the community valued more than *rejected*, under the rule below. Votes are "
    "exposure times quality, and agreement besides: *rejected* does not mean bad, and *chosen* does not mean "
    "harmless. The dataset's own card says how the texts were de-identified and what its labels mean."
)
_LABELS: Mapping[Basis, str] = {
    "votes": _BY_VOTES,
    "better texts": "*Chosen* is the better text and *rejected* the draft, from the dataset's config "
    "`improvement`: its own card says who wrote which, and how the texts were de-identified. A better text is not "
    "a harmless one.",
    "judges": "**The pairs of this stage are not of the dataset**: they come from a file of pairs that people "
    "judged one by one. *Chosen* is the text that they preferred: *rejected* does not mean bad, and *chosen* does "
    "not mean harmless. The counts below are theirs; the version is that of the stages before.",
}
TREES: Mapping[Task, str] = {"generation": "posts", "improvement": "posts with a draft", "reward": "posts"}
"""What the data's counts of prompts are of."""
IMPLICIT = (
    "A response is preferred if its log-probability has risen more above the reference's (its implicit reward, "
    "Rafailov et al. 2023). The reference's own likelihood of a whole response is a sum over its tokens, which "
    "favours the shorter one; by token it does not."
)
_AGREEMENT: Mapping[Basis, str] = {
    "votes": "Agreement with votes on held-out posts",
    "better texts": "To tell better texts from drafts",
    "judges": "Agreement with the people who judged the held-out pairs",
}
_PROXIES = (
    "{agreement} is not quality, and says nothing of safety. `prefpairs evaluate` writes intervals, accuracy by "
    "how sure the label is, length-matched figures and what generations look like."
)

_BIASES: Mapping[Basis, str] = {
    "votes": "- It agrees with the people who were there and voted: not a sample of any population.\n"
    "- Early, agreeable, funny and long responses collect votes, so part of what it learnt may be just that.\n",
    "better texts": "- It agrees with the people who wrote or chose the better texts: not a sample of any "
    "population.\n- Where better texts are longer than their drafts, part of what it learnt may be just that.\n",
    "judges": "- It agrees with the people who judged the pairs: not a sample of any population.\n",
}
_RECITES = (
    "- It can repeat what it read. The dataset's texts were de-identified before training, and no method "
    "finds everything.\n"
    "- It was trained on one kind of post. On others it is as fluent and less sensible.\n"
)
_DELETED = (
    "- Posts and responses that were deleted after the version was made are still in what it learnt: move to a "
    "model of a newer version when there is one."
)
_EXPLOITED = "- Whatever is optimised against it will find texts that it likes and people do not.\n"

EXACT = (
    "On a CPU the same inputs give the same bytes. `training.json` has the whole recipe, the hashes of everything "
    "that went in and the counts; `metrics.jsonl` has what was logged."
)
TERMS = (
    "Derived from texts that members of online communities wrote. The dataset's terms ({license}) bind whoever "
    "holds the dataset; read its card before you pass this model on, and the licence of the base model, which "
    "holds as well. No attempt may be made to recover or identify the people whose texts it learnt from."
)

_FENCE = re.compile(r"`{3,}")


def warning(task: Task, last: Stage) -> str:
    """Return what stands above everything else."""
    above = _NUMBER if task == "reward" else _WRITTEN
    return f"{above}\n>\n{_CRISIS.format(learnt=_LEARNT[basis(task, last)], wrong=_WRONG[task])}"


def labels(task: Task, last: Stage) -> str:
    """Return what *chosen* and *rejected* mean in a stage."""
    return _LABELS[basis(task, last)]


def proxies(task: Task, last: Stage) -> str:
    """Return what the figures of a stage do not say."""
    agreement = "A low loss on held-out texts" if last == "sft" else _AGREEMENT[basis(task, last)]
    return _PROXIES.format(agreement=agreement)


def limits(task: Task, stages: Sequence[Stage]) -> str:
    """Return what a model should not be trusted with, by all that it learnt from."""
    sources = dict.fromkeys(basis(task, stage) for stage in stages)
    own = _EXPLOITED if task == "reward" else _RECITES
    return f"## Limits\n\n{''.join(_BIASES[source] for source in sources)}{own}{_DELETED}"


def basis(task: Task, stage: Stage) -> Basis:
    """Return who or what said which text of a stage is the better one."""
    if stage == "dpo2":
        return "judges"
    return "better texts" if task == "improvement" else "votes"


def stage(task: Task, last: Stage) -> str:
    """Return what a stage made of the model."""
    if task == "improvement" and last != "dpo2":
        how = (
            "supervised fine-tuning on better texts"
            if last == "sft"
            else "DPO on better texts beside their drafts"
        )
        return f"This is the model after {how}."
    return _STAGES[last]


def path(stages: Sequence[Stage]) -> str:
    """Return the stages as people say them: "SFT, then DPO"."""
    return ", then ".join(_NAMES[stage] for stage in stages)


def fenced(text: str, language: str) -> str:
    """Return a block of code. The fence is longer than any in the text, so that the text cannot end it."""
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
