"""MLflow's registry, as the exporter reads and writes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.registry.address import Address
from mlflow_exporter.registry.baselines import read_baseline, write_baseline
from mlflow_exporter.registry.connection import Connection
from mlflow_exporter.registry.marks import move_alias, write_incident
from mlflow_exporter.registry.paging import every
from mlflow_exporter.registry.runs import Run, RunCounts, count_runs, read_run
from mlflow_exporter.registry.signature import Signature, read_signature
from mlflow_exporter.registry.snapshot import RegisteredModel, RegisteredVersion, RegistrySnapshot

if TYPE_CHECKING:
    from mlflow import MlflowClient

Answer = TypeVar("Answer")

# The most that every kind of registry gives at once.
MODELS_PAGE = 1000
VERSIONS_PAGE = 10_000


class Registry:
    """MLflow at `tracking_uri`; safe to use from any thread.

    Every call takes at most `timeout` seconds, or `bulk_timeout` where it moves artifacts or reads many runs, and
    raises RegistryUnavailable where MLflow did not answer by then, RegistryError where it refused. After a silence
    further calls fail at once for `timeout` seconds, so that a refresh of many models waits only once.
    """

    def __init__(
        self,
        tracking_uri: str,
        *,
        timeout: float = 5.0,
        bulk_timeout: float = 30.0,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = Address(tracking_uri)
        self._connection = Connection(self.address, timeout, monotonic)
        self._bulk_timeout = bulk_timeout
        self._clock = clock

    def snapshot(self) -> RegistrySnapshot:
        """All models, versions and aliases, in two calls for up to 1,000 models and 10,000 versions."""
        models = self._connection.ask(_models)
        return RegistrySnapshot({model.name: model for model in models}, self._clock())

    def run(self, version: RegisteredVersion) -> Run | None:
        """The run the version came from, with its training metrics; None where it has none or that is gone."""
        if not version.run_id:
            return None
        return self._connection.ask(lambda client: read_run(client, version.run_id))

    def signature(self, version: RegisteredVersion) -> Signature | None:
        """The version's input and output columns, None where it was logged without; never changes for a version."""
        key = version.key
        return self._bulk(lambda client: read_signature(client, key.name, key.version))

    def run_counts(self) -> RunCounts:
        """Runs by experiment and status; about a millisecond a run, so ask every few minutes."""
        return self._bulk(count_runs)

    def log_baseline(self, version: RegisteredVersion, packed: bytes, bins: str = "") -> str:
        """Log the version's baseline; its digest, which snapshots from now on carry as `baseline_digest`.

        `bins` is the text of its bins for model servers, an artifact of its own beside it.

        Raises BaselineError where the version has no run to log it to.
        """
        return self._bulk(lambda client: write_baseline(client, version, packed, bins))

    def load_baseline(self, version: RegisteredVersion) -> bytes:
        """The bytes that `log_baseline` logged for the version.

        Raises BaselineError where there are none, or where they are not the ones that were logged.
        """
        return self._bulk(lambda client: read_baseline(client, version))

    def note_incident(self, key: ModelKey, name: str, text: str) -> None:
        """Tag a version (or the model, where the key has no version) with what is known of the alerts of a name."""
        self._connection.ask(lambda client: write_incident(client, key, name, text))

    def move_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias of a model to a version."""
        self._connection.ask(lambda client: move_alias(client, name, alias, version))

    def _bulk(self, question: Callable[[MlflowClient], Answer]) -> Answer:
        return self._connection.transfer(question, self._bulk_timeout)


def _models(client: MlflowClient) -> list[RegisteredModel]:
    """Every model in order of name; a version whose model is not in the first answer was made between the two."""
    models = list(every(client.search_registered_models, MODELS_PAGE))
    versions: dict[str, list[Any]] = {model.name: [] for model in models}
    for version in every(client.search_model_versions, VERSIONS_PAGE):
        if version.name in versions:
            versions[version.name].append(version)
    return [_model(model, versions[model.name]) for model in sorted(models, key=lambda model: model.name)]


def _model(model: Any, versions: list[Any]) -> RegisteredModel:
    # The versions of a search carry no aliases: the model has them.
    aliases = {alias: str(number) for alias, number in model.aliases.items()}
    ordered = sorted((_version(version, aliases) for version in versions), key=lambda version: version.number)
    return RegisteredModel(model.name, tuple(ordered), aliases, dict(model.tags))


def _version(version: Any, aliases: dict[str, str]) -> RegisteredVersion:
    number = str(version.version)
    return RegisteredVersion(
        key=ModelKey(version.name, number),
        stage=version.current_stage or "None",
        status=version.status,
        run_id=version.run_id or "",
        created_at=version.creation_timestamp / 1000,
        source=version.source or "",
        tags=dict(version.tags),
        aliases=tuple(sorted(alias for alias, target in aliases.items() if target == number)),
    )
