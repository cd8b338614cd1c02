from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from mlflow_exporter.config.serving import PredictionLogSettings, ServingSettings
from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ConfigurationError
from mlflow_exporter.serving.instruments import Instruments


def test_a_version_has_one_monitor() -> None:
    """However often a version is loaded, its metrics are of one monitor."""
    instruments = Instruments(ServingSettings())
    key = ModelKey("one monitor", "1")
    assert instruments.monitor(key) is instruments.monitor(key, ("no", "yes"))
    assert instruments.monitor(ModelKey("one monitor", "2")) is not instruments.monitor(key)


def test_the_log_leaves_out_and_hashes_what_it_is_told(tmp_path: Path) -> None:
    """Personal data is not in the log that closing leaves behind."""
    (tmp_path / "key").write_text("secret\n")
    settings = PredictionLogSettings(
        path=str(tmp_path / "log"), leave_out=("name",), hashed=("customer",), key_file=str(tmp_path / "key")
    )
    instruments = Instruments(ServingSettings(log=settings))
    with instruments.monitor(ModelKey("private", "1")).monitored(request_id="a") as call:
        call.inputs({"name": "Ana", "customer": "c-17", "age": 44})
        call.outputs("yes")
    instruments.close()
    [file] = (tmp_path / "log").rglob("*.jsonl")
    [record] = map(json.loads, file.read_text().splitlines())
    assert (record["request_id"], record["age"], record["prediction"]) == ("a", 44, "yes")
    assert "name" not in record
    assert record["customer"] != "c-17"


def test_old_files_of_the_log_are_deleted_where_that_is_asked_for(tmp_path: Path) -> None:
    """A file that nobody has written to for longer than `keep` is gone once the log is written again."""
    folder = tmp_path / "kept" / "1"
    folder.mkdir(parents=True)
    for name, age in (("old.jsonl", 7200), ("new.jsonl", 60)):
        (folder / name).write_text("{}\n")
        os.utime(folder / name, (time.time() - age,) * 2)
    settings = PredictionLogSettings.model_validate({"path": str(tmp_path), "keep": "1h"})
    instruments = Instruments(ServingSettings(log=settings))
    with instruments.monitor(ModelKey("kept", "1")).monitored() as call:
        call.outputs("yes")
    instruments.close()
    assert not (folder / "old.jsonl").exists()
    assert (folder / "new.jsonl").exists()


def test_hashes_without_a_key_are_refused(tmp_path: Path) -> None:
    """What cannot be kept secret is an error of the configuration."""
    settings = PredictionLogSettings(path=str(tmp_path), hashed=("customer",))
    with pytest.raises(ConfigurationError, match=r"^serving.log: "):
        Instruments(ServingSettings(log=settings))
