"""Whatever a log may have wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

NOW = 1_700_000_123.0


# What a log may have wrong: each case changes 100 good rows, and says what is refused or reported.


def _typed(rows: pd.DataFrame, column: str, values: dict[int, Any]) -> pd.DataFrame:
    changed = rows.astype({column: object})
    for row, value in values.items():
        changed.loc[row, column] = value
    return changed


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str, str]] = {
    "future_timestamp": (lambda r: _typed(r, "ts", {3: NOW + 600}), "1", "is in the future"),
    "invalid_timestamp": (lambda r: _typed(r, "ts", {3: "yesterday"}), "1", "'yesterday' is not a time"),
    "missing_timestamp": (lambda r: _typed(r, "ts", {3: None}), "1", "ts is empty"),
    "unknown_class": (lambda r: _typed(r, "prediction", {3: "2", 4: "maybe"}), "2", "'2' is none of ['0', '1']"),
    "missing_prediction": (lambda r: _typed(r, "prediction", {3: None}), "1", "prediction is empty"),
    "invalid_probabilities": (lambda r: _typed(r, "p0", {3: 0.999}), "1", "not to 1"),
    "missing_id": (lambda r: _typed(r, "request_id", {3: None}), "1", "request_id is empty"),
    "duplicate_id": (lambda r: _typed(r, "request_id", {3: "2-2"}).assign(ts=r["ts"].iloc[0]), "1", "has been counted"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_rows_that_make_no_sense_are_refused_with_an_example(lab: Any, make_rows: Any, reason: str) -> None:
    """Each bad row is counted under its reason, with a file, a row and a value, and the others are evaluated."""
    change, count, said = REFUSED[reason]
    rows = make_rows(100, seed=2)
    rows.loc[3, ["p0", "p1"]] = [0.2, 0.8]
    lab.append(change(rows))
    evaluation = lab.evaluate()
    assert evaluation.rejected == {reason: int(count)}
    assert evaluation.windows[-1].rows == 100 - int(count)
    example = evaluation.rejection_examples[reason]
    assert example.startswith(f"{lab.log}, lines 2–101, row 4: ")
    assert said in example


def _broken_quote(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[10] = b'"' + lines[10]
    path.write_bytes(b"\n".join(lines))


def _mixed_encodings(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[10] = lines[10].replace(b"2-9", "zürich".encode("latin-1"))
    path.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize(("spoil", "reason"), ((_broken_quote, "malformed"), (_mixed_encodings, "encoding")))
def test_lines_that_are_no_rows_are_counted(
    lab: Any, make_rows: Any, spoil: Callable[[Path], None], reason: str
) -> None:
    """A broken quote and another encoding cost their own line, and are told with its number."""
    lab.append(make_rows(100, seed=2))
    spoil(lab.log)
    evaluation = lab.evaluate()
    assert evaluation.windows[-1].rows == 99
    assert evaluation.rejected == {reason: 1}
    assert "line 11" in evaluation.rejection_examples[reason]
    assert evaluation.rows_read == {"predictions": 100}


def _cut_in_half(lab: Any, rows: pd.DataFrame) -> None:
    path = lab.folder / "log-2.parquet"
    rows.drop(columns="churned").to_parquet(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


REPORTED: dict[str, tuple[Callable[[Any, pd.DataFrame], None], str]] = {
    "missing file": (lambda lab, _: None, "log*: no file is there; check the path"),
    "no rows": (lambda lab, rows: lab.append(rows[:0]), "log*: no row of it has been counted yet"),
    "cut in half": (_cut_in_half, "log-2.parquet: is cut off or still being written"),
    "renamed column": (
        lambda lab, rows: rows.drop(columns="churned").rename(columns={"age": "ages"}).to_csv(lab.log, index=False),
        "column 'age': 100 of 100 rows in 24h come from files without it",
    ),
    "another type": (
        lambda lab, rows: lab.append(rows.assign(age="old")),
        "column 'age': 100 of 100 values in 24h are not of the baseline's type, float",
    ),
}


@pytest.mark.parametrize("case", REPORTED)
def test_what_is_wrong_with_a_log_is_reported(lab: Any, make_rows: Any, case: str) -> None:
    """The evaluation is marked as failed, and says what is wrong and where."""
    write, said = REPORTED[case]
    write(lab, make_rows(100, seed=2))
    evaluation = lab.evaluate(lab.settings(windows=["24h"]))
    assert not evaluation.success
    assert any(said in str(problem) for problem in evaluation.problems), evaluation.problems
