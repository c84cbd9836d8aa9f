"""A model -> the same model with low-rank adapters, the only part that is trained."""

import re
from typing import Any

import torch

from prefpairs.errors import ConfigError
from prefpairs.train.models.folder import quiet
from prefpairs.train.recipe import Lora

ALL_LINEAR = "all-linear"
_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")


def add_lora(model: Any, lora: Lora, *, seed: int) -> Any:
    """Put adapters on a model and freeze everything else; return the `PeftModel`.

    An adapter starts as a product with zero: the model says the same as before. Adapters, and a reward model's
    head, are float32 whatever the model is kept in, and have no dropout. The same seed gives the same adapters on
    every device; no random generator of the process is touched.

    Parameters
    ----------
    model
        A causal language model of transformers, or a reward model (a sequence classifier).
    lora
        Rank, alpha and targets.
    seed
        For the factor that is not zero.

    Raises
    ------
    ConfigError
        If a target names no module, names one that takes no adapter, or the head is a target and shares its
        weights with the embedding.

    """
    # Only here: it takes seconds to import.
    from peft import LoraConfig, TaskType, get_peft_model

    alpha: Any = lora.alpha  # a whole number for peft's types only
    targets = _targets(model, lora)
    config = LoraConfig(
        # A reward head is new: peft trains and keeps the whole of it beside the adapters.
        task_type=TaskType.CAUSAL_LM if _reward_head(model) is None else TaskType.SEQ_CLS,
        r=lora.rank,
        lora_alpha=int(alpha) if float(alpha).is_integer() else alpha,
        lora_dropout=0.0,
        target_modules=targets,
    )
    with quiet(), torch.random.fork_rng(devices=[]):
        # Of the CPU only: adapters are drawn there, and `torch.manual_seed` would also reset every GPU.
        torch.default_generator.manual_seed(seed)
        adapted = get_peft_model(model, config, autocast_adapter_dtype=True)
    _train_in_float32(adapted)
    return adapted


def parameters(model: torch.nn.Module) -> tuple[int, int]:
    """Return how many parameters are trained, and how many there are."""
    every = list(model.parameters())
    return sum(each.numel() for each in every if each.requires_grad), sum(each.numel() for each in every)


def _targets(model: Any, lora: Lora) -> str | list[str]:
    """Check the targets one by one: peft is content if any of them matches."""
    if lora.targets == ALL_LINEAR:
        return _all_linear(model)
    if isinstance(lora.targets, str) and not _NAME.fullmatch(lora.targets):
        matched = _matching_pattern(model, lora.targets)
        targets: str | list[str] = lora.targets
    else:
        names = [lora.targets] if isinstance(lora.targets, str) else list(lora.targets)
        matched = [module for name in names for module in _matching_name(model, name)]
        targets = sorted(set(names))
    _check_kinds(model, matched)
    _check_tied(model, matched)
    return targets


def _all_linear(model: Any) -> list[str]:
    """Return the last names of all linear layers but the head, or their full names if those would match more.

    peft would write one line a layer into the adapter's configuration, in an order that changes with the process.
    """
    heads = (model.get_output_embeddings(), _reward_head(model))
    layers = [name for name, module in model.named_modules() if _is_linear(module) and module not in heads]
    short = sorted({name.rsplit(".", 1)[-1] for name in layers})
    matched = {name for last in short for name in _matching_name(model, last)}
    return short if matched == set(layers) else sorted(layers)


def _matching_pattern(model: Any, pattern: str) -> list[str]:
    try:
        compiled = re.compile(pattern)
    except re.error:
        msg = f"lora.targets: {pattern!r} is no regular expression. Write a list of names, or {ALL_LINEAR}."
        raise ConfigError(msg) from None
    matched = [name for name, _ in model.named_modules() if compiled.fullmatch(name)]
    if not matched:
        msg = f"lora.targets: the pattern {pattern!r} matches no module. {_offer(model)}"
        raise ConfigError(msg)
    return matched


def _matching_name(model: Any, name: str) -> list[str]:
    matched = [path for path, _ in model.named_modules() if path == name or path.endswith(f".{name}")]
    if not matched:
        msg = f"lora.targets: no module is called {name!r}. {_offer(model)}"
        raise ConfigError(msg)
    return matched


def _check_kinds(model: Any, matched: list[str]) -> None:
    for name in matched:
        module = model.get_submodule(name)
        if not _takes_adapter(module):
            msg = f"lora.targets: {name} is a {type(module).__name__}, which takes no adapter. {_offer(model)}"
            raise ConfigError(msg)


def _check_tied(model: Any, matched: list[str]) -> None:
    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    if head is None or head.weight is not embedding.weight:
        return
    both = [name for name in matched if model.get_submodule(name) in (head, embedding)]
    if both:
        msg = (
            f"lora.targets: {both[0]} shares its weights with {'the embedding' if len(both) == 1 else both[1]} in "
            "this model. An adapter on one of them could not be merged without changing the other. Leave it out."
        )
        raise ConfigError(msg)


def _train_in_float32(model: Any) -> None:
    """Keep a new head in float32 too: peft leaves it in the model's type, in which small updates are lost."""
    for module in model.modules():
        if not isinstance(module, torch.nn.Linear) or not module.weight.requires_grad:
            continue
        if module.weight.dtype is not torch.float32:
            module.float().register_forward_pre_hook(_into_its_type)


def _into_its_type(module: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (inputs[0].to(module.weight.dtype), *inputs[1:])


def _reward_head(model: Any) -> Any:
    return getattr(model, "score", None)


def _takes_adapter(module: torch.nn.Module) -> bool:
    return _is_linear(module) or isinstance(module, torch.nn.Embedding)


def _is_linear(module: torch.nn.Module) -> bool:
    # transformers' Conv1D is the linear layer of GPT-2.
    return isinstance(module, torch.nn.Linear) or type(module).__name__ == "Conv1D"


def _offer(model: Any) -> str:
    names = sorted({name.rsplit(".", 1)[-1] for name, module in model.named_modules() if _takes_adapter(module)})
    return f"The names of this model: {', '.join(names)}."
