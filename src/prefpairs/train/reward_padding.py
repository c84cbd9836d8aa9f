"""A tokenizer -> the token that a reward model is padded with, which must never end a response."""

from collections.abc import Iterator
from typing import Any

from prefpairs.errors import ConfigError

_NEW_TOKEN = "<|pad|>"  # noqa: S105 (no password)


def set_padding(model: Any, tokenizer: Any) -> None:
    """Agree on a token to pad with, in the model's configuration and in the tokenizer.

    A classifier of transformers reads its number at the last token that is not padding. Many tokenizers pad with
    the end-of-text token, or not at all: the number would be read one token too early, before the end.

    Raises
    ------
    ConfigError
        If no token will do.

    """
    for token in _candidates(tokenizer):
        number = tokenizer.convert_tokens_to_ids(token)
        if number != tokenizer.eos_token_id and token not in (tokenizer.chat_template or ""):
            tokenizer.pad_token = token
            break
    else:
        _add(model, tokenizer)
    for config in (model.config, model.config.get_text_config()):
        config.pad_token_id = tokenizer.pad_token_id


def _candidates(tokenizer: Any) -> Iterator[str]:
    special = [added.content for _, added in sorted(tokenizer.added_tokens_decoder.items()) if added.special]
    if tokenizer.pad_token is not None:
        yield tokenizer.pad_token
    yield from (token for token in special if "pad" in token)
    if tokenizer.unk_token is not None:
        yield tokenizer.unk_token
    if tokenizer.bos_token is not None:
        yield tokenizer.bos_token
    yield from special


def _add(model: Any, tokenizer: Any) -> None:
    if len(tokenizer) >= model.get_input_embeddings().num_embeddings:
        msg = (
            "A reward model needs a token to pad with that never ends a response, and this tokenizer has none. "
            "Add one to the tokenizer, and a row to the model's embedding."
        )
        raise ConfigError(msg)
    tokenizer.add_special_tokens({"pad_token": _NEW_TOKEN})
