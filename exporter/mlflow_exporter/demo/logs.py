"""The files that a model's server writes, in two of the ways that servers do."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pandas as pd


class Log(Protocol):
    """Where rows are appended to."""

    @property
    def path(self) -> str:
        """What the configuration calls it: a file or a glob."""

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
