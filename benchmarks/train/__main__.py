"""DPO on packed trees beside separate padded pairs and beside TRL, on a CPU: pairs per second and exactness.

Prompt 350 tokens, responses 120 (give or take 40 %), every pair of K responses; then the demo's own posts and
pairs. One thread, float32, forward and backward; reference scores are given to all. Every measurement runs in a
new process. TRL runs in an environment of its own, which is made once in build/bench/trl (its dependencies are
not ours). The GPU table is a command of its own: `python -m benchmarks.train.gpu`.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.report import publish

_ROOT = Path(__file__).resolve().parents[2]
_TRL = "1.16.0"
_RESPONSES = (2, 3, 5, 8)
_AT_LEAST = {"speedup_k2": 1.6, "speedup_k3": 3.5, "speedup_k5": 8.0, "speedup_k8": 12.0, "speedup_demo": 3.5}
_AT_MOST = {"max_logp_diff": 2e-5, "max_grad_rel_diff": 1e-5, "loss_diff_trl": 1e-5}

Figures = dict[str, float]


def main() -> None:
    """Measure everything, print the table, write build/bench/train.json; fail if a limit is not kept."""
    figures: Figures = {}
    for shape in (*map(str, _RESPONSES), "demo"):
        figures |= _beside_padded(shape)
    figures |= _measured("exactness")
    figures |= _beside_trl()
    publish(
        "train",
        title="DPO, all pairs of a post: prompt 350, responses 120, 4 layers x 256, float32, one CPU thread",
        headings=(
            "shape",
            "packed, pairs/s",
            "padded",
            "TRL tuned",
            "TRL default",
            "times padded",
            "times TRL tuned",
        ),
        rows=[*_rows(figures), *_exact_rows(figures)],
        figures={**figures, "version_trl": _TRL},
        packages=["torch", "transformers"],
    )
    broken = [name for name, limit in _AT_LEAST.items() if figures[name] < limit]
    broken += [name for name, limit in _AT_MOST.items() if figures[name] > limit]
    if broken:
        msg = f"A limit is not kept: {', '.join(broken)}."
        raise SystemExit(msg)


def _beside_padded(shape: str) -> Figures:
    ours, separate = (_measured(what, shape)["pairs_per_s"] for what in ("packed", "padded"))
    key = _key(shape)
    found = {
        f"pairs_per_s_{key}": ours,
        f"padded_pairs_per_s_{key}": separate,
        f"speedup_{key}": ours / separate,
    }
    if shape == "demo":
        # No trainer sorts the pairs of DPO by length (TRL's group_by_length fails on them); if one did.
        found["speedup_demo_over_sorted"] = ours / _measured("sorted", shape)["pairs_per_s"]
    return found


def _beside_trl() -> Figures:
    python = _environment()
    found: Figures = {"loss_diff_trl": 0.0}
    for shape in map(str, _RESPONSES):
        with tempfile.TemporaryDirectory() as name:
            loss = _measured("texts", shape, name)["loss"]
            for how in ("tuned", "default"):
                theirs = _output([str(python), str(Path(__file__).with_name("trl_peer.py")), name, how])
                found[f"trl_{how}_pairs_per_s_{_key(shape)}"] = theirs["pairs"] / theirs["cpu_s"]
                found["loss_diff_trl"] = max(found["loss_diff_trl"], abs(theirs["loss"] - loss))
    return found


def _environment() -> Path:
    folder = _ROOT / "build" / "bench" / "trl"
    python = folder / "bin" / "python"
    if not (folder / f"trl-{_TRL}").exists():
        print(f"Installing TRL {_TRL} into {folder.relative_to(_ROOT)}, once ...", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-c", str(_ROOT / "constraints.txt"), f"trl=={_TRL}"], check=True)
        (folder / f"trl-{_TRL}").touch()
    return python


def _measured(*arguments: str) -> Figures:
    return _output([sys.executable, "-m", "benchmarks.train.measure", *arguments])


def _output(command: list[str]) -> Figures:
    result = subprocess.run(command, cwd=_ROOT, check=False, capture_output=True, text=True)
    if result.returncode:
        # Not before: TRL has much to say.
        msg = f"{' '.join(command)} failed:\n{result.stderr[-2000:]}"
        raise SystemExit(msg)
    found: Figures = json.loads(result.stdout.splitlines()[-1])
    return found


def _key(shape: str) -> str:
    return shape if shape == "demo" else f"k{shape}"


def _rows(figures: Mapping[str, float]) -> Iterator[tuple[str, ...]]:
    for shape in (*map(str, _RESPONSES), "demo"):
        key = _key(shape)
        tuned, default = (figures.get(f"trl_{how}_pairs_per_s_{key}") for how in ("tuned", "default"))
        yield (
            "the demo's posts, its caps" if shape == "demo" else f"K = {shape}",
            f"{figures[f'pairs_per_s_{key}']:.2f}",
            f"{figures[f'padded_pairs_per_s_{key}']:.2f}",
            "" if tuned is None else f"{tuned:.2f}",
            "" if default is None else f"{default:.2f}",
            f"{figures[f'speedup_{key}']:.2f} (at least {_AT_LEAST[f'speedup_{key}']:g})",
            "" if tuned is None else f"{figures[f'pairs_per_s_{key}'] / tuned:.1f}",
        )


def _exact_rows(figures: Mapping[str, float]) -> Iterator[tuple[str, ...]]:
    names = {
        "max_logp_diff": "log-probability of a token, packed or alone (nats)",
        "max_grad_rel_diff": "gradient, packed or alone (relative)",
        "loss_diff_trl": "loss, ours or TRL's",
    }
    for name, what in names.items():
        yield (what, f"{figures[name]:.1e}", "", "", "", f"at most {_AT_MOST[name]:g}", "")


if __name__ == "__main__":
    main()
