"""What a model does -> the sentences of its card that are the same for every such model."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from prefpairs.train.recipe import Stage, Task

TITLES: Mapping[Task, str] = {
    "generation": "trained to reply to posts",
    "improvement": "trained to improve drafts of replies",
    "reward": "trained to rate replies to posts",
}

_CRISIS = (
    "> **Not for a crisis.** It learnt from votes, and votes know nothing of safety. It can {wrong}, and it does "
    "not notice when somebody is in danger. Whoever is in danger needs a person: the emergency number, or a "
    "crisis line of their country."
)
_WRITTEN = (
    "> **Its replies are machine-written and no substitute for care.** Show them to nobody in distress before a "
    "person who answers for them has read them, and say that a machine wrote them."
)
WARNINGS: Mapping[Task, str] = {
    "generation": f"{_WRITTEN}\n>\n{_CRISIS.format(wrong='write what is wrong or dangerous')}",
    "improvement": f"{_WRITTEN}\n>\n{_CRISIS.format(wrong='make a draft wrong or dangerous')}",
    "reward": "> **A high number says that readers would have upvoted a reply, not that it is safe, true or "
    "kind.** What is chosen by it is machine-made and no substitute for care.\n>\n"
    + _CRISIS.format(wrong="rate what is wrong or dangerous above what is right"),
}

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
LABELS: Mapping[Task, str] = {
    "generation": _BY_VOTES,
    "improvement": "*Chosen* is the better text and *rejected* the draft, from the dataset's config "
    "`improvement`: its own card says who wrote which, and how the texts were de-identified. A better text is not "
    "a harmless one.",
    "reward": _BY_VOTES,
}
JUDGED = (
    "**The pairs of this stage are not of the dataset**: they come from a file of pairs that people judged one by "
    "one. The counts below are theirs; the version and its rule are those of the stages before."
)
IMPLICIT = (
    "A response is preferred if its log-probability has risen more above the reference's (its implicit reward, "
    "Rafailov et al. 2023)."
)
PROXIES = (
    "Agreement with votes on held-out posts is not quality, and says nothing of safety. `prefpairs evaluate` "
    "writes intervals, accuracy by how sure the label is, length-matched figures and what generations look like."
)

_BIASES = (
    "- It agrees with the people who were there and voted: not a sample of any population.\n"
    "- Early, agreeable, funny and long responses collect votes, so part of what it learnt may be just that.\n"
)
_RECITES = (
    "- It can repeat what it read. The texts were de-identified before training, and no method finds everything.\n"
    "- It was trained on one kind of post. On others it is as fluent and less sensible.\n"
)
_DELETED = (
    "- Posts and responses that were deleted after the version was made are still in what it learnt: move to a "
    "model of a newer version when there is one."
)
LIMITS: Mapping[Task, str] = {
    "generation": f"## Limits\n\n{_BIASES}{_RECITES}{_DELETED}",
    "improvement": f"## Limits\n\n{_BIASES}{_RECITES}{_DELETED}",
    "reward": f"## Limits\n\n{_BIASES}- Whatever is optimised against it will find texts that it likes and people "
    f"do not.\n{_DELETED}",
}

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


def usage(task: Task, *, adapter: bool, chat: bool, text: Mapping[str, Any]) -> str:
    """Return how to load the model and ask it, in the words that it was trained on."""
    if task == "reward":
        loader = "AutoPeftModelForSequenceClassification" if adapter else "AutoModelForSequenceClassification"
    else:
        loader = "AutoPeftModelForCausalLM" if adapter else "AutoModelForCausalLM"
    lines = [
        *(["from peft import " + loader] if adapter else []),
        f"from transformers import {'' if adapter else loader + ', '}AutoTokenizer",
        "from prefpairs.train.data.user_turn import user_turn  # pip install prefpairs",
        "",
        f'model = {loader}.from_pretrained("FOLDER"{", num_labels=1" if task == "reward" and adapter else ""})',
        'tokenizer = AutoTokenizer.from_pretrained("FOLDER")',
        *_asked(task, chat=chat, text=text),
    ]
    vllm = _VLLM_ADAPTER if adapter else _VLLM
    parts = [fenced("\n".join(lines), "python")]
    return "\n\n".join(parts if task == "reward" else [*parts, vllm])


def _asked(task: Task, *, chat: bool, text: Mapping[str, Any]) -> list[str]:
    system = text.get("system_prompt")
    given = ["post", *(["draft=draft"] if task == "improvement" else [])]
    if text.get("community"):
        given.append("community=community")
    if not chat and system:
        given.append(f"system_prompt={system!r}")
    turn = f"user_turn({', '.join(given)}).text"
    before = f'{{"role": "system", "content": {system!r}}}, ' if chat and system else ""
    if task == "reward":
        if chat:
            answered = f'{before}{{"role": "user", "content": {turn}}}, {{"role": "assistant", "content": reply}}'
            return [
                f"turns = [{answered}]",
                'ids = tokenizer.apply_chat_template(turns, return_tensors="pt", return_dict=True)',
                "reward = model(**ids).logits[0, 0]",
            ]
        return [
            f'ids = tokenizer({turn} + "\\n\\n" + reply + tokenizer.eos_token, return_tensors="pt")',
            "reward = model(**ids).logits[0, 0]",
        ]
    if chat:
        asked = [
            f'turns = [{before}{{"role": "user", "content": {turn}}}]',
            "ids = tokenizer.apply_chat_template(",
            '    turns, add_generation_prompt=True, return_tensors="pt", return_dict=True',
            ")",
        ]
    else:
        asked = [f'ids = tokenizer({turn} + "\\n\\n", return_tensors="pt")']
    return [
        *asked,
        "reply = model.generate(**ids, max_new_tokens=256, do_sample=True)[0, ids.input_ids.shape[1] :]",
        "print(tokenizer.decode(reply, skip_special_tokens=True))",
    ]


_VLLM = "vLLM loads the folder as it is: `vllm serve FOLDER`."
_VLLM_ADAPTER = (
    "`adapter_config.json` names the base model by the path that it had in training: write there where yours "
    "lies. vLLM serves it beside its base model: `vllm serve BASE --enable-lora --lora-modules reply=FOLDER`. As "
    "one model: `prefpairs.train.models.save.merge_adapter`."
)
