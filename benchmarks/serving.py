"""One row to /invocations: this server against `mlflow models serve`, same model, same machine, in turns.

    python benchmarks/serving.py [--seconds 10] [--rounds 3] [--rates 100 200]

The model is a scikit-learn pipeline (scaling, one-hot encoding, logistic regression) of four columns. Both servers
run one process; ours is measured with everything on (class probabilities, metrics, the prediction log) and with less.
First one client asks in a closed loop. Then an open loop sends at fixed rates, whatever was answered, and measures
from when each request was due, so that a stall counts for all who waited. Everything stays on the loopback interface.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from report import machine, table, write_section

START_SECONDS, CONNECTIONS, WARM_UP = 120.0, 8, 200
BODY = json.dumps(
    {"dataframe_split": {"columns": ["age", "income", "visits", "region"], "data": [[44.0, 1e3, 3, "north"]]}}
)
MLFLOW, OURS, BARE = "mlflow models serve", "**mlflow-exporter serve**, with log and probabilities", "… without them"


def main() -> None:
    """Measure, and write the section."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        model = _model(Path(name))
        ports = {
            side: stack.enter_context(_server(command, environment, Path(name)))
            for side, (command, environment) in _sides(model, Path(name)).items()
        }
        for port in ports.values():
            _closed_loop(port, requests=WARM_UP)
        closed: dict[str, list[float]] = {side: [] for side in ports}
        opened: dict[int, dict[str, list[float]]] = {rate: {side: [] for side in ports} for rate in arguments.rates}
        for _ in range(arguments.rounds):
            for side, port in ports.items():
                closed[side] += _closed_loop(port, seconds=arguments.seconds / 2)
            for rate, taken in opened.items():
                for side, port in ports.items():
                    taken[side] += _open_loop(port, rate, arguments.seconds)
    write_section("serving", _markdown(closed, opened))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rates", type=int, nargs="+", default=[100, 200])
    return parser.parse_args()


def _model(folder: Path) -> Path:
    """A saved pipeline."""
    random = np.random.default_rng(1)
    count = 2000
    rows = pd.DataFrame(
        {
            "age": random.normal(40, 10, count),
            "income": random.lognormal(10, 1, count),
            "visits": random.integers(0, 9, count),
            "region": random.choice(["north", "south"], count),
        }
    )
    columns = make_column_transformer((StandardScaler(), ["age", "income", "visits"]), (OneHotEncoder(), ["region"]))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(rows, np.where(rows.age > 40, "yes", "no"))
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.sklearn.save_model(
        pipeline, str(folder / "model"), signature=infer_signature(rows, ["yes"]), pip_requirements=[]
    )
    return folder / "model"


def _sides(model: Path, folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    # What `mlflow models serve --env-manager local` runs, without the shell around it.
    theirs = ["uvicorn", "--port", "PORT", "--log-level", "warning", "mlflow.pyfunc.scoring_server.app:app"]
    ours = ["mlflow_exporter", "serve", "--model-uri", str(model), "--listen", "127.0.0.1:PORT"]
    return {
        MLFLOW: (theirs, {"__pyfunc_model_path__": str(model)}),
        OURS: ([*ours, "--prediction-log", str(folder / "log")], {}),
        BARE: ([*ours, "--no-probabilities"], {}),
    }


@contextmanager
def _server(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    filled = [part.replace("PORT", str(port)) for part in command]
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *filled], stdout=log, stderr=log, env={**os.environ, **environment}
        )
        try:
            _await(port, process, folder / f"{port}.log")
            yield port
        finally:
            process.terminate()
            process.wait()


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    pause, end = threading.Event(), time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(log.read_text())
        try:
            if _ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "GET", "/ping", None) == 200:
                return
        except OSError:
            pause.wait(0.1)
    raise SystemExit(f"nothing answers on port {port}")


def _ask(connection: http.client.HTTPConnection, method: str, path: str, body: str | None) -> int:
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _closed_loop(port: int, *, seconds: float = 60, requests: int | None = None) -> list[float]:
    """Seconds of each request of one client that waits for its answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end and (requests is None or len(taken) < requests):
        started = time.perf_counter()
        assert _ask(connection, "POST", "/invocations", BODY) == 200
        taken.append(time.perf_counter() - started)
    connection.close()
    return taken


def _open_loop(port: int, rate: int, seconds: float) -> list[float]:
    """Seconds from when each request was due to its answer."""
    due: Queue[float | None] = Queue()
    taken: list[float] = []
    threads = [threading.Thread(target=_client, args=(port, due, taken)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    pause, began = threading.Event(), time.perf_counter()
    for number in range(int(rate * seconds)):
        at = began + number / rate
        pause.wait(max(0.0, at - time.perf_counter()))
        due.put(at)
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    assert len(taken) == int(rate * seconds), "requests were lost"
    return taken


def _client(port: int, due: Queue[float | None], taken: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while (at := due.get()) is not None:
        assert _ask(connection, "POST", "/invocations", BODY) == 200
        taken.append(time.perf_counter() - at)
    connection.close()


def _markdown(closed: dict[str, list[float]], opened: dict[int, dict[str, list[float]]]) -> str:
    def quantile(values: list[float], share: float) -> float:
        return sorted(values)[int(share * (len(values) - 1))]

    def beside(times: dict[str, list[float]], side: str, share: float) -> tuple[str, str]:
        own = quantile(times[side], share)
        return f"{1000 * own:.1f} ms", f"{own / quantile(times[MLFLOW], share):.2f}"

    def row(side: str) -> tuple[str, ...]:
        at_rates = [cell for taken in opened.values() for cell in beside(taken, side, 0.99)]
        return side, *beside(closed, side, 0.5), *at_rates

    header = ("", "one client, median", "ratio", *(cell for rate in opened for cell in (f"{rate}/s, p99", "ratio")))
    return f"""## One row to /invocations

A scikit-learn pipeline of four columns; one process each, measured in turns in one run. {machine()}.

{table(header, [row(side) for side in closed])}

At a rate requests are sent when they are due, and timed from then. Seconds mean more requests than one process can
answer, with the client on the same cores: what is compared then is how fast the queue grows."""


if __name__ == "__main__":
    main()
