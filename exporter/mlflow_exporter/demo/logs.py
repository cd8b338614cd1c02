"""What a model answers, and where it is kept: two of the ways that there are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pandas as pd

from mlflow_exporter.domain import ModelKey

Ask: TypeAlias = Callable[[str, Mapping[str, Any]], None]
"""Has a row scored, under its identifier."""

ID, TIMESTAMP = "request_id", "timestamp"


class Log(Protocol):
    """Where rows are appended to."""

    @property
    def path(self) -> str:
        """What the configuration calls it: a file, a glob, or the folder of a scoring server's log."""

    def append(self, rows: pd.DataFrame) -> None:
        """Write some rows, at least one."""


class JsonLinesLog:
    """One growing file of JSON lines; times are ISO 8601 in UTC."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "log.jsonl"
        self._file.touch()

    @property
    def path(self) -> str:
        return str(self._file)

    def append(self, rows: pd.DataFrame) -> None:
        lines = rows.to_json(orient="records", lines=True, date_format="iso", date_unit="us", force_ascii=False)
        with self._file.open("a", encoding="utf-8") as log:
            log.write(lines)


class ParquetLog:
    """A folder of Parquet files, one for each batch of rows; a file appears whole."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._parts = 0

    @property
    def path(self) -> str:
        return str(self._folder / "*.parquet")

    def append(self, rows: pd.DataFrame) -> None:
        unfinished = self._folder / "_unfinished"
        rows.to_parquet(unfinished, index=False)
        unfinished.rename(self._folder / f"part-{self._parts:06d}.parquet")
        self._parts += 1


class ServedLog:
    """The log of a scoring server.

    Rows from before `start` (Unix seconds) are written there as the server would have logged them; for the others the
    server is asked, which logs them itself, with its own answer and the time that it took.
    """

    def __init__(self, folder: Path, key: ModelKey, features: Sequence[str], start: float, ask: Ask) -> None:
        self._folder, self._key, self._features = folder, key, list(features)
        self._start, self._ask = start, ask

    @property
    def path(self) -> str:
        return str(self._folder)

    def append(self, rows: pd.DataFrame) -> None:
        seconds = rows[TIMESTAMP].astype("int64") / 1e6
        past = seconds < self._start
        if past.any():
            self._write(rows[past].assign(**{TIMESTAMP: seconds[past]}))
        live = rows.loc[~past, self._features]
        for identifier, row in zip(rows.loc[~past, ID], _records(live), strict=True):
            self._ask(identifier, row)

    def _write(self, rows: pd.DataFrame) -> None:
        folder = self._folder / self._key.folder
        folder.mkdir(parents=True, exist_ok=True)
        whole = rows.assign(model=self._key.name, version=self._key.version)
        file = folder / f"history-{rows[ID].iloc[0]}.jsonl"
        unfinished = file.with_name(f".{file.name}.unfinished")
        whole.to_json(unfinished, orient="records", lines=True, double_precision=15, force_ascii=False)
        unfinished.rename(file)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as JSON has them: a missing value is null."""
    records: list[dict[str, Any]] = json.loads(rows.to_json(orient="records", double_precision=15))
    return records
