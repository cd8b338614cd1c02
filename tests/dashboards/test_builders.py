"""The committed JSON is what the builders make, and what Grafana is provisioned with."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROVISIONING = ROOT / "dashboards" / "provisioning"

Json = dict[str, Any]


def test_the_committed_json_is_what_the_builders_make(tmp_path: Path) -> None:
    """`make dashboards` gives the files that are in dashboards/json/, and no other."""
    command = [sys.executable, "-m", "dashboards.builders"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("dashboards/json/*")}
    kept = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "dashboards" / "json").iterdir()}
    assert made
    assert made == kept


def test_dashboards_are_known_by_stable_names(dashboards: dict[str, Json]) -> None:
    """Links and alerts from outside name these; a change would break them."""
    assert set(dashboards) == {"ml-overview", "ml-model", "ml-drift", "ml-serving", "ml-registry", "ml-exporter"}


def test_the_schema_knows_every_key(dashboard: Json) -> None:
    """Read and written by the models of Grafana's schema, a dashboard is the same: no key is unknown to it."""
    with warnings.catch_warnings():
        # The schema of version 2 is recommended, which Grafana 12 does not provision from files.
        warnings.simplefilter("ignore", DeprecationWarning)
        schema = importlib.import_module("grafana_foundation_sdk.models.dashboard")
    plugins = importlib.import_module("grafana_foundation_sdk.cog.plugins")
    encoder = importlib.import_module("grafana_foundation_sdk.cog.encoder")
    plugins.register_default_plugins()
    read = schema.Dashboard.from_json(dashboard)
    assert json.loads(json.dumps(read, cls=encoder.JSONEncoder)) == dashboard


def test_a_dashboard_says_what_it_answers(dashboard: Json) -> None:
    """Its description is a question, and the guide has a section under its title."""
    assert dashboard["description"].endswith("?")
    guide = (ROOT / "docs" / "guides" / "dashboards.md").read_text(encoding="utf-8")
    assert f"## {dashboard['title']}\n" in guide
    assert dashboard["description"] in guide.replace("\n", " ")


def test_data_sources_are_those_of_the_stack() -> None:
    """Grafana finds Prometheus and Alertmanager by the names of the stack's services, at the scrape interval."""
    settings = yaml.safe_load((PROVISIONING / "datasources" / "datasources.yml").read_text())
    urls = {source["type"]: source["url"] for source in settings["datasources"]}
    assert urls == {"prometheus": "http://prometheus:9090", "alertmanager": "http://alertmanager:9093"}
    scrapes = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text())["global"]["scrape_interval"]
    assert settings["datasources"][0]["jsonData"]["timeInterval"] == scrapes
    assert settings["datasources"][0]["jsonData"]["alertmanagerUid"] == settings["datasources"][1]["uid"]


def test_the_provider_reads_the_folder_that_the_stack_mounts() -> None:
    """The dashboards are mounted where Grafana is told to look for them, and so is the provisioning."""
    settings = yaml.safe_load((PROVISIONING / "dashboards" / "dashboards.yml").read_text())
    stack = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    mounted = dict(volume.split(":")[:2] for volume in stack["volumes"])
    assert mounted["./dashboards/json"] == settings["providers"][0]["options"]["path"]
    assert mounted["./dashboards/provisioning"] == "/etc/grafana/provisioning"
    home = stack["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / "dashboards" / "json" / Path(home).name).exists()


def test_examples_in_the_builders_are_true() -> None:
    """What a docstring of a builder shows is what it does."""
    folder = ROOT / "dashboards" / "builders"
    examples = [path for path in folder.glob("*.py") if ">>> " in path.read_text(encoding="utf-8")]
    assert examples
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for path in examples:
        subprocess.run([sys.executable, "-m", "doctest", str(path)], env=environment, check=True)
