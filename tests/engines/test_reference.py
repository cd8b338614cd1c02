from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlflow_exporter.domain import Kind, Problem, Role
from mlflow_exporter.engines.inference import Request
from mlflow_exporter.engines.local import LocalEngine
from mlflow_exporter.engines.plan import Parts
from mlflow_exporter.engines.reference import Made, make_baseline
from mlflow_exporter.engines.sampling import SAMPLE_ROWS
from mlflow_exporter.errors import BaselineError
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.profile import Fault
from mlflow_exporter.profiles.summary import EVERY_ROW

Tables = Callable[..., Any]
N = 2_000
RNG = np.random.default_rng(0)
PARTS = Parts("prediction", "ts", "id", {"1": "p1"}, "label")
TABLE = pa.table(
    {
        "id": [f"r{i}" for i in range(N)],
        "ts": pa.array(range(N), pa.timestamp("s")),
        "x": RNG.normal(size=N),
        "city": RNG.choice(["Zürich", "", "東京"], N),
        "prediction": RNG.integers(0, 2, N),
        "p1": RNG.random(N),
        "label": pa.array(RNG.integers(0, 2, N), mask=RNG.random(N) < 0.2),
    }
)


@pytest.fixture
def make(tables: Tables, engine: LocalEngine) -> Callable[..., Made]:
    """Call it with a request and what the source finds for a baseline."""
    return lambda request, *found: make_baseline(tables(found), request, engine, 1_000_000.0)


def test_every_reference_row_is_counted(make: Callable[..., Made]) -> None:
    """Rows, bins, labels, outcomes and confidences are those of the raw rows, and nothing is wrong with them."""
    made = make(Request(PARTS, origin="ref.parquet"), TABLE)
    baseline = made.baseline
    assert made.problems == ()
    assert (baseline.rows, baseline.created_at, baseline.origin) == (N, 1_000_000.0, "ref.parquet")
    names = [(column.role, column.name) for column in baseline.layout.columns]
    assert names == [
        (Role.FEATURE, "x"),
        (Role.PREDICTION, "score"),
        (Role.FEATURE, "city"),
        (Role.PREDICTION, "prediction"),
        (Role.LABEL, "label"),
    ]
    profile = baseline.summary.profile
    edges = baseline.layout.numeric[0].edges
    cells = np.searchsorted(edges, TABLE["x"].to_numpy(), side="right")
    assert profile.bins[: len(edges) + 1].tolist() == np.bincount(cells, minlength=len(edges) + 1).tolist()
    assert profile.faults[Fault.MISSING].tolist() == [0, 0, 0, 0, TABLE["label"].null_count]
    labelled = N - TABLE["label"].null_count
    assert (baseline.summary.labelled, baseline.summary.outcomes[EVERY_ROW].rows) == (labelled, labelled)
    assert baseline.summary.confidence is not None
    assert baseline.summary.confidence.rows == N
    assert Baseline.unpack(baseline.packed, "").digest == baseline.digest


def test_chunks_make_the_same_baseline(make: Callable[..., Made]) -> None:
    """Two passes over many chunks give the bins and counts of one over a single one."""
    whole = make(Request(PARTS), TABLE).baseline
    parts = make(Request(PARTS), *(TABLE.slice(i, 300) for i in range(0, N, 300))).baseline
    assert parts.layout.digest == whole.layout.digest
    assert parts.summary.profile.bins.tolist() == whole.summary.profile.bins.tolist()
    assert parts.summary.profile.cells.tolist() == whole.summary.profile.cells.tolist()


def test_a_large_reference_is_sampled_for_its_bins_only(make: Callable[..., Made]) -> None:
    """With more rows than the sample every row is counted, in bins of about equal mass."""
    rows = SAMPLE_ROWS + 20_000
    table = pa.table({"x": RNG.lognormal(size=rows), "label": RNG.integers(0, 2, rows)})
    made = make(Request(Parts("", label="label")), table.slice(0, 70_000), table.slice(70_000))
    profile = made.baseline.summary.profile
    assert (profile.rows, int(profile.bins.sum())) == (rows, rows)
    assert profile.bins.max() / rows < 1.1 / 240


def test_types_that_change_between_files(make: Callable[..., Made]) -> None:
    """Integers, floats and text in one column are read as numbers, the odd text as wrong, and that is told."""
    chunks = (
        pa.table({"x": list(range(50)), "label": [0, 1] * 25}),
        pa.table({"x": [0.5] * 50, "label": [0, 1] * 25}),
        pa.table({"x": ["7.5", "n/a"] * 5, "label": [0, 1] * 5}),
    )
    made = make(Request(Parts("", label="label"), origin="ref"), *chunks)
    (column,) = made.baseline.layout.numeric
    assert column.kind is Kind.FLOAT
    assert made.baseline.summary.profile.numeric_counts().tolist() == [105]
    assert made.baseline.summary.profile.faults[Fault.WRONG_TYPE, 0] == 5
    what = "column 'x' is not of one type in all of it, and is read as numbers"
    assert made.problems == (Problem("ref", what, "write it with one type"),)


def test_mixed_text_that_is_mostly_no_number_stays_text(make: Callable[..., Made]) -> None:
    """A column of codes, some of which look like numbers, is categorical."""
    chunks = (pa.table({"x": [1, 2], "label": [0, 1]}), pa.table({"x": ["a", "b", "c"], "label": [0, 1, 1]}))
    made = make(Request(Parts("", label="label"), origin="ref"), *chunks)
    assert made.baseline.layout.position.keys() == {(Role.FEATURE, "x"), (Role.LABEL, "label")}
    assert sorted(made.baseline.layout.categorical[0].categories) == ["1", "2", "a", "b", "c"]
    assert "is read as text" in made.problems[0].what


def test_a_column_without_values(make: Callable[..., Made]) -> None:
    """A column that is all null has one bin, and all its rows are missing."""
    made = make(Request(Parts("", label="label")), pa.table({"x": pa.nulls(4), "label": [0, 1, 0, 1]}))
    assert made.baseline.layout.numeric[0].edges.tolist() == []
    assert made.baseline.summary.profile.faults[Fault.MISSING, 0] == 4


def test_refused_rows_are_told_and_not_counted(make: Callable[..., Made]) -> None:
    """Reference rows that make no sense are left out, with an example."""
    table = pa.table({"x": [1.0, 2.0, 3.0], "prediction": [0, 1, None], "label": [0, 1, 1]})
    made = make(Request(Parts("prediction", label="label")), table)
    assert made.baseline.rows == 2
    assert str(made.problems[0]) == (
        "part 0, row 3: prediction is empty: 1 such rows refused as missing_prediction; "
        "mend these rows, or leave them out"
    )


def test_no_rows_are_an_error(make: Callable[..., Made]) -> None:
    """Without a row the error says so, or why nothing could be read."""
    with pytest.raises(BaselineError, match=r"^ref: the reference data has no rows; give data with rows"):
        make(Request(PARTS, origin="ref"), TABLE.slice(0, 0))
    with pytest.raises(BaselineError, match=r"^ref\.csv: there is no such file; check the path"):
        make(Request(PARTS, origin="ref"), Problem("ref.csv", "there is no such file", "check the path"))


def test_rows_that_are_all_refused_are_an_error(make: Callable[..., Made]) -> None:
    """Data of another model makes no baseline, and the error says what is wrong with its first row."""
    table = pa.table({"x": [1.0, 2.0], "prediction": [None, None], "label": [0, 1]})
    with pytest.raises(BaselineError, match="prediction is empty"):
        make(Request(Parts("prediction", label="label")), table)


def test_nothing_to_watch_is_an_error(make: Callable[..., Made]) -> None:
    """Data whose every column is left out makes no baseline."""
    with pytest.raises(BaselineError, match="no column of it is a feature, a prediction or a label"):
        make(Request(Parts("", probabilities={"0": "p0", "1": "p1"}), exclude=["x"]), pa.table({"x": [1]}))


@pytest.mark.parametrize(
    ("inputs", "said"),
    (
        (["age", "income"], "'age', 'income', but 'x', 'label'; give data with every input"),
        (["age", "X"], "'age', 'X', but 'x', 'label'; rename its columns: was 'x' for 'X' meant?"),
    ),
)
def test_data_of_another_model_is_an_error(make: Callable[..., Made], inputs: list[str], said: str) -> None:
    """Data with none of the model's inputs makes no baseline, and the error says what it has instead."""
    with pytest.raises(BaselineError) as error:
        make(Request(Parts("", label="label"), features=inputs, origin="ref"), pa.table({"x": [1, 2], "label": [0, 1]}))
    assert str(error.value) == f"ref: it has none of the model's inputs {said}"


def test_an_unreadable_file_is_told_and_the_others_count(make: Callable[..., Made]) -> None:
    """A problem of one file is reported once, and the baseline is made of the rest."""
    problem = Problem("b.parquet", "it is cut in half")
    made = make(Request(PARTS), problem, TABLE)
    assert (made.problems, made.baseline.rows) == ((problem,), N)


def test_progress_is_told(tables: Tables, engine: LocalEngine) -> None:
    """Both passes tell every row, and the simulation its columns."""
    told: dict[str, int] = {}

    def progress(phase: str, done: int) -> None:
        told[phase] = told.get(phase, 0) + done

    make_baseline(tables([TABLE.slice(0, 500), TABLE.slice(500)]), Request(PARTS), engine, 0.0, progress)
    assert told == {"sampling": N, "profiling": N, "simulating": 5}
