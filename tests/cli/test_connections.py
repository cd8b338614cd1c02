from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlflow_exporter.cli.connections import Finding, Verdict, findings
from mlflow_exporter.config.loading import load
from mlflow_exporter.state.store import Store

Findings = Callable[[], dict[str, Finding]]


@pytest.fixture
def found(folder: Any) -> Findings:
    """Call it for the findings of config.yml, the first of each subject."""

    def find() -> dict[str, Finding]:
        kept: dict[str, Finding] = {}
        for finding in findings(load("config.yml")):
            kept.setdefault(finding.subject, finding)
        return kept

    return find


def rewrite(folder: Any, before: str, after: str) -> None:
    """Change the configuration."""
    file = folder.path / "config.yml"
    assert before in file.read_text(encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def test_what_is_found_is_told_with_its_size(configured: Any, found: Findings) -> None:
    """A line says what it found: rows, columns and the digest of a baseline, the file of the predictions."""
    said = found()
    assert said["churn: baseline"].verdict is Verdict.PASSED
    assert said["churn: baseline"].message.startswith("2,000 rows, 5 columns, SHA-256 ")
    file = configured.path / "predictions.csv"
    assert said["churn: predictions"] == Finding(
        "churn: predictions", Verdict.PASSED, f"{file} has the 7 columns needed"
    )


def test_a_state_that_does_not_exist_is_not_made(configured: Any, found: Findings) -> None:
    """The file would belong to whoever checks."""
    assert found()["state"] == Finding("state", Verdict.PASSED, f"{configured.path / 'state.db'} will be made")
    assert not (configured.path / "state.db").exists()


def test_a_state_in_no_folder_fails(configured: Any, found: Findings) -> None:
    """Without its folder the state cannot be made."""
    rewrite(configured, "models:", "state: {url: sqlite:///no/state.db}\nmodels:")
    assert found()["state"].verdict is Verdict.FAILED
    assert "no folder that may be written" in found()["state"].message


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file grows beyond the size of an empty state, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("exists", (True, False))
def test_a_full_disk_fails(configured: Any, found: Findings, exists: bool, request: pytest.FixtureRequest) -> None:
    """A state is written to, not just opened, and one that is not there yet where it would be."""
    if exists:
        Store(f"sqlite:///{configured.path}/state.db").close()
    before = set(configured.path.iterdir())
    request.getfixturevalue("full_disk")
    finding = found()["state"]
    assert finding.verdict is Verdict.FAILED
    assert "that its disk has room" in finding.message
    assert set(configured.path.iterdir()) == before


def test_a_state_that_is_none_fails(configured: Any, found: Findings) -> None:
    """A file that is no database is told by name."""
    (configured.path / "state.db").write_text("no database, but long enough to look like a file of one" * 40)
    assert found()["state"].verdict is Verdict.FAILED
    assert "not a database" in found()["state"].message


def test_a_state_that_works_passes_and_stays(configured: Any, found: Findings) -> None:
    """An existing state is opened, its password hidden."""
    rewrite(configured, "models:", f"state: {{url: 'sqlite:///{configured.path}/kept.db'}}\nmodels:")
    Store(f"sqlite:///{configured.path}/kept.db").close()
    assert found()["state"] == Finding("state", Verdict.PASSED, f"sqlite:///{configured.path}/kept.db")


def test_a_misspelt_column_is_recognised(configured: Any, found: Findings) -> None:
    """The line says which column was probably meant."""
    rewrite(configured, "timestamp: ts", "timestamp: tss")
    assert found()["churn: predictions"].verdict is Verdict.FAILED
    assert "there is no column 'tss'; did you mean 'ts'?" in found()["churn: predictions"].message


def test_a_feature_that_is_not_logged_fails(configured: Any, found: Findings) -> None:
    """Predictions must have the features of the baseline."""
    file = configured.path / "predictions.csv"
    file.write_text(file.read_text().replace('"age"', '"years"'), encoding="utf-8")
    assert "there is no column 'age', a feature of the baseline" in found()["churn: predictions"].message


def test_every_file_of_a_glob_is_tried(configured: Any, found: Findings) -> None:
    """Where one of several files lacks a column, that one is told; where none does, how many there are."""
    rewrite(configured, "path: predictions.csv", "path: predictions*.csv")
    text = (configured.path / "predictions.csv").read_text(encoding="utf-8")
    (configured.path / "predictions-2.csv").write_text(text, encoding="utf-8")
    assert found()["churn: predictions"].message == "2 files have the 7 columns needed"
    (configured.path / "predictions-2.csv").write_text(text.replace('"age"', '"years"'), encoding="utf-8")
    assert found()["churn: predictions"].verdict is Verdict.FAILED
    assert "predictions-2.csv: there is no column 'age'" in found()["churn: predictions"].message


def test_a_label_that_is_not_there_yet_is_worth_a_look(configured: Any, found: Findings) -> None:
    """Labels that come with the predictions may all be missing in the first rows."""
    file = configured.path / "predictions.csv"
    file.write_text(file.read_text().replace('"churned"', '"truth"'), encoding="utf-8")
    assert found()["churn: predictions"].verdict is Verdict.NOTED
    assert "there is no column 'churned'" in found()["churn: predictions"].message


def test_labels_are_tried_too(configured: Any, found: Findings) -> None:
    """A source of labels that is not there fails under its own name."""
    labels = "    labels: {source: files, path: labels.csv, columns: {id: id, label: churned}}\n"
    rewrite(configured, ", label: churned", "")
    rewrite(configured, "    windows:", f"{labels}    windows:")
    assert found()["churn: labels"].verdict is Verdict.FAILED
    assert "labels.csv: no file is there" in found()["churn: labels"].message


def test_a_log_without_rows_is_worth_a_look(configured: Any, found: Findings) -> None:
    """A writer that has not started yet is no failure."""
    (configured.path / "predictions.csv").write_text("id,ts\n", encoding="utf-8")
    assert found()["churn: predictions"] == Finding("churn: predictions", Verdict.NOTED, "no rows yet")


def test_a_path_that_is_none_fails(configured: Any, found: Findings) -> None:
    """A place that this kind of source cannot read is told."""
    rewrite(configured, "path: predictions.csv", "path: s3://bucket/predictions.csv")
    assert found()["churn: predictions"].verdict is Verdict.FAILED
    assert "is not a path of a file system" in found()["churn: predictions"].message


def test_reference_data_that_cannot_be_read_fails(configured: Any, found: Findings) -> None:
    """A baseline that cannot be made is told with its reason."""
    (configured.path / "reference.parquet").unlink()
    assert found()["churn: baseline"].verdict is Verdict.FAILED
    assert "reference.parquet: no file is there" in found()["churn: baseline"].message


def test_a_model_that_is_not_registered_fails(configured: Any, found: Findings, registered: Any) -> None:
    """With MLflow up, the line names the models there are."""
    configured.configure(name="no-such-model", mlflow=registered.uri)
    assert found()["mlflow"].verdict is Verdict.PASSED
    assert found()["no-such-model: version"].verdict is Verdict.FAILED
    assert "is not in the registry" in found()["no-such-model: version"].message


def test_a_model_without_a_baseline_is_worth_a_look(configured: Any, found: Findings, registered: Any) -> None:
    """Where nothing was logged, drift is not computed, and the line says how to log one."""
    name = registered.model()
    configured.configure(name=name, mlflow=registered.uri)
    rewrite(configured, '"3"', "latest")
    rewrite(
        configured, "    baseline: {data: {source: files, path: reference.parquet}}\n", "    task: classification\n"
    )
    assert found()[f"{name}: baseline"].verdict is Verdict.NOTED
    assert f"mlflow-exporter baseline --model '{name}'" in found()[f"{name}: baseline"].message


def test_a_baseline_of_an_unknown_version_is_not_tried(configured: Any, found: Findings) -> None:
    """Without a version there is nothing to look for."""
    rewrite(
        configured, "    baseline: {data: {source: files, path: reference.parquet}}\n", "    task: classification\n"
    )
    assert found()["churn: baseline"].message == "not tried, since its version is not known"


def test_checking_leaves_nothing_behind(configured: Any, found: Findings) -> None:
    """No file is made by a check."""
    before = sorted(Path().iterdir())
    found()
    assert sorted(Path().iterdir()) == before


ALERTING = """\
alerting:
  token_file: token
  actions:
    - {name: retrain, match: [severity="critical"], kind: command, command: [COMMAND, now]}
    - {name: tell, match: [severity="critical"], kind: http, url: "http://host/", bearer_file: bearer}
models:"""


def test_what_alerting_needs_is_there(configured: Any, found: Findings) -> None:
    """With a token, a program that exists and a bearer there is a line, and without the section there is none."""
    assert "alerting" not in found()
    for name in ("token", "bearer"):
        (configured.path / name).write_text("secret", encoding="utf-8")
    rewrite(configured, "models:", ALERTING.replace("COMMAND", "sh"))
    assert found()["alerting"] == Finding("alerting", Verdict.PASSED, "a token, 2 actions")


def test_what_alerting_lacks_fails(configured: Any) -> None:
    """A token that `run` would not start without fails, and so does what an action cannot do without."""
    rewrite(configured, "models:", ALERTING.replace("COMMAND", "nosuch-program"))
    said = [f for f in findings(load("config.yml")) if f.subject == "alerting"]
    assert {finding.verdict for finding in said} == {Verdict.FAILED}
    token, program, bearer = [finding.message for finding in said]
    assert token.startswith("alerting.token_file: cannot be read: No such file or directory; check ")
    assert program.startswith("alerting.actions: retrain: there is no program 'nosuch-program'; check its path")
    assert bearer.startswith("alerting.actions: tell: bearer_file: cannot be read: No such file or directory; check ")
