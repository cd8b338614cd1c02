from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.config.loading import parse
from mlflow_exporter.config.mistakes import InvalidConfiguration

MODELS = """
mlflow: {tracking_uri: "http://mlflow:5000"}
models:
  - name: churn
    predictions: {source: files, path: p.csv, columns: {prediction: p, timestamp: t}}
"""


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    """Folders and files of the section are relative to the configuration."""
    text = f"{MODELS}serving: {{fallback: kept, bins: /bins.json, log: {{path: log, key_file: key}}}}"
    serving = parse(text, tmp_path / "config.yml").serving
    assert (serving.fallback, serving.bins) == (f"{tmp_path}/kept", "/bins.json")
    assert serving.log is not None
    assert (serving.log.path, serving.log.key_file) == (f"{tmp_path}/log", f"{tmp_path}/key")


@pytest.mark.parametrize(
    ("section", "said"),
    (
        ("{model: x}", "serving.model: unknown key; did you mean 'model_uri'?"),
        ("{workers: 0}", "serving.workers: expected a number greater than 0, not 0"),
        ("{refresh: 10}", "serving.refresh: expected a duration above zero"),
        ("{log: {path: log, sample: 2}}", "serving.log.sample: expected a number of at most 1, not 2"),
    ),
)
def test_mistakes_are_told(section: str, said: str) -> None:
    """Each is located in the file."""
    with pytest.raises(InvalidConfiguration) as raised:
        parse(f"{MODELS}serving: {section}")
    assert said in str(raised.value)
