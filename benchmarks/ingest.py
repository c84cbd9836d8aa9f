"""Archive -> raw tables: MB of decompressed JSON a second and core, against the script that everybody writes.

The input is made here: 300 MB of comments as Pushshift wrote them (40 fields, 1.4 kB on average, half of
them with every non-ASCII character escaped), zstd level 3 with a window of 2^31 bytes. Ours reads it into
the lake: every check, the quarantine, two Delta tables. The peer is the usual script: `TextIOWrapper` over
zstandard, `json.loads`, 15 `get`s, one Parquet file with the same compression. Each runs in a process
of its own, on one thread; the figure is CPU time, the best of some rounds, so that a busy machine says the same.
"""

import argparse
import io
import json
import multiprocessing
import random
import resource
import string
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from benchmarks.report import publish
from prefpairs.config import Ingest
from prefpairs.ingest.archive import ingest_file
from prefpairs.lake import Lake

_WINDOW = 1 << 31
_PEER_FIELDS = (
    "id", "name", "link_id", "parent_id", "subreddit", "author", "created_utc", "body", "score", "score_hidden",
    "controversiality", "stickied", "distinguished", "is_submitter", "edited",
)  # fmt: skip


def main() -> None:
    """Make the archive, read it both ways, publish the figures."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prefpairs-bench-") as folder:
        archive = Path(folder) / "RC_2023-01.zst"
        megabytes, lines = write_archive(archive, options.megabytes)
        readers: dict[str, Callable[[Path, Path], int]] = {
            "ours": _ours,
            "peer": _peer,
            "one": _ours_of_one_community,
        }
        best = {name: _Cost(seconds=float("inf"), gigabytes=0, rows=0) for name in readers}
        for index in range(options.rounds):
            for name, reader in readers.items():
                cost = _in_own_process(reader, archive, Path(folder) / f"{name}-{index}")
                best[name] = min(best[name], cost, key=lambda cost: cost.seconds)
        compressed = archive.stat().st_size / 1e6
    if not best["ours"].rows == best["peer"].rows == lines > best["one"].rows > 0:
        msg = f"Of {lines} lines the readers gave {best}: the benchmark or a reader is wrong."
        raise SystemExit(msg)
    rates = {name: megabytes / cost.seconds for name, cost in best.items()}
    publish(
        "ingest",
        title=f"{lines:,} comments, {megabytes:.0f} MB of JSON in {compressed:.0f} MB of .zst",
        rows=[
            (
                "prefpairs: .zst to the lake",
                f"{rates['ours']:.1f} MB/s/core",
                f"{lines / best['ours'].seconds:,.0f} comments/s, {best['ours'].gigabytes:.2f} GB",
            ),
            (
                "stdlib json script: .zst to Parquet",
                f"{rates['peer']:.1f} MB/s/core",
                f"15 fields, no checks, {best['peer'].gigabytes:.2f} GB",
            ),
            ("ratio", f"{rates['ours'] / rates['peer']:.2f}", ""),
            ("prefpairs, one community of ten", f"{rates['one']:.1f} MB/s/core", "the rest is never decoded"),
        ],
        figures={
            "archive_mb_s_core": round(rates["ours"], 1),
            "stdlib_json_mb_s_core": round(rates["peer"], 1),
            "archive_to_stdlib_ratio": round(rates["ours"] / rates["peer"], 2),
            "archive_filtered_mb_s_core": round(rates["one"], 1),
            "archive_rss_gb": round(best["ours"].gigabytes, 2),
            "stdlib_json_rss_gb": round(best["peer"].gigabytes, 2),
            "archive_mb": round(megabytes, 1),
            "archive_lines": lines,
        },
        packages=["prefpairs", "msgspec", "zstandard", "pyarrow", "deltalake"],
    )


def write_archive(path: Path, megabytes: int) -> tuple[float, int]:
    """Write comments in dump format; return (MB of JSON, lines). The same bytes each time."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=31, enable_ldm=True)
    size = lines = 0
    with path.open("wb") as raw, zstandard.ZstdCompressor(compression_params=parameters).stream_writer(raw) as out:
        for line in _comments():
            size += out.write(line) and len(line)
            lines += 1
            if size >= megabytes * 1_000_000:
                break
    return size / 1e6, lines


def _comments() -> Iterator[bytes]:
    dice = random.Random(20230101)
    words = ["".join(dice.choices(string.ascii_lowercase, k=dice.randint(2, 10))) for _ in range(30_000)]
    words[50::97] = [word + "é’" for word in words[50::97]]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    pool = dice.choices(words, weights, k=1_000_000)
    names = [
        "Anxiety",
        "depression",
        "offmychest",
        "mentalhealth",
        "stopdrinking",
        "ADHD",
        "Advice",
        "ptsd",
        "OCD",
        "bpd",
    ]
    for number in range(10**9):
        start, length = dice.randrange(len(pool) - 900), min(int(dice.lognormvariate(3.2, 0.9)) + 1, 800)
        body = " ".join(pool[start : start + length])
        record = _comment(dice, number, names[number % len(names)], body)
        yield json.dumps(record, ensure_ascii=number % 2 == 0, separators=(",", ":")).encode() + b"\n"


def _comment(dice: random.Random, number: int, subreddit: str, body: str) -> dict[str, Any]:
    identity, link, created = (
        _base36(10**9 + number),
        _base36(10**8 + number // 12),
        1_672_531_200 + number * 11 % 2_600_000,
    )
    score = int(dice.paretovariate(1.2))
    author = f"user_{dice.randrange(200_000)}"
    return {
        "all_awardings": [], "archived": False, "associated_award": None, "author": author,
        "author_created_utc": created - dice.randrange(10**8), "author_flair_background_color": "",
        "author_flair_css_class": None, "author_flair_richtext": [], "author_flair_template_id": None,
        "author_flair_text": None, "author_flair_text_color": "dark", "author_flair_type": "text",
        "author_fullname": "t2_" + _base36(dice.randrange(10**10)), "author_patreon_flair": False,
        "author_premium": False, "body": body, "can_gild": True, "collapsed": False, "collapsed_reason": None,
        "collapsed_reason_code": None, "controversiality": int(dice.random() < 0.02), "created_utc": created,
        "distinguished": None, "edited": created + 600.0 if dice.random() < 0.03 else False, "gilded": 0,
        "gildings": {}, "id": identity, "is_submitter": dice.random() < 0.1, "link_id": f"t3_{link}",
        "locked": False, "name": f"t1_{identity}", "no_follow": True,
        "parent_id": f"t3_{link}" if dice.random() < 0.5 else "t1_" + _base36(10**9 + max(0, number - 3)),
        "permalink": f"/r/{subreddit}/comments/{link}/{'_'.join(body.split()[:8])[:50]}/{identity}/",
        "retrieved_on": created + 2_000_000, "score": score, "score_hidden": False, "send_replies": True,
        "stickied": False, "subreddit": subreddit, "subreddit_id": "t5_2qh1i",
        "subreddit_name_prefixed": f"r/{subreddit}", "subreddit_type": "public", "top_awarded_type": None,
        "total_awards_received": 0, "treatment_tags": [], "ups": score, "unrepliable_reason": None,
    }  # fmt: skip


def _base36(number: int) -> str:
    digits = string.digits + string.ascii_lowercase
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text or "0"


def _ours(archive: Path, target: Path, subreddits: tuple[str, ...] = ()) -> int:
    return ingest_file(Lake(target), archive, source="archive", settings=Ingest(subreddits=subreddits)).rows_out


def _ours_of_one_community(archive: Path, target: Path) -> int:
    return _ours(archive, target, ("anxiety",))


def _peer(archive: Path, target: Path) -> int:
    columns: dict[str, list[Any]] = {name: [] for name in _PEER_FIELDS}
    with archive.open("rb") as raw:
        stream = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(raw)
        for line in io.TextIOWrapper(stream, encoding="utf-8", errors="replace"):
            record = json.loads(line)
            for name, values in columns.items():
                values.append(record.get(name))
    columns["edited"] = [None if value is False else float(value) for value in columns["edited"]]
    pq.write_table(pa.table(columns), target, compression="zstd", compression_level=3)
    return int(pq.read_metadata(target).num_rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    seconds: float
    gigabytes: float
    rows: int


def _in_own_process(reader: Callable[[Path, Path], int], archive: Path, target: Path) -> _Cost:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_cost, reader, archive, target).result()


def _cost(reader: Callable[[Path, Path], int], archive: Path, target: Path) -> _Cost:
    # One thread: a figure per core must not borrow the other cores.
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    start = time.process_time()
    rows = reader(archive, target)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return _Cost(seconds=seconds, gigabytes=peak / 1e9, rows=rows)


if __name__ == "__main__":
    main()
