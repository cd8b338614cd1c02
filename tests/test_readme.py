"""The README does what it says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from mlflow import MlflowClient

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)


def rows(count: int, *, drift: float = 0.0) -> pd.DataFrame:
    """Rows as the README's model answers them; `drift` moves `age` by that many standard deviations."""
    rng = np.random.default_rng(int(drift) + 1)
    age = rng.normal(40 + 10 * drift, 10, count)
    p_yes = 1 / (1 + np.exp(-(age - 40) / 10))
    churned = np.where(rng.random(count) < p_yes, "yes", "no")
    prediction = np.where(p_yes > 0.5, "yes", "no")
    return pd.DataFrame({"age": age, "p_no": 1 - p_yes, "p_yes": p_yes, "prediction": prediction, "churned": churned})


def files(folder: Path) -> None:
    """Everything that the README's configuration and commands name."""
    (text,) = re.findall(r"```yaml\n(models:.*?)```", README, re.DOTALL)
    (folder / "config.yml").write_text(text)
    rows(2_000).to_parquet(folder / "reference.parquet")
    log = rows(500, drift=2)
    log.insert(0, "request_id", [f"r{i}" for i in range(len(log))])
    log.insert(1, "ts", np.linspace(time.time() - 1_800, time.time() - 60, len(log)))
    (folder / "predictions").mkdir()
    (folder / "labels").mkdir()
    log.drop(columns="churned").to_json(folder / "predictions" / "today.jsonl", orient="records", lines=True)
    log[["request_id", "churned"]].to_csv(folder / "labels" / "today.csv", index=False)


def register(tracking_uri: str, name: str) -> None:
    """A version of a model, @champion, with a run that a baseline can be logged to."""
    client = MlflowClient(tracking_uri)
    run = client.create_run(client.create_experiment(f"{name} training"))
    client.create_registered_model(name)
    version = client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id)
    client.set_registered_model_alias(name, "champion", version.version)


def shell(command: str, folder: Path) -> subprocess.Popen[str]:
    """A command of the README, with this environment's mlflow-exporter on the PATH, in a process group of its own."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        ["bash", "-euc", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_every_command_is_tested() -> None:
    """The README's commands are those that the tests here run, and `make test`, which runs these tests."""
    first_words = [block.split("\n")[0] for block in COMMANDS]
    assert first_words == [
        "make demo",
        "pip install .",
        "export MLFLOW_TRACKING_URI=http://localhost:5000",
        "mlflow-exporter check --config.file config.yml",
        # Needs a Docker engine: tests/compose holds the file to all that can be known without one.
        "docker compose up",
        "make test",
    ]
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_the_commands_monitor_a_model(
    tmp_path: Path, mlflow_server: str, free_port: Callable[[], int], wait_until: Callable[..., None]
) -> None:
    """Baseline, check and run, word for word, lead to drift on /metrics."""
    register(mlflow_server, "churn")
    files(tmp_path)
    address = f"127.0.0.1:{free_port()}"
    server = f"export MLFLOW_TRACKING_URI={mlflow_server}\n"
    baseline = COMMANDS[2].replace("http://localhost:5000", mlflow_server)
    check, run = COMMANDS[3].strip().split("\n")
    for command in (baseline, server + check):
        with shell(command, tmp_path) as process:
            output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
    with shell(f"{server}exec {run} --web.listen-address {address}", tmp_path) as exporter:
        try:
            wait_until(lambda: "ml_drift_detected" in scraped(address) or exporter.poll() is not None, timeout=60)
            expression = 'ml_drift_detected{column="age",model="churn",role="feature",version="1",window="24h"} 1.0'
            assert expression in scraped(address)
            assert 'ml_performance{metric="accuracy"' in scraped(address)
        finally:
            os.killpg(exporter.pid, signal.SIGTERM)
            output, _ = exporter.communicate(timeout=60)
    assert exporter.returncode == 0, output


def scraped(address: str) -> str:
    """What /metrics says; empty while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def test_the_alerts_use_labels_that_exist() -> None:
    """The README's rules select by labels that the metrics have."""
    (rules,) = re.findall(r"```yaml\n(- alert:.*?)```", README, re.DOTALL)
    documented = (ROOT / "docs" / "metrics.md").read_text()
    for alert in yaml.safe_load(rules):
        for name, selectors in re.findall(r"(ml_\w+)\{(.*?)\}", alert["expr"]):
            (line,) = [line for line in documented.split("\n") if f"| `{name}` |" in line]
            assert all(label in line for label in re.findall(r"(\w+)=", selectors))


def test_prometheus_accepts_the_alerts(tmp_path: Path, promtool: str) -> None:
    """The rules are valid."""
    (rules,) = re.findall(r"```yaml\n(- alert:.*?)```", README, re.DOTALL)
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "models", "rules": yaml.safe_load(rules)}]}))
    subprocess.run([promtool, "check", "rules", str(path)], check=True, capture_output=True)


def test_the_package_builds_with_everything_it_needs(tmp_path: Path) -> None:
    """`pip install .` builds a wheel with the templates, the styles and the command."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    subprocess.run([*command, "--wheel-dir", str(tmp_path)], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    rules = "demo/stack/prometheus/rules/drift.yml"
    for needed in ("web/templates/model.html", "web/static/style.css", "py.typed", rules):
        assert f"mlflow_exporter/{needed}" in names
    (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
    assert b"mlflow-exporter = mlflow_exporter.cli:main" in zipfile.ZipFile(wheel).read(entry_points)


def test_every_link_leads_somewhere() -> None:
    """Files that the README links to are there."""
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target
