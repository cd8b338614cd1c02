"""What the MLflow registry has: models, versions, aliases."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow_exporter.collectors.family import Collector, Family, Sample
from mlflow_exporter.collectors.labels import MODEL, VERSION
from mlflow_exporter.registry.snapshot import RegisteredModel, RegistrySnapshot

MODELS = Family("ml_registry_models", "Registered models.")
VERSIONS = Family("ml_registry_model_versions", "Versions of the registered model.", MODEL)
VERSION_INFO = Family(
    "ml_registry_version_info", "1 for each model version.", (*VERSION, "model_stage", "run_id"), "info"
)
ALIAS_INFO = Family("ml_registry_alias_info", "1 for each alias of a model version.", (*VERSION, "alias"), "info")
CREATED = Family(
    "ml_registry_version_created_timestamp_seconds", "Unix time at which the model version was created.", VERSION
)


def collect(registry: RegistrySnapshot) -> Iterator[Sample]:
    """Samples of the registry."""
    yield MODELS.sample((), len(registry.models))
    for model in registry.models.values():
        yield VERSIONS.sample((model.name,), len(model.versions))
        yield from _versions(model)
        for alias, version in model.aliases.items():
            yield ALIAS_INFO.sample((model.name, version, alias), 1)


def _versions(model: RegisteredModel) -> Iterator[Sample]:
    for version in model.versions:
        labels = model.name, version.key.version
        yield VERSION_INFO.sample((*labels, version.stage, version.run_id), 1)
        yield CREATED.sample(labels, version.created_at)


COLLECTOR = Collector("registry", RegistrySnapshot, (MODELS, VERSIONS, VERSION_INFO, ALIAS_INFO, CREATED), collect)
