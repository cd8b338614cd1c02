"""The user's reference of every metric, from the families that collectors and model servers declare.

    python -m mlflow_exporter.collectors.reference

writes metrics.md to docs/.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mlflow_exporter.collectors.discovery import discover
from mlflow_exporter.collectors.family import Collector, Family
from mlflow_exporter.instrument import families as serving

_HEAD = """\
<!-- Made by `make docs` from the families in exporter/mlflow_exporter/collectors/ and instrument/families.py. -->

# Metrics

Base units, ratios from 0 to 1. `model` is the registered model's name, `version` its version number, `window` the
configured window (`1h`, `24h`, `7d`) or `snapshot`, `role` one of feature, prediction and label. What could not be
computed has no sample, never a made-up 0 or NaN; `ml_skipped` says why.

A model has at most `limits.series` series. Beyond, families are left out from the last kept to the first: detail,
context, evidence, verdict; `ml_exporter_series_dropped` counts what is missing.

The types `info` and `unknown` are OpenMetrics'; in the text format they are `gauge` and `untyped`. Quantiles have the
type `unknown` since a gauge may not have the label `quantile`, and a summary's quantiles may not be negative.
"""

SERVING = "# Metrics of model servers"
_SERVING_HEAD = f"""
{SERVING}

A server with the [instruments](guides/instrument.md), and `mlflow-exporter serve`, has these on its own `/metrics`; the
exporter has none of them.

| metric | labels | type | meaning |
|---|---|---|---|
"""

_TABLE = "| metric | labels | type | kept as | meaning |\n|---|---|---|---|---|"


def documents() -> Mapping[str, str]:
    """File name to text of each generated document."""
    return {"metrics.md": "".join(_reference())}


def _reference() -> Iterator[str]:
    yield _HEAD
    for collector in discover():
        title = collector.name.capitalize() + (" (opt-in)" if collector.optional else "")
        rows = map(_row, collector.families)
        yield "\n".join(["", f"## {title}", "", _purpose(collector), "", _TABLE, *rows, ""])
    yield _SERVING_HEAD
    for family in serving.FAMILIES:
        yield f"| `{family.name}` | {', '.join(family.labels)} | {family.type} | {family.help} |\n"


def _purpose(collector: Collector[Any]) -> str:
    """The first line of the collector's module."""
    documentation = sys.modules[collector.collect.__module__].__doc__ or ""
    return documentation.partition("\n")[0]


def _row(family: Family) -> str:
    labels = ", ".join(family.labels)
    return f"| `{family.name}` | {labels} | {family.type} | {family.importance.name.lower()} | {family.help} |"


if __name__ == "__main__":
    for name, text in documents().items():
        (Path("docs") / name).write_text(text, encoding="utf-8")
