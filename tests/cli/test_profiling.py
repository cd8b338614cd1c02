from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.metrics import accuracy_score, roc_auc_score

from mlflow_exporter.cli.profiling import Options, run
from mlflow_exporter.domain import Role, Task
from mlflow_exporter.errors import BaselineError, ConfigurationError, ModelNotFound, RegistryUnavailable
from mlflow_exporter.evaluation.measure import performance
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.summary import EVERY_ROW
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.snapshot import BASELINE_DIGEST_TAG

DATA = ("reference.parquet",)
NAMED: dict[str, Any] = {"prediction": "prediction", "label": "churned", "probabilities": (("0", "p0"), ("1", "p1"))}


def written(file: Path = Path("b.zst")) -> Baseline:
    return Baseline.unpack(file.read_bytes(), str(file))


def features(baseline: Baseline) -> list[str]:
    return [column.name for column in baseline.layout.columns if column.role is Role.FEATURE]


def test_a_baseline_is_logged_to_the_versions_run(configured: Any, registered: Any, capsys: Any) -> None:
    """The registry has the profile afterwards, and the version's tag names its digest."""
    name = registered.model(alias="champion")
    run(Options(name, "@champion", DATA, **NAMED, tracking_uri=registered.uri))
    registry = Registry(registered.uri, timeout=60)
    version = registry.snapshot().resolve(name, "1")
    baseline = Baseline.unpack(registry.load_baseline(version), "here")
    assert baseline.rows == 2000
    assert registered.tags(name)[BASELINE_DIGEST_TAG] == baseline.digest
    said = capsys.readouterr().out
    assert f"Logged to run {version.run_id} as the baseline of {name}/1 (SHA-256 {baseline.digest})." in said


def test_features_are_the_inputs_of_the_signature(configured: Any, registered: Any, capsys: Any) -> None:
    """Columns that the model does not take are no features; one that the data has not is told."""
    name = registered.model(columns=("age", "income"))
    run(Options(name, "1", DATA, **NAMED, tracking_uri=registered.uri, output=Path("b.zst")))
    assert features(written()) == ["age"]
    assert "there is no column 'income'" in capsys.readouterr().err


def test_data_with_none_of_the_inputs_is_refused(configured: Any, registered: Any, capsys: Any) -> None:
    """A baseline without a feature would be of no use: the error alone says what there is, and nothing is logged."""
    name = registered.model(columns=("Age", "income"))
    with pytest.raises(BaselineError, match=r"none of the model's inputs 'Age', 'income'.*was 'age' for 'Age' meant\?"):
        run(Options(name, "1", DATA, **NAMED, tracking_uri=registered.uri))
    assert BASELINE_DIGEST_TAG not in registered.tags(name)
    assert capsys.readouterr().err == ""


def test_without_a_model_every_other_column_is_a_feature(configured: Any) -> None:
    """Nothing but the data tells, then."""
    run(Options(data=DATA, **NAMED, exclude=("region",), output=Path("b.zst")))
    assert features(written()) == ["age"]


@pytest.mark.parametrize("keep_rows", (True, False))
def test_rows_are_kept_where_they_are_asked_for(configured: Any, keep_rows: bool) -> None:
    """A test of whole rows needs some of the reference rows; without it there are none in a baseline."""
    run(Options(data=DATA, **NAMED, keep_rows=keep_rows, output=Path("b.zst")))
    geometry = written().geometry
    assert geometry is not None
    assert len(geometry.sample) == (2_000 if keep_rows else 0)


def test_a_file_is_written_though_mlflow_is_away(configured: Any, capsys: Any) -> None:
    """What MLflow would have told is warned of, and what the configuration asks for is in the file."""
    text = Path("config.yml").read_text()
    Path("config.yml").write_text(text + "    features: {exclude: [region]}\n", encoding="utf-8")
    run(Options(config_file=Path("config.yml"), output=Path("b.zst")))
    assert features(written()) == ["age"]
    said = capsys.readouterr().err
    assert "MLflow did not answer" in said
    assert "Without the model's signature every column that is not named is a feature." in said


def test_nothing_is_made_that_cannot_be_logged(configured: Any) -> None:
    """Where the baseline is to be logged, MLflow has to be there first."""
    with pytest.raises(RegistryUnavailable):
        run(Options(config_file=Path("config.yml")))


def test_a_configuration_without_models_is_of_no_use(configured: Any) -> None:
    """The error says what to do, and names no model that nobody asked for."""
    configured.configure("mlflow: {{tracking_uri: '{mlflow}'}}\n")
    with pytest.raises(ConfigurationError, match="models: no model is configured; add one"):
        run(Options(config_file=Path("config.yml"), output=Path("b.zst")))


def test_numbers_are_those_of_the_rows(configured: Any) -> None:
    """Rows and performance in the profile are what scikit-learn finds on the rows themselves."""
    run(Options(data=DATA, **NAMED, output=Path("b.zst")))
    rows = parquet.read_table("reference.parquet")
    truth, scores = rows["churned"].to_numpy(), rows["p1"].to_numpy()
    found = {m.name: m.value for m in performance(written().summary.outcomes.get(EVERY_ROW))}
    assert written().rows == len(truth)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, rows["prediction"].to_numpy()))
    assert found["roc_auc"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-3)


def test_a_configuration_tells_everything(configured: Any, registered: Any) -> None:
    """With a configuration only the model has to be named, and not even that where there is one."""
    name = registered.model()
    text = configured.configure(name=name, mlflow=registered.uri).read_text().replace('"3"', "latest")
    Path("config.yml").write_text(text, encoding="utf-8")
    run(Options(config_file=Path("config.yml")))
    version = Registry(registered.uri, timeout=60).snapshot().resolve(name, "1")
    assert version.baseline_digest is not None


def test_options_may_differ_from_the_configuration(configured: Any, registered: Any) -> None:
    """Version, data and server of the options come before those of the configuration."""
    name = registered.model()
    configured.configure(name=name)
    Path("reference.parquet").rename("other.parquet")
    run(
        Options(
            config_file=Path("config.yml"),
            version="1",
            data=("other.parquet",),
            tracking_uri=registered.uri,
            output=Path("b.zst"),
        )
    )
    assert written().rows == 2000
    assert written().origin == "other.parquet"


def test_the_model_must_be_in_the_configuration(configured: Any) -> None:
    """The error names the models there are."""
    with pytest.raises(ConfigurationError, match="has no model 'fraud'; its models: churn"):
        run(Options("fraud", config_file=Path("config.yml")))


def test_one_of_several_models_must_be_named(configured: Any) -> None:
    """Nobody guesses which of the configured models is meant."""
    text = Path("config.yml").read_text()
    models = text.partition("models:\n")[2]
    Path("config.yml").write_text(text + models.replace("churn\n", "fraud\n", 1), encoding="utf-8")
    with pytest.raises(click.UsageError, match="Say which model with --model: churn, fraud"):
        run(Options(config_file=Path("config.yml")))


def test_a_configuration_without_reference_data_wants_some(configured: Any) -> None:
    """The data may come from the options only."""
    text = Path("config.yml").read_text()
    line = "    baseline: {data: {source: files, path: reference.parquet}}\n"
    Path("config.yml").write_text(text.replace(line, ""), encoding="utf-8")
    with pytest.raises(click.UsageError, match=r"no `baseline.data` for 'churn': give the data with --data"):
        run(Options(config_file=Path("config.yml")))


def test_an_unknown_version_is_an_error(configured: Any, registered: Any) -> None:
    """The error names the versions there are, before anything is profiled."""
    with pytest.raises(ModelNotFound, match="has no version 7; its versions: 1"):
        run(Options(registered.model(), "7", ("nope.parquet",), tracking_uri=registered.uri))


def test_the_task_comes_from_the_signature_or_an_option(configured: Any, registered: Any) -> None:
    """Few whole numbers look like classes, also where the option says that they are not."""
    table = pa.table({"age": np.arange(100.0), "stars": np.arange(100) % 5, "guess": np.arange(100) % 5 + 0.5})
    parquet.write_table(table, "stars.parquet")
    chosen: dict[str, Any] = {"data": ("stars.parquet",), "label": "stars", "prediction": "guess"}
    run(Options(**chosen, task="regression", output=Path("b.zst")))
    assert written().spec.task is Task.REGRESSION
    run(Options(registered.model(columns=("age",)), "1", **chosen, tracking_uri=registered.uri, output=Path("b.zst")))
    assert written().spec.task is Task.CLASSIFICATION


def test_refused_rows_are_told(configured: Any, capsys: Any) -> None:
    """Reference rows that make no sense are warned of, and the rest is profiled."""
    rows = parquet.read_table("reference.parquet").to_pydict()
    rows["p1"][0] = 7.0
    parquet.write_table(pa.table(rows), "reference.parquet")
    run(Options(data=DATA, **NAMED, output=Path("b.zst")))
    assert written().rows == 1999
    assert "1 such rows refused as invalid_probabilities" in capsys.readouterr().err


def test_probabilities_of_some_classes_only_are_refused(configured: Any) -> None:
    """The other class's column would become a feature, and the scores would not be used: nothing is written."""
    named = {**NAMED, "probabilities": (("0", "p0"),)}
    with pytest.raises(ConfigurationError, match=r"no column has the probability of '1'.*name the column of every"):
        run(Options(data=DATA, **named, output=Path("b.zst")))
    assert not Path("b.zst").exists()
