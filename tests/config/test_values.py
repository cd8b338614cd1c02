from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mlflow_exporter.config import values
from mlflow_exporter.domain import Window


def read(kind: Any, value: object, folder: Path | None = None) -> Any:
    """What becomes of a value of the file."""
    return TypeAdapter(kind).validate_python(value, context={"folder": folder})


def refusal(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    return str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize(("text", "seconds"), (("30s", 30), ("1h30m", 5400), ("7d", 604_800), ("250ms", 0.25)))
def test_a_duration_is_read_as_seconds(text: str, seconds: float) -> None:
    """Durations are as Prometheus writes them."""
    assert read(values.Duration, text) == seconds


@pytest.mark.parametrize("value", ("", "-5s", "0s", "1.5h", "5 m", "5", 5, 5.0, True, None, "9" * 400 + "y"))
def test_what_is_no_duration_is_refused(value: object) -> None:
    """A number without unit, a negative or empty one and one beyond all numbers are no durations."""
    assert refusal(values.Duration, value) == "a duration above zero, such as 30s, 5m, 1h30m or 7d"


def test_windows_keep_the_name_they_are_given() -> None:
    """A window is called as the file writes it, since that is its label."""
    assert read(values.Windows, ("1h", "60m")) == (Window("1h", 3600.0), Window("60m", 3600.0))


@pytest.mark.parametrize(
    ("value", "version"),
    ((3, "3"), ("3", "3"), ("@champion", "@champion"), ("production", "Production"), ("latest", "latest")),
)
def test_a_version_is_a_number_an_alias_a_stage_or_the_latest(value: object, version: str) -> None:
    """Numbers become text, and stages get their proper case."""
    assert read(values.Version, value) == version


@pytest.mark.parametrize("value", (0, -1, 1.5, True, None, "", "champion", "@", "@two words", "v1", "column"))
def test_what_is_no_version_is_refused(value: object) -> None:
    """An alias without its @ is not guessed to be one."""
    assert refusal(values.Version, value) == 'a version number, "@alias", a stage or latest'


def test_a_class_may_be_a_whole_number() -> None:
    """`positive: 1` means the class whose label is 1; true and 1.0 are ambiguous."""
    assert read(values.ClassName, 1) == "1"
    assert {refusal(values.ClassName, value) for value in (True, 1.0)} == {"Input should be a valid string"}


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    """A single path is a list of one; absolute paths and URLs are left as they are."""
    assert read(values.Paths, "a/*.csv", tmp_path) == (f"{tmp_path}/a/*.csv",)
    assert read(values.Paths, ["/a.csv", "s3://b/c", "../d:1"], tmp_path) == (
        "/a.csv",
        "s3://b/c",
        f"{tmp_path}/../d:1",
    )


@pytest.mark.parametrize("value", ("", [], [""], [1], None))
def test_a_path_that_is_none_is_refused(value: object) -> None:
    """An empty path would be the folder itself."""
    refusal(values.Paths, value)


@pytest.mark.parametrize(
    ("url", "resolved"),
    (
        ("sqlite:///state.db", "sqlite:///{folder}/state.db"),
        ("sqlite+pysqlite:///a/b.db", "sqlite+pysqlite:///{folder}/a/b.db"),
        ("sqlite:////var/state.db", "sqlite:////var/state.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("http://mlflow:5000", "http://mlflow:5000"),
        ("mlruns", "{folder}/mlruns"),
        ("file:/mlruns", "file:/mlruns"),
        ("databricks://profile", "databricks://profile"),
        ("databricks", "databricks"),
    ),
)
def test_relative_urls_start_at_the_folder_of_the_file(tmp_path: Path, url: str, resolved: str) -> None:
    """A local file in a URL is relative as paths are."""
    assert read(values.Url, url, tmp_path).get_secret_value() == resolved.format(folder=tmp_path)


@pytest.mark.parametrize("value", (1, "", None, ["http://me:hunter2@h"]))
def test_a_url_that_is_none_is_refused_without_being_shown(value: object) -> None:
    """The reason does not repeat what may be a secret."""
    assert refusal(values.Url, value) == "expected the text of a URL"


@pytest.mark.parametrize("value", ("state.db", "hunter2", "://x"))
def test_a_database_needs_a_url(value: str) -> None:
    """A bare path is no database URL, and is not shown in case it is a password."""
    assert refusal(values.DatabaseUrl, value) == "not the URL of a database that can be used"


def test_a_database_url_is_read_from_a_file(tmp_path: Path) -> None:
    """The URL in a file is treated as one in the configuration."""
    (tmp_path / "url").write_text("sqlite:///state.db\n")
    assert read(values.DatabaseUrlFile, "url", tmp_path).get_secret_value() == f"sqlite:///{tmp_path}/state.db"
    assert read(values.DatabaseUrlFile, None) is None
