"""What a model was asked in training -> the code on its card that asks it the same."""

from collections.abc import Mapping
from typing import Any

from prefpairs.train.models.card_words import fenced
from prefpairs.train.recipe import Task


def usage(
    task: Task,
    *,
    adapter: bool,
    chat: bool,
    text: Mapping[str, Any],
    system_turn: bool,
    template_date: str | None,
) -> str:
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
        *_asked(task, chat=chat, text=text, system_turn=system_turn),
    ]
    vllm = _VLLM_ADAPTER if adapter else _VLLM
    parts = [fenced("\n".join(lines), "python")]
    if template_date is not None:
        parts.append(_DAY.format(day=template_date))
    return "\n\n".join(parts if task == "reward" else [*parts, vllm])


def _asked(task: Task, *, chat: bool, text: Mapping[str, Any], system_turn: bool) -> list[str]:
    system = (text.get("system_prompt") or "").strip()
    given = ["post", *(["draft=draft"] if task == "improvement" else [])]
    if text.get("community"):
        given.append("community=community")
    if system and not system_turn:
        given.append(f"system_prompt={system!r}")
    turn = f"user_turn({', '.join(given)}).text"
    before = f'{{"role": "system", "content": {system!r}}}, ' if system and system_turn else ""
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


_DAY = (
    "The chat template prints the day. In training that was always {day} (`text.template_date`); here it is today."
)
_VLLM = "vLLM loads the folder as it is: `vllm serve FOLDER`."
_VLLM_ADAPTER = (
    "`adapter_config.json` names the base model by the path that it had in training: write there where yours "
    "lies. vLLM serves it beside its base model: `vllm serve BASE --enable-lora --lora-modules reply=FOLDER`. As "
    "one model: `prefpairs.train.models.save.merge_adapter`."
)
