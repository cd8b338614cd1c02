from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from mlflow_exporter.demo.data import Splits
from mlflow_exporter.demo.models import DemoModel, DemoModels
from mlflow_exporter.demo.schedule import Schedule
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION, Subject
from mlflow_exporter.demo.traffic import BATCHES, LABELS, SERVED, Traffic
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


@dataclass(frozen=True)
class Server:
    """A scoring server that answers as the demo's does, once it is told to, and logs beside what is there already."""

    folder: Path
    model: DemoModel
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request_id: str, features: Mapping[str, Any]) -> None:
        self.asked.append({"request_id": request_id, **features})

    def answer(self) -> None:
        """Answer all that was asked."""
        rows = pd.DataFrame(self.asked)
        rows["prediction"] = self.model.pipeline.predict(rows[self.model.subject.features])
        rows.to_json(
            self.folder / SERVED / self.model.key.folder / "live.jsonl",
            orient="records",
            lines=True,
            double_precision=15,
        )


def play(models: DemoModels, folder: Path, *moments: float) -> None:
    """Write the traffic of both models into a folder, up to each moment in turn."""
    server = Server(folder, models.classifier)
    traffic = Traffic(models, folder, SCHEDULE, server)
    for moment in moments:
        traffic.write(moment)
    server.answer()


@pytest.fixture(scope="module")
def written(demo_models: DemoModels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a minute's traffic, written in uneven steps."""
    folder = tmp_path_factory.mktemp("traffic")
    play(demo_models, folder, START, START + 0.005, START + 7.3, START + 33, END)
    return folder


def predictions(folder: Path, model: str) -> pd.DataFrame:
    """All that was predicted; the requests' times are those at which the schedule has them come."""
    if model == "flight-duration":
        return pd.concat(map(pd.read_parquet, sorted((folder / BATCHES).glob("*.parquet"))), ignore_index=True)
    files = sorted((folder / SERVED / "flight-delay" / "1").glob("*.jsonl"))
    rows = pd.concat([pd.DataFrame(lines(file)) for file in files], ignore_index=True)
    return rows.assign(timestamp=pd.to_datetime(SCHEDULE.times(0, len(rows)) * 1e6, unit="us", utc=True))


def labels(folder: Path, model: str) -> pd.DataFrame:
    """All labels that came."""
    if model == "flight-duration":
        return pd.concat(map(pd.read_parquet, sorted((folder / LABELS / model).glob("*.parquet"))), ignore_index=True)
    rows = pd.DataFrame(lines(folder / LABELS / model / "log.jsonl"))
    return rows.assign(labelled_at=pd.to_datetime(rows["labelled_at"], utc=True))


def lines(file: Path) -> list[dict[str, Any]]:
    """A file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def labelled(folder: Path, model: str) -> pd.DataFrame:
    """Predictions joined with their labels, and the phase of each (0, 1, 2)."""
    rows = predictions(folder, model).merge(labels(folder, model), on="request_id", validate="1:1")
    seconds = (rows["timestamp"] - pd.Timestamp(START, unit="s", tz="UTC")).dt.total_seconds()
    return rows.assign(phase=(seconds >= 20).astype(int) + (seconds >= 40))


MODELS = pytest.mark.parametrize("model", ("flight-delay", "flight-duration"))


@MODELS
def test_steps_do_not_change_the_rows(model: str, written: Path, demo_models: DemoModels, tmp_path: Path) -> None:
    """Written at once or in steps, the traffic is the same, each row once and in order."""
    play(demo_models, tmp_path, END)
    once = predictions(tmp_path, model)
    pd.testing.assert_frame_equal(once, predictions(written, model))
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
    assert len(rows) < len(predictions(written, model))


def test_labels_wait_for_their_time(demo_models: DemoModels, tmp_path: Path) -> None:
    """Labels that were not due are written by a later call; only diverted flights never get one."""
    schedule = Schedule(START, END, END, rate=1e-9, history=10, history_rate=10)
    server = Server(tmp_path, demo_models.classifier)
    stream = Traffic(demo_models, tmp_path, schedule, server).streams["flight-delay"]
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
