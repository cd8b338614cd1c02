from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_exporter.cli.samples import Needed, Sample, looks, sample
from mlflow_exporter.sources.files import Files


@pytest.fixture
def seen(tmp_path: Path) -> Sample:
    """The first rows of a file with a few columns."""
    file = tmp_path / "data.csv"
    file.write_text("id,prediction,age\n1,0,40\n", encoding="utf-8")
    return sample(Files(str(file)))


def missing(seen: Sample, needed: Needed) -> list[str]:
    assert seen.chunk is not None
    return needed.missing_in(seen.chunk)


def test_the_first_rows_are_read_and_no_more(seen: Sample) -> None:
    """A sample is the first chunk of a source."""
    assert seen.chunk is not None
    assert (seen.chunk.rows, seen.chunk.names, seen.problems) == (1, ("id", "prediction", "age"), ())


def test_a_source_without_a_file_is_a_problem(tmp_path: Path) -> None:
    """What the source says is wrong is told, and there are no rows."""
    seen = sample(Files(str(tmp_path / "none.csv")))
    assert seen.chunk is None
    assert [problem.what for problem in seen.problems] == ["no file is there"]


def test_a_source_without_rows_has_no_problem(tmp_path: Path) -> None:
    """A log that nobody has written to yet is no mistake."""
    (tmp_path / "new.csv").write_text("id,prediction\n", encoding="utf-8")
    assert sample(Files(str(tmp_path / "new.csv"))) == Sample(None, ())


def test_rows_that_are_refused_before_the_first_are_told(tmp_path: Path) -> None:
    """Where no row can be read, the sample says why."""
    (tmp_path / "bad.csv").write_text("id,prediction\n1,2,3\n", encoding="utf-8")
    [problem] = sample(Files(str(tmp_path / "bad.csv"))).problems
    assert problem.what == "1 row refused: malformed"
    assert "line 2" in problem.where


def test_every_file_of_a_glob_is_looked_at(tmp_path: Path) -> None:
    """A file with other columns than the first is not overlooked; of many files, some are, and it says how many."""
    for number in range(30):
        (tmp_path / f"{number:02}.csv").write_text("id,prediction\n1,0\n", encoding="utf-8")
    seen = looks([str(tmp_path / "0*.csv")], "append")
    assert [Path(chunk.item).name for chunk in seen.chunks] == [f"{number:02}.csv" for number in range(10)]
    assert (seen.problems, seen.skipped) == ((), 0)
    some = looks([str(tmp_path / "*.csv")], "append")
    names = [Path(chunk.item).name for chunk in some.chunks]
    assert (names[0], names[-1], len(set(names)), some.skipped) == ("00.csv", "29.csv", 20, 10)


def test_a_path_without_files_is_a_problem(tmp_path: Path) -> None:
    """What the source says is wrong with one of several paths is told."""
    (tmp_path / "a.csv").write_text("id\n1\n", encoding="utf-8")
    seen = looks([str(tmp_path / "none.csv"), str(tmp_path / "a.csv")], "append")
    assert [problem.what for problem in seen.problems] == ["no file is there"]


def test_nothing_is_missing_where_all_is_there(seen: Sample) -> None:
    """Names that are None or given twice are no further columns."""
    needed = Needed.of(["id", None, "prediction", "id"], ["age"])
    assert needed.count == 3
    assert missing(seen, needed) == []


def test_a_missing_column_is_told_with_the_nearest_that_is_spare(seen: Sample) -> None:
    """A slip is recognised among the columns that nothing else is needed for."""
    assert missing(seen, Needed.of(["id", "predicton"])) == [
        "there is no column 'predicton'; did you mean 'prediction'?"
    ]
    assert missing(seen, Needed.of(["prediction", "predicton"])) == [
        "there is no column 'predicton'; it has id, prediction, age"
    ]


def test_a_missing_feature_is_told_as_one(seen: Sample) -> None:
    """Whoever reads it knows that it is the baseline which has the column."""
    assert missing(seen, Needed.of(["id"], ["income"])) == ["there is no column 'income', a feature of the baseline"]


def test_an_optional_column_is_missed_apart(seen: Sample) -> None:
    """What may not be there yet is not among the columns that must be."""
    needed = Needed.of(["id"], optional=["label", None])
    assert seen.chunk is not None
    assert missing(seen, needed) == []
    assert needed.optional_missing_in(seen.chunk) == ["there is no column 'label'; it has id, prediction, age"]
