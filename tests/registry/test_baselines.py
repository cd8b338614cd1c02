from __future__ import annotations

import hashlib
from typing import Any

import pytest

from mlflow_exporter.errors import BaselineError, RegistryUnavailable
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.registry.snapshot import BASELINE_DIGEST_TAG

PACKED = bytes(range(256)) * 1000


@pytest.fixture
def version(workshop: Any) -> Any:
    """A version with a run."""
    return workshop.version(workshop.model("Größe"), workshop.run())


def test_a_logged_baseline_is_loaded_again(workshop: Any, version: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """The bytes come back as they were, the version's tag has their digest, and nothing is printed."""
    digest = workshop.registry.log_baseline(version, PACKED)
    tagged = workshop.now(version.key.name, "1")

    assert tagged.baseline_digest == digest == hashlib.sha256(PACKED).hexdigest()
    assert workshop.registry.load_baseline(tagged) == PACKED
    assert capfd.readouterr() == ("", "")


def test_the_newest_baseline_counts(workshop: Any, version: Any) -> None:
    """Logging anew replaces the baseline; who still has the former digest still gets the former bytes."""
    workshop.registry.log_baseline(version, b"former")
    former = workshop.now(version.key.name, "1")
    workshop.registry.log_baseline(version, b"newest")
    newest = workshop.now(version.key.name, "1")

    assert workshop.registry.load_baseline(former) == b"former"
    assert workshop.registry.load_baseline(newest) == b"newest"


def test_two_versions_of_one_run_keep_their_own(workshop: Any) -> None:
    """Versions that were registered from the same run do not overwrite each other's baseline."""
    name, run_id = workshop.model(), workshop.run()
    versions = [workshop.version(name, run_id) for _ in range(2)]
    for version in versions:
        workshop.registry.log_baseline(version, version.key.version.encode())

    assert [workshop.registry.load_baseline(workshop.now(name, number)) for number in "12"] == [b"1", b"2"]


def test_without_a_baseline_the_error_has_the_command(workshop: Any, version: Any) -> None:
    """A version that has none says how to make one, in a form that a shell takes."""
    with pytest.raises(BaselineError) as caught:
        workshop.registry.load_baseline(version)

    command = f"mlflow-exporter baseline --model '{version.key.name}' --version 1 --data …"
    assert str(caught.value).startswith(f"baseline of {version.key}: no baseline was logged for it; ")
    assert command in str(caught.value)


def test_a_version_without_run_takes_no_baseline(workshop: Any) -> None:
    """There is nowhere to log it to, and the message names the way out."""
    with pytest.raises(BaselineError, match=r"registered without a run.*`baseline.data`"):
        workshop.registry.log_baseline(workshop.version(workshop.model()), PACKED)


def test_a_deleted_run_takes_no_baseline(workshop: Any, version: Any) -> None:
    """MLflow would take the artifact and purge it later; so it is refused, with the command that restores the run."""
    workshop.client.delete_run(version.run_id)
    with pytest.raises(BaselineError, match=f"is deleted; restore it .mlflow runs restore --run-id {version.run_id}"):
        workshop.registry.log_baseline(version, PACKED)

    assert workshop.now(version.key.name, "1").baseline_digest is None


def test_a_purged_run_takes_no_baseline(workshop: Any) -> None:
    """A run that MLflow's garbage collection took is told apart from a deleted one."""
    version = workshop.version(workshop.model(), "0123456789abcdef0123456789abcdef", "s3://bucket/model")
    with pytest.raises(BaselineError, match="does not exist any more"):
        workshop.registry.log_baseline(version, PACKED)


def test_other_bytes_are_not_taken_for_the_baseline(workshop: Any, version: Any, tmp_path: Any) -> None:
    """An artifact that was changed after it was logged is found out by its digest."""
    digest = workshop.registry.log_baseline(version, PACKED)
    changed = tmp_path / f"{digest}.zst"
    changed.write_bytes(PACKED[:-1])
    workshop.client.log_artifact(version.run_id, str(changed), "mlflow_exporter/baseline")
    with pytest.raises(BaselineError, match=f"is not the one that was logged.*{digest}.*log one with"):
        workshop.registry.load_baseline(workshop.now(version.key.name, "1"))


def test_a_missing_artifact_is_a_baseline_error(workshop: Any, version: Any) -> None:
    """A tag whose artifact is gone says so and how to log it anew."""
    workshop.client.set_model_version_tag(version.key.name, "1", BASELINE_DIGEST_TAG, "0" * 64)
    with pytest.raises(BaselineError, match=r"its artifact 0+\.zst is gone from .*log one with"):
        workshop.registry.load_baseline(workshop.now(version.key.name, "1"))


def test_an_outage_is_not_mistaken_for_a_missing_baseline(workshop: Any, version: Any, dead_uri: str) -> None:
    """While MLflow is down the baseline is unknown, not absent."""
    workshop.registry.log_baseline(version, PACKED)
    with pytest.raises(RegistryUnavailable):
        Registry(dead_uri).load_baseline(workshop.now(version.key.name, "1"))


def test_the_bins_for_model_servers_are_beside_the_baseline(workshop: Any, version: Any) -> None:
    """They are an artifact of their own, found by the baseline's digest, and change nothing of it."""
    digest = workshop.registry.log_baseline(version, PACKED, "the bins")
    artifacts = workshop.client.list_artifacts(version.run_id, "mlflow_exporter/baseline")
    assert f"mlflow_exporter/baseline/{digest}.bins.json" in {artifact.path for artifact in artifacts}
    assert workshop.registry.load_baseline(workshop.now(version.key.name, "1")) == PACKED
