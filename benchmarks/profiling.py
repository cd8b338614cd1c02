"""From a Parquet file to all drift and quality numbers: ours, against reading alone, SciPy, NannyML and Evidently.

    python benchmarks/profiling.py [--rows 1000000] [--skip evidently_preset] [--repeat 5]

Every side runs in a process of its own (NannyML and Evidently in virtual environments of their own, made on first use
under .venv-peers/), reads the same two files, and tells its seconds, without its imports, and its peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import wide_table
from report import machine, table, write_section

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / ".venv-peers"
PEERS = ("nannyml_univariate", "evidently_preset")
BASELINE_ROWS = 100_000
MEMORY_ROWS = 10_000_000
# The peers report home unless they are told not to.
_ENVIRONMENT = {**os.environ, "DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}


def main() -> None:
    """Measure every side in turn, and write the section."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        baseline = wide_table.write(Path(folder, "baseline.parquet"), BASELINE_ROWS, seed=1)
        window = wide_table.write(Path(folder, "window.parquet"), arguments.rows, seed=2)
        long = wide_table.write(Path(folder, "long.parquet"), arguments.memory_rows, seed=3)
        sides = ["reading", "ours", "scipy_columns", *(peer for peer in PEERS if peer not in arguments.skip)]
        found = {"baseline": _run("baseline", baseline, window)}
        found |= {side: _median(side, baseline, window, 1 if side in PEERS else arguments.repeat) for side in sides}
        found["long"] = _run("ours", baseline, long)
    write_section("profiling", _markdown(found, arguments.rows, arguments.memory_rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--memory-rows", type=int, default=MEMORY_ROWS)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--skip", nargs="*", default=[], choices=PEERS)
    return parser.parse_args()


def _median(side: str, baseline: Path, window: Path, repeat: int) -> dict[str, float]:
    runs = [_run(side, baseline, window) for _ in range(repeat)]
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _run(side: str, baseline: Path, window: Path) -> dict[str, float]:
    command = [_python(side), HERE / "sides" / f"{side}.py", baseline, window]
    answer = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, env=_ENVIRONMENT)
    measured: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    print(f"{side}: {measured['seconds']:.2f} s, {measured['megabytes']:.0f} MB", file=sys.stderr)
    return measured


def _python(side: str) -> Path | str:
    """The interpreter of a side; a peer's is in an environment with just what it needs."""
    if side not in PEERS:
        return sys.executable
    folder = ENVIRONMENTS / side
    interpreter = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        requirements = HERE / "sides" / f"{side}.txt"
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        (folder / "ready").touch()
    return interpreter


def _markdown(found: dict[str, dict[str, float]], rows: int, memory_rows: int) -> str:
    ours = found["ours"]["seconds"]
    names = {
        "baseline": f"mlflow-exporter, making the baseline of {BASELINE_ROWS:,} rows (once)",
        "reading": "pyarrow, reading alone",
        "ours": "mlflow-exporter",
        "scipy_columns": "pandas + scipy.stats (ks_2samp, chi2_contingency)",
        "nannyml_univariate": "NannyML, univariate calculator",
        "evidently_preset": "Evidently, DataDriftPreset",
    }
    lines = [
        (names[side], f"{run['seconds']:.2f}", f"{run['seconds'] / ours:.2f}", f"{run['megabytes']:.0f}")
        for side, run in found.items()
        if side in names
    ]
    long = found["long"]
    lines.append((f"mlflow-exporter, {memory_rows:,} rows", f"{long['seconds']:.2f}", "", f"{long['megabytes']:.0f}"))
    return "\n\n".join(
        [
            "## Profiling a file",
            f"""{rows:,} rows × 50 columns (30 float, 10 integer, 10 string) from Parquet to every drift and quality
number, against a baseline of {BASELINE_ROWS:,} rows. {machine()}. Median of the runs.""",
            table(("", "seconds", "times ours", "peak memory, MB"), lines),
        ]
    )


if __name__ == "__main__":
    main()
