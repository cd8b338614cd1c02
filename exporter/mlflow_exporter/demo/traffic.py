"""Production rows and what the models answer, and labels that arrive later; the same rows each time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mlflow_exporter.demo.logs import ID, TIMESTAMP, Ask, JsonLinesLog, Log, ParquetLog, ServedLog
from mlflow_exporter.demo.models import DemoModel, DemoModels
from mlflow_exporter.demo.schedule import Schedule
from mlflow_exporter.demo.subjects import Phase
from mlflow_exporter.demo.training import LABEL, PREDICTION, answered

LATENCY, LABELLED_AT = "latency_seconds", "labelled_at"
SERVED, BATCHES, LABELS = "served", "batches", "labels"
"""The folders: of the scoring server's log, of the batch job's files, of the labels of each."""


@dataclass(frozen=True)
class Written:
    """How many rows a call wrote."""

    predictions: int
    labels: int


class Stream:
    """The traffic of one model: row n is always the same flight, answered by the same model.

    Every phase's answers are computed at the start (about a second), so that writing costs next to nothing.
    """

    def __init__(
        self, model: DemoModel, flights: pd.DataFrame, schedule: Schedule, predictions: Log, labels: Log
    ) -> None:
        self.model = model
        self.schedule = schedule
        self.predictions = predictions
        self.labels = labels
        self._answers = {phase: _answers(model, flights, phase) for phase in Phase}
        self._next = 0
        self._unlabelled = pd.DataFrame()

    def write(self, until: float) -> Written:
        """Write the predictions and the labels that come before `until` and are not written yet."""
        rows = self._rows(self._next, max(self._next, self.schedule.due(until)))
        self._next += len(rows)
        if len(rows):
            self.predictions.append(rows[self._logged])
        return Written(len(rows), self._write_labels(rows, until))

    @property
    def _logged(self) -> list[str]:
        return [ID, TIMESTAMP, *self.model.subject.features, PREDICTION, *self.model.probabilities.values(), LATENCY]

    def _rows(self, first: int, end: int) -> pd.DataFrame:
        times = self.schedule.times(first, end)
        phases = self.schedule.phases(times)
        parts = [self._of_phase(phase, np.arange(first, end)[phases == phase]) for phase in Phase]
        rows = pd.concat(parts, ignore_index=True)
        delay = self.schedule.label_delay * rows.pop("delay").to_numpy()
        return rows.assign(**{TIMESTAMP: _utc(times), LABELLED_AT: _utc(times + delay)})

    def _of_phase(self, phase: Phase, numbers: np.ndarray) -> pd.DataFrame:
        answers = self._answers[phase]
        chosen = answers.iloc[numbers % len(answers)]
        return chosen.assign(**{ID: [f"{self.model.key.name}-{number:09d}" for number in numbers]})

    def _write_labels(self, rows: pd.DataFrame, until: float) -> int:
        # A diverted flight has no outcome, so its label never comes.
        new = rows.loc[rows[LABEL].notna(), [ID, LABEL, LABELLED_AT]]
        waiting = pd.concat([self._unlabelled, new]) if len(self._unlabelled) else new
        arrived = waiting[LABELLED_AT] < pd.Timestamp(until, unit="s", tz="UTC")
        self._unlabelled = waiting[~arrived]
        if arrived.any():
            self.labels.append(waiting[arrived].sort_values(LABELLED_AT, kind="stable"))
        return int(arrived.sum())


class Traffic:
    """The traffic of both models: the classifier answers requests, the regressor is a batch job that writes Parquet.

    `ask` has a row scored by the classifier's server, whose log is in the folder too. `clock` gives the time in Unix
    seconds; nothing here waits.
    """

    def __init__(
        self, models: DemoModels, folder: Path, schedule: Schedule, ask: Ask, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        online, batch = models.classifier, models.regressor
        served = ServedLog(folder / SERVED, online.key, online.subject.features, schedule.start, ask)
        labels = {model.key.name: folder / LABELS / model.key.name for model in (online, batch)}
        self.streams: Mapping[str, Stream] = {
            online.key.name: Stream(online, models.production, schedule, served, JsonLinesLog(labels[online.key.name])),
            batch.key.name: Stream(
                batch, models.production, schedule, ParquetLog(folder / BATCHES), ParquetLog(labels[batch.key.name])
            ),
        }

    def write(self, until: float | None = None) -> Mapping[str, Written]:
        """Write what came before `until` (now, by default) and is not written yet; model name to rows written.

        The first call writes the whole history.
        """
        end = self._clock() if until is None else until
        return {name: stream.write(end) for name, stream in self.streams.items()}


def _answers(model: DemoModel, flights: pd.DataFrame, phase: Phase) -> pd.DataFrame:
    rows = answered(model.subject, model.pipeline, model.subject.rows(flights, phase))
    chance = np.random.default_rng(phase)
    latency = chance.lognormal(np.log(0.004), 0.5, len(rows))
    delay = np.minimum(chance.exponential(1, len(rows)), 5)
    return rows.assign(**{LATENCY: latency.round(6)}, delay=delay)


def _utc(seconds: np.ndarray) -> pd.DatetimeIndex:
    return pd.to_datetime((seconds * 1e6).astype("int64"), unit="us", utc=True)
