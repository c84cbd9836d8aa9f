"""Threads of text -> trees of token ids that fit the token limit, and a counted reason for what does not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import TypeAlias

from prefpairs.train.data.encoding import Encoder, Prompt, Request, Response
from prefpairs.train.data.trees import Pair, Split, Tree
from prefpairs.train.data.version_rows import Thread

_AT_ONCE = 512
"""Threads that are tokenised in one call: enough for all of the tokenizer's own threads."""

Rows: TypeAlias = dict[tuple[int, ...], Pair | None]
"""Places of the responses that a row is about -> its pair: two places and a pair, or one place and None."""


@dataclass(slots=True, kw_only=True)
class _Opened:
    """A thread whose texts can be trained on: distinct responses, and the rows that are about them."""

    request: Request
    thread_id: str
    texts: Sequence[str] = field(repr=False)
    ids: Sequence[str]
    rows: Rows

    @property
    def used(self) -> list[int]:
        """The responses that a row is about, in published order."""
        return sorted({place for places in self.rows for place in places})


@dataclass(slots=True)
class _Tally:
    """What becomes a `Split`."""

    trees: list[Tree] = field(default_factory=list)
    rows: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    responses: int = 0
    cuts: list[int] = field(default_factory=list)
    merges: int = 0
    cyclic: int = 0

    def sift(self, rows: Rows, objection: Callable[[tuple[int, ...]], str | None]) -> Rows:
        """Return the rows that nothing speaks against, and count the others."""
        reasons = {places: objection(places) for places in rows}
        self.dropped.update(reason for reason in reasons.values() if reason is not None)
        return {places: pair for places, pair in rows.items() if reasons[places] is None}

    def split(self) -> Split:
        return Split(
            trees=tuple(self.trees),
            rows=self.rows,
            dropped=dict(sorted(self.dropped.items())),
            prompts_cut=sum(cut > 0 for cut in self.cuts),
            prompt_tokens_cut=sum(self.cuts),
            boundary_merges=self.merges,
            rankings_cyclic=self.cyclic,
        )


def preference_split(
    threads: Iterable[Thread], encoder: Encoder, *, row_tokens: int, whole: bool = False
) -> Split:
    """Tokenise threads with their pairs; a response that no pair is left for goes too.

    A text that a thread holds twice is one response; a pair of equals, and a pair for the second time, are
    dropped. A prompt is cut once for the whole thread: both sides of a pair must answer the same prompt.

    Parameters
    ----------
    threads
        The threads of one split.
    encoder
        What tokenises, and knows the token limit.
    row_tokens
        The budget of a packed row.
    whole
        True for objectives over a whole ranking: a thread that does not fit `row_tokens`, or whose pairs
        contradict each other, is then dropped.

    """
    tally = _Tally()
    for opened, prompt, responses in _tokenised(_open(threads, encoder, tally, paired=True), encoder):
        if (found := _tree(opened, prompt, responses, encoder, tally)) is None:
            continue
        tree, cut = found
        cyclic = not tree.ranking
        tally.cyclic += cyclic
        if whole and (cyclic or tree.tokens > row_tokens):
            tally.dropped["pairs_contradict" if cyclic else "thread_over_row_tokens"] += len(tree.pairs)
        else:
            _keep(tree, cut, opened, responses, tally)
    return tally.split()


def completion_split(threads: Iterable[Thread], encoder: Encoder) -> Split:
    """Tokenise threads without their pairs: every response is an example by itself."""
    tally = _Tally()
    for opened, prompt, responses in _tokenised(_open(threads, encoder, tally, paired=False), encoder):
        if (found := _tree(opened, prompt, responses, encoder, tally)) is not None:
            tree, cut = found
            _keep(tree, cut, opened, responses, tally)
    return tally.split()


def _open(threads: Iterable[Thread], encoder: Encoder, tally: _Tally, *, paired: bool) -> Iterator[_Opened]:
    """Yield the threads of which something is left after a look at the texts alone."""
    for thread in threads:
        request = Request(post=thread.prompt, community=thread.community, draft=thread.draft)
        texts = [text.strip() for text in thread.responses]
        place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        reasons = [encoder.response_objection(text) for text in place]
        asked = encoder.request_objection(request)
        rows: Rows = {}
        for places, pair in _rows(thread, [place[text] for text in texts], paired=paired):
            tally.rows += 1
            reason = asked or _objection(places, reasons) or ("repeated" if places in rows else None)
            if reason is None:
                rows[places] = pair
            else:
                tally.dropped[reason] += 1
        if paired and not thread.pairs:
            tally.rows += 1
            tally.dropped["no_pair"] += 1
        if rows:
            ids = [thread.response_ids[texts.index(text)] for text in place]
            yield _Opened(request=request, thread_id=thread.thread_id, texts=list(place), ids=ids, rows=rows)


def _rows(thread: Thread, places: Sequence[int], *, paired: bool) -> Iterator[tuple[tuple[int, ...], Pair | None]]:
    if paired:
        for pair in thread.pairs:
            yield (places[pair.chosen], places[pair.rejected]), pair
    else:
        for place in places:
            yield (place,), None


def _objection(places: tuple[int, ...], reasons: Sequence[str | None]) -> str | None:
    for place in places:
        if reasons[place] is not None:
            return reasons[place]
    return "responses_equal" if len(set(places)) < len(places) else None


def _tokenised(
    threads: Iterator[_Opened], encoder: Encoder
) -> Iterator[tuple[_Opened, Prompt | None, Mapping[int, Response | None]]]:
    """Yield each thread with its prompt and those of its responses that a row is about."""
    while chunk := list(islice(threads, _AT_ONCE)):
        prompts = encoder.prompts([opened.request for opened in chunk])
        wanted = [
            (opened, prompt, place)
            for opened, prompt in zip(chunk, prompts, strict=True)
            if prompt is not None
            for place in opened.used
        ]
        encoded = iter(encoder.responses([(prompt, opened.texts[place]) for opened, prompt, place in wanted]))
        for opened, prompt in zip(chunk, prompts, strict=True):
            places = [] if prompt is None else opened.used
            yield opened, prompt, {place: next(encoded) for place in places}


def _tree(
    opened: _Opened,
    prompt: Prompt | None,
    responses: Mapping[int, Response | None],
    encoder: Encoder,
    tally: _Tally,
) -> tuple[Tree, int] | None:
    """Return the tree, and the tokens that its prompt lost; None if no row is left."""
    if prompt is None:
        tally.sift(opened.rows, lambda _: "changed_by_template")
        return None
    reasons = _reasons(prompt, responses, encoder)
    opened.rows = tally.sift(opened.rows, lambda places: next(filter(None, map(reasons.get, places)), None))
    if not opened.rows:
        return None
    used = opened.used
    ids = [response.ids for place in used if (response := responses[place]) is not None]
    room = encoder.text.max_tokens - max(map(len, ids))
    cut_prompt, cut = prompt.fitted(room)
    position = {place: number for number, place in enumerate(used)}
    pairs = [
        replace(pair, chosen=position[places[0]], rejected=position[places[1]])
        for places, pair in opened.rows.items()
        if pair is not None
    ]
    tree = Tree(
        thread_id=opened.thread_id,
        prompt=cut_prompt,
        responses=tuple(ids),
        response_ids=tuple(opened.ids[place] for place in used),
        numbers=tuple(range(tally.responses, tally.responses + len(used))),
        pairs=tuple(pairs),
        ranking=ranking(pairs, len(used)) if pairs else (),
    )
    return tree, cut


def _reasons(prompt: Prompt, responses: Mapping[int, Response | None], encoder: Encoder) -> dict[int, str | None]:
    # One long response must not hide the post from all others: what stands around the post is never cut.
    post_tokens = min(len(prompt.body), encoder.text.min_prompt_tokens)
    limit = encoder.text.max_tokens - prompt.frame_tokens - post_tokens
    too_long = "response_too_long" if limit > 0 else "draft_too_long"
    return {
        place: "changed_by_template" if response is None else too_long if len(response.ids) > limit else None
        for place, response in responses.items()
    }


def _keep(tree: Tree, cut: int, opened: _Opened, responses: Mapping[int, Response | None], tally: _Tally) -> None:
    tally.trees.append(tree)
    tally.cuts.append(cut)
    tally.responses += len(tree.responses)
    kept = [responses[place] for place in opened.used]
    tally.merges += sum(response is not None and response.merged for response in kept)


def ranking(pairs: Iterable[Pair], responses: int) -> tuple[int, ...]:
    """Return positions best first: chosen before rejected, what no pair decides in published order.

    Empty if the pairs contradict each other.
    """
    below: list[set[int]] = [set() for _ in range(responses)]
    for pair in pairs:
        below[pair.chosen].add(pair.rejected)
    above = Counter(place for rejected in below for place in rejected)
    ready = [place for place in range(responses) if not above[place]]
    heapify(ready)
    ranked: list[int] = []
    while ready:
        best = heappop(ready)
        ranked.append(best)
        for place in below[best]:
            above[place] -= 1
            if not above[place]:
                heappush(ready, place)
    return tuple(ranked) if len(ranked) == responses else ()
