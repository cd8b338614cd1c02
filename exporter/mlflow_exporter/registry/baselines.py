"""Baselines as artifacts of the runs their versions came from.

An artifact is named by the SHA-256 of its bytes and the version's tag says which one counts. So two versions of one
run keep their own, a reader never sees half of a new one, and what was read can be verified.
"""

from __future__ import annotations

import hashlib
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_exporter.errors import BaselineError
from mlflow_exporter.registry.artifacts import read_artifact
from mlflow_exporter.registry.runs import Run, read_run
from mlflow_exporter.registry.snapshot import BASELINE_DIGEST_TAG, RegisteredVersion

if TYPE_CHECKING:
    from mlflow import MlflowClient

_FOLDER = "mlflow_exporter/baseline"
_INSTEAD = "give `baseline.data` in the configuration instead"


def write_baseline(client: MlflowClient, version: RegisteredVersion, packed: bytes, bins: str = "") -> str:
    """Log the baseline to the version's run, tag the version with its digest, and return that.

    `bins`, where they are given, become an artifact beside it: `<digest>.bins.json`.

    Raises BaselineError where the version has no run, or one that was deleted.
    """
    run = _run(client, version)
    if run.deleted:
        mend = f"restore it (mlflow runs restore --run-id {run.run_id}), or {_INSTEAD}"
        raise BaselineError(f"its run {run.run_id} is deleted", where=_where(version), mend=mend)
    digest = hashlib.sha256(packed).hexdigest()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, _file(digest))
        path.write_bytes(packed)
        if bins:
            path.with_name(f"{digest}.bins.json").write_text(bins, encoding="utf-8")
        client.log_artifacts(run.run_id, folder, _FOLDER)
    client.set_model_version_tag(version.key.name, version.key.version, BASELINE_DIGEST_TAG, digest)
    return digest


def read_baseline(client: MlflowClient, version: RegisteredVersion) -> bytes:
    """The bytes of the version's baseline, verified.

    Raises BaselineError where there is none, or other bytes than were logged.
    """
    digest = _digest(version)
    folder = f"{_run(client, version).artifact_uri}/{_FOLDER}"
    packed = read_artifact(client, folder, _file(digest))
    if packed is None:
        what = f"its artifact {_file(digest)} is gone from {folder}"
        raise BaselineError(what, where=_where(version), mend=_again(version))
    if hashlib.sha256(packed).hexdigest() != digest:
        what = f"its artifact in {folder} is not the one that was logged: its SHA-256 is not {digest}"
        raise BaselineError(what, where=_where(version), mend=_again(version))
    return packed


def _digest(version: RegisteredVersion) -> str:
    if version.baseline_digest is None:
        raise BaselineError("no baseline was logged for it", where=_where(version), mend=_again(version))
    return version.baseline_digest


def _run(client: MlflowClient, version: RegisteredVersion) -> Run:
    if not version.run_id:
        what = "it was registered without a run, and a baseline is an artifact of the run"
        raise BaselineError(what, where=_where(version), mend=_INSTEAD)
    run = read_run(client, version.run_id)
    if run is None:
        raise BaselineError(f"its run {version.run_id} does not exist any more", where=_where(version), mend=_INSTEAD)
    return run


def _file(digest: str) -> str:
    return f"{digest}.zst"


def _where(version: RegisteredVersion) -> str:
    return f"baseline of {version.key}"


def _again(version: RegisteredVersion) -> str:
    key = version.key
    command = f"mlflow-exporter baseline --model {shlex.quote(key.name)} --version {key.version} --data …"
    return f"log one with `{command}`, or {_INSTEAD}"
