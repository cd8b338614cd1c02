from __future__ import annotations

import threading
from collections.abc import Sequence

import pyarrow as pa
import pytest

from mlflow_exporter.engines.ahead import WORTH_A_THREAD, ReadAhead
from mlflow_exporter.errors import SourceError


class Rows:
    """A table that notes what is read of it; a second reading waits until the first has ended."""

    names = ("a", "b", "c")

    def __init__(self, rows: int, broken: Sequence[str] = ()) -> None:
        self.rows, self.broken = rows, set(broken)
        self.reads = list[list[str]]()
        self.table = pa.table({name: [name] * rows for name in self.names})
        self.first_is_read, self.others_are_read = threading.Event(), threading.Event()

    def read(self, columns: Sequence[str], /) -> pa.Table:
        self.reads.append(list(columns))
        if self.broken & set(columns):
            raise SourceError("is damaged", where="log.parquet")
        if "a" in columns:
            self.first_is_read.set()
        else:
            assert self.first_is_read.wait(30)
            self.others_are_read.set()
        return self.table.select(list(columns))


@pytest.mark.parametrize("rows", (2, WORTH_A_THREAD))
def test_every_column_is_read_once(rows: int) -> None:
    """Whoever reads a column, in whichever order and how often, gets it, from one reading."""
    source = Rows(rows)
    ahead = ReadAhead(source, ["a"], ["b", "a", "c"])
    for names in (["a"], ["c", "a"], ["b"], ["a", "b", "c"]):
        assert ahead.read(names).equals(source.table.select(names))
    assert sorted(name for columns in source.reads for name in columns) == ["a", "b", "c"]


def test_the_first_columns_are_there_before_the_others() -> None:
    """Many rows' first columns can be looked at while the others are still being read."""
    source = Rows(WORTH_A_THREAD)
    ahead = ReadAhead(source, ["a"], ["b", "c"])
    assert source.others_are_read.wait(30)  # though nobody has asked for them
    assert sorted(source.reads) == [["a"], ["b", "c"]]
    assert ahead.read(["a"]).num_rows == WORTH_A_THREAD


def test_few_rows_are_read_in_one_go() -> None:
    """Where a thread would take longer than the reading there is none."""
    source = Rows(WORTH_A_THREAD - 1)
    ReadAhead(source, ["a"], ["b", "c"])
    assert source.reads == [["a", "b", "c"]]


def test_what_is_wrong_is_told_to_whoever_needs_it() -> None:
    """Columns that cannot be read raise where they are asked for; the first ones are there all the same."""
    ahead = ReadAhead(Rows(WORTH_A_THREAD, broken=["c"]), ["a"], ["b", "c"])
    assert ahead.read(["a"]).num_rows == WORTH_A_THREAD
    for _ in range(2):
        with pytest.raises(SourceError, match="is damaged"):
            ahead.read(["b"])
