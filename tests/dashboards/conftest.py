"""The committed dashboards, as Grafana reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

JSON = Path(__file__).parents[2] / "dashboards" / "json"

Dashboard = dict[str, Any]
Panel = dict[str, Any]


def load() -> dict[str, Dashboard]:
    """Each dashboard by its uid."""
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(JSON.glob("*.json")))
    return {dashboard["uid"]: dashboard for dashboard in found}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `dashboard` runs once for each."""
    if "dashboard" in metafunc.fixturenames:
        found = load()
        metafunc.parametrize("dashboard", found.values(), ids=found)


@pytest.fixture(scope="session")
def dashboards() -> dict[str, Dashboard]:
    """Each dashboard by its uid."""
    return load()


@pytest.fixture
def panels(dashboard: Dashboard) -> list[Panel]:
    """The dashboard's panels that show something; rows are headings."""
    return list(shown(dashboard))


def shown(dashboard: Dashboard) -> Iterator[Panel]:
    """The panels of a dashboard, those inside rows included."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel
