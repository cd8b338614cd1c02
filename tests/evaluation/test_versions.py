from __future__ import annotations

from typing import Any

import pytest

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelNotFound, RegistryUnavailable
from mlflow_exporter.evaluation.versions import Versions


def test_what_the_registry_told_is_known_while_it_is_away(lab: Any, memory_registry: Any) -> None:
    """The last answer holds: in the process, and for the next one."""
    registry = memory_registry(versions={"1": None, "2": None}, aliases={"champion": "2"})
    catalogue = registry.catalogue()
    versions = Versions("churn", "@champion", lab.store, catalogue)
    key, version = versions.resolve()
    assert key == ModelKey("churn", "2")
    assert version is not None
    registry.away = True
    for again in (versions, Versions("churn", "@champion", lab.store, registry.catalogue())):
        assert again.resolve()[0] == key
    assert Versions("churn", "@champion", lab.store, registry.catalogue()).resolve() == (key, None)


def test_an_alias_that_was_never_told_is_not_known(lab: Any, memory_registry: Any) -> None:
    """What another alias meant says nothing."""
    registry = memory_registry(versions={"1": None}, aliases={"champion": "1"})
    Versions("churn", "@champion", lab.store, registry.catalogue()).resolve()
    registry.away = True
    with pytest.raises(RegistryUnavailable, match="it is away, and has not said yet which version '@challenger' is"):
        Versions("churn", "@challenger", lab.store, registry.catalogue()).resolve()


def test_a_version_that_is_not_there_is_not_found(lab: Any, memory_registry: Any) -> None:
    """The registry's no is not its silence."""
    catalogue = memory_registry(versions={"1": None}).catalogue()
    with pytest.raises(ModelNotFound, match="has no version 3"):
        Versions("churn", "3", lab.store, catalogue).resolve()
