"""A packed row -> hidden states, each response once behind its own copy of the prompt: right for every decoder.

For models that cannot share a prompt (sliding windows, recurrent layers, distances added to the scores). Each
response is still computed once however many pairs it is in, which is 2 to 2.5 times less than pairs with three or
more responses, and no less with two.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from prefpairs.train.scoring.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsAttention:
    """The model's own attention over a padded batch, one response a line."""

    reason: str = ""
    name: str = "rows"
    shares_prompt: bool = False

    def hidden(self, backbone: Any, layout: Layout) -> Tensor:
        """Return `[T, hidden]` in the order of the row; a prompt's states are those of one of its copies.

        Padding stands on the right, where no token of a decoder looks, so it needs no mask. The batch has more
        tokens than the row, by the copies of prompts, which `pack` counts unless told that prompts are shared,
        and by padding, which it does not: memory may ask for fewer `row_tokens`.
        """
        lines, places = _lines(layout)
        states: Tensor = backbone(input_ids=layout.ids[lines], use_cache=False).last_hidden_state
        return states.flatten(0, 1).index_select(0, places)


def _lines(layout: Layout) -> tuple[Tensor, Tensor]:
    """Return which token of the row each place of the batch holds, `[R, longest]`, and the way back, `[T]`."""
    paths = [
        torch.cat([torch.arange(*segment.prompt), torch.arange(segment.start, segment.stop)])
        for segment in layout.segments
        if segment.prompt is not None
    ]
    longest = max(map(len, paths))
    lines = torch.stack([pad(path, (0, longest - len(path)), value=int(path[-1])) for path in paths])
    places = torch.empty(layout.tokens, dtype=torch.long)
    for number, path in enumerate(paths):
        places[path] = number * longest + torch.arange(len(path))
    return lines.to(layout.ids.device), places.to(layout.ids.device)
