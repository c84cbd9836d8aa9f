"""200,000 comments through one engine, as a worker reads them -> resident memory on the way.

Every comment has words that no comment before had: what a library keeps for each word it ever saw would
show here (spaCy's store of strings grows for ever without a memory zone).
"""

import json
import random
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from prefpairs.config_deid import Deid

_COMMENTS = 200_000
_FRESH_WORDS = 3
_MARKS = {10: _COMMENTS // 10, 50: _COMMENTS // 2, 100: _COMMENTS}
_TEMPLATES = (
    "my sister {} said that {} helps, but {} did not",
    "call me at 415-555-{number}, or mail {}@{}.org, my ip is 10.0.{short}.7 {}",
    "I am {short}M and {} from {} told me {} on March {short}",
    "u/{}_{number} and kik: {}{short} wrote about {} again",
    "nothing here helps with {} or {} and I feel {} all day, every day",
)


def figures(say: Callable[[str], None]) -> dict[str, float]:
    """Return resident megabytes after 10, 50 and 100 % of the comments, and the growth from 10 to 100 %."""
    say(f"memory: {_COMMENTS:,} comments")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.deid.memory", "measure"], stdout=subprocess.PIPE, text=True, check=True
    )
    megabytes: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    growth = megabytes["memory_mb_100"] / megabytes["memory_mb_10"]
    return {**megabytes, "memory_growth_ratio": growth, "memory_comments": _COMMENTS}


def _measure() -> dict[str, float]:
    from prefpairs.deid.engine import Engine, Thread
    from prefpairs.deid.workers import deidentify_chunk

    settings = Deid()
    engine = Engine.load(settings)
    megabytes = {}
    done = 0
    comments = _comments()
    while chunk := list(islice(comments, settings.chunk_texts)):
        done += sum(1 for _ in deidentify_chunk(engine, [Thread(texts=(text,)) for text in chunk]))
        for share, mark in _MARKS.items():
            if done >= mark and f"memory_mb_{share}" not in megabytes:
                megabytes[f"memory_mb_{share}"] = _resident_megabytes()
    return megabytes


def _comments() -> Iterator[str]:
    words = random.Random(2026)
    for number in range(_COMMENTS):
        fresh = ("".join(words.choices(string.ascii_lowercase, k=9)) for _ in range(_FRESH_WORDS))
        template = _TEMPLATES[number % len(_TEMPLATES)]
        yield template.format(*fresh, number=f"{number % 10_000:04}", short=number % 28 + 1)


def _resident_megabytes() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS"))


if __name__ == "__main__":
    print(json.dumps(_measure() if sys.argv[1:] == ["measure"] else figures(print)))
