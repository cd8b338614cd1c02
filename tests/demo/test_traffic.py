from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from mlflow_exporter.demo.data import Splits
from mlflow_exporter.demo.models import DemoModel, DemoModels
from mlflow_exporter.demo.schedule import Schedule
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION, Subject
from mlflow_exporter.demo.traffic import Traffic
from mlflow_exporter.demo.training import train
from mlflow_exporter.domain import ModelKey

START = 1_700_000_000
SCHEDULE = Schedule(START, START + 20, START + 40, rate=100, history=10_000, history_rate=0.2, label_delay=2)
END = START + 60


@pytest.fixture(scope="module")
def demo_models(splits: Splits) -> DemoModels:
    def trained(subject: Subject) -> DemoModel:
        return DemoModel(ModelKey(subject.name, "1"), subject, train(subject, splits.train), Path("unused"))

    return DemoModels(trained(FLIGHT_DELAY), trained(FLIGHT_DURATION), splits.production)


@pytest.fixture(scope="module")
def written(demo_models: DemoModels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a minute's traffic, written in uneven steps."""
    folder = tmp_path_factory.mktemp("traffic")
    traffic = Traffic(demo_models, folder, SCHEDULE)
    for moment in (START, START + 0.005, START + 7.3, START + 33, END):
        traffic.write(moment)
    return folder


def read(folder: Path, model: str, what: str) -> pd.DataFrame:
    """A log with its times parsed."""
    if model == "flight-duration":
        return pd.concat(map(pd.read_parquet, sorted((folder / model / what).glob("*.parquet"))), ignore_index=True)
    lines = (folder / model / what / "log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = pd.DataFrame(map(json.loads, lines))
    time = "timestamp" if what == "predictions" else "labelled_at"
    return rows.assign(**{time: pd.to_datetime(rows[time], utc=True)})


def labelled(folder: Path, model: str) -> pd.DataFrame:
    """Predictions joined with their labels, and the phase of each (0, 1, 2)."""
    rows = read(folder, model, "predictions").merge(read(folder, model, "labels"), on="request_id", validate="1:1")
    seconds = (rows["timestamp"] - pd.Timestamp(START, unit="s", tz="UTC")).dt.total_seconds()
    return rows.assign(phase=(seconds >= 20).astype(int) + (seconds >= 40))


MODELS = pytest.mark.parametrize("model", ("flight-delay", "flight-duration"))


@MODELS
def test_steps_do_not_change_the_rows(model: str, written: Path, demo_models: DemoModels, tmp_path: Path) -> None:
    """Written at once or in steps, the traffic is the same, each row once and in order."""
    Traffic(demo_models, tmp_path, SCHEDULE, clock=lambda: END).write()
    once = read(tmp_path, model, "predictions")
    pd.testing.assert_frame_equal(once, read(written, model, "predictions"))
    assert once["request_id"].is_unique
    assert once["timestamp"].is_monotonic_increasing
    assert len(once) == 2_000 + 60 * 100


@MODELS
def test_labels_come_late_and_once(model: str, written: Path) -> None:
    """Each label comes after its prediction and before the end, none twice; the youngest predictions have none yet."""
    rows = labelled(written, model)
    delay = (rows["labelled_at"] - rows["timestamp"]).dt.total_seconds()
    assert (delay >= 0).all()
    assert 1.5 < delay.mean() < 2.5
    assert rows["labelled_at"].max() < pd.Timestamp(END, unit="s", tz="UTC")
    assert len(rows) < len(read(written, model, "predictions"))


def test_labels_wait_for_their_time(demo_models: DemoModels, tmp_path: Path) -> None:
    """Labels that were not due are written by a later call; only diverted flights never get one."""
    schedule = Schedule(START, END, END, rate=1e-9, history=10, history_rate=10)
    stream = Traffic(demo_models, tmp_path, schedule).streams["flight-delay"]
    before, later = stream.write(START), stream.write(START + 900)
    assert [before.predictions, later.predictions] == [100, 1]
    assert before.labels < 100
    assert before.labels + later.labels == FLIGHT_DELAY.label(demo_models.production[:101]).notna().sum()


@pytest.mark.parametrize(("model", "column"), (("flight-delay", "temp"), ("flight-duration", "distance")))
def test_the_second_phase_drifts(model: str, column: str, written: Path) -> None:
    """One column moves by a KS distance above 0.5 when drift starts, and not before."""
    rows = labelled(written, model)
    history, clean, drifted = (
        rows.loc[chosen, column].dropna()
        for chosen in (rows.index < 1_900, (rows.index >= 2_100) & (rows["phase"] == 0), rows["phase"] == 1)
    )
    assert stats.ks_2samp(history, clean).statistic < 0.08
    assert stats.ks_2samp(history, drifted).statistic > 0.5


def test_the_third_phase_loses_accuracy(written: Path) -> None:
    """The classifier's accuracy falls by 15 points and the regressor's error doubles only when the outcome changes."""
    delay, duration = labelled(written, "flight-delay"), labelled(written, "flight-duration")
    accuracy = (delay["prediction"] == delay["actual"]).groupby(delay["phase"]).mean()
    error = (duration["prediction"] - duration["actual"]).abs().groupby(duration["phase"]).mean()
    assert accuracy[1] > accuracy[0] - 0.06
    assert accuracy[2] < accuracy[0] - 0.15
    assert error[2] > 2 * error[1]


@MODELS
def test_the_columns_that_the_configuration_names_exist(model: str, demo_models: DemoModels, tmp_path: Path) -> None:
    """What a stream says of its columns is in its files."""
    traffic = Traffic(demo_models, tmp_path, SCHEDULE)
    traffic.write(START + 1)
    stream = traffic.streams[model]
    named = [name for value in stream.columns.values() for name in names(value)]
    assert set(named) | set(stream.model.subject.features) == set(read(tmp_path, model, "predictions"))
    assert set(stream.label_columns.values()) == set(read(tmp_path, model, "labels"))


def names(value: Any) -> list[str]:
    return list(value.values()) if isinstance(value, dict) else [value]
