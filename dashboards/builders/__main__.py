"""Write the JSON of every dashboard.

    python -m dashboards.builders

writes a file for each, named after its module, into dashboards/json/: what Grafana is provisioned with.
"""

from __future__ import annotations

import json
from pathlib import Path

from dashboards.builders import drift, exporter, model, overview, registry, serving
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

DASHBOARDS = (overview, model, drift, serving, registry, exporter)
FOLDER = Path("dashboards", "json")


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for module in DASHBOARDS:
        name = module.__name__.rpartition(".")[2]
        (FOLDER / f"{name}.json").write_text(_text(module.dashboard()), encoding="utf-8")


def _text(dashboard: Dashboard) -> str:
    return json.dumps(dashboard, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
