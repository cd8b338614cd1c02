"""Polls in a process that is killed: imports once, and forks for each line that it is told.

A line is the number of database events (statements, commits) after which the fork kills itself, or, with a minus sign,
after which it tells so on a pipe and goes on, until it is killed from outside. It answers with the fork's process id,
and then with how it ended.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sql
from sqlalchemy.engine import Engine

from mlflow_exporter.config.settings import ModelSettings
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.evaluation.baselines import Found
from mlflow_exporter.evaluation.reader import Labelled
from mlflow_exporter.evaluation.watched import Watched, watch
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.sources.files import Files
from mlflow_exporter.state.store import Store

POLLS = 2
BLOCK_BYTES = 4_000


def watched(settings: ModelSettings, baseline: Baseline, store: Store, engine: LocalEngine) -> Watched:
    """The model, read in many small chunks."""
    found = watch(settings, ModelKey(settings.name, "1"), Found(baseline), store, engine)
    assert settings.labels is not None
    assert found.reader.labels is not None
    found.reader = replace(
        found.reader,
        predictions=Files(settings.predictions.path, block_bytes=BLOCK_BYTES),
        labels=Labelled(Files(settings.labels.path, block_bytes=BLOCK_BYTES), found.reader.labels.parts),
    )
    return found


def poll(settings: ModelSettings, baseline: Baseline, url: str, now: float) -> None:
    """Poll and sum up, as an evaluation does."""
    store, engine = Store(url), LocalEngine(1)
    model = watched(settings, baseline, store, engine)
    for _ in range(POLLS):
        model.windows(model.poll(now), now)


def _count_events(limit: int, told: int) -> None:
    """Kill this process at its limit-th event, or tell on the pipe `told` when the (-limit)-th is reached."""
    met = 0

    def meet(*_: object) -> None:
        nonlocal met
        met += 1
        if met == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        if met == -limit:
            os.write(told, b"reached\n")

    for event in ("before_cursor_execute", "after_cursor_execute", "commit", "begin"):
        sql.event.listen(Engine, event, meet)


def main() -> None:
    """Serve until the input ends."""
    folder, now = Path(sys.argv[1]), float(sys.argv[2])
    settings = ModelSettings.model_validate_json((folder / "model.json").read_text(), context={"folder": str(folder)})
    baseline = Baseline.unpack((folder / "baseline").read_bytes(), "baseline")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _count_events(int(line), sys.stdout.fileno())
            poll(settings, baseline, f"sqlite:///{folder}/state.db", now)
            os._exit(0)
        os.write(sys.stdout.fileno(), f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(sys.stdout.fileno(), f"{'killed' if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)}\n".encode())


if __name__ == "__main__":
    main()
