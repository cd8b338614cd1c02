"""A scrape of 100,000 series from memory, beside rendering the same families at each scrape."""

from __future__ import annotations

import gzip
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

import report
from mlflow_exporter.collectors.discovery import discover
from mlflow_exporter.collectors.exposition import Exposition
from mlflow_exporter.collectors.family import Family
from mlflow_exporter.collectors.limits import Points, by_family, count
from mlflow_exporter.domain import ModelKey, Problem, Role, Task, Window
from mlflow_exporter.results import ColumnQuality, DriftScore, Evaluation, ModelDescription, Results, WindowEvaluation
from mlflow_exporter.web.application import create_app

MODELS, COLUMNS, WINDOWS = 100, 18, ("1h", "24h", "7d")
TESTS = ("ks", "psi", "wasserstein")
RANKS = (0.05, 0.25, 0.5, 0.75, 0.95)


class Served:
    """What the web asks for."""

    def __init__(self) -> None:
        self.results = Results()
        self.exposition = Exposition()
        self.alerting: Any = None

    def expected_models(self) -> list[str]:
        return []

    def config_text(self) -> str:
        return ""

    def notices(self) -> tuple[Problem, ...]:
        return ()

    def reload(self) -> None:
        """Nothing to reload."""


class AtEachScrape(Collector):
    """The same families, made once, for `generate_latest` to render each time."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return iter(self._families)


def evaluation(model: int, chance: random.Random) -> Evaluation:
    """An evaluation of a model with about a thousand series."""
    columns = [f"feature_{i}" for i in range(COLUMNS)]
    windows = tuple(
        WindowEvaluation(
            Window.of(name),
            1.7e9,
            1.7e9 + 3600,
            30_000,
            3_000,
            drift=tuple(
                DriftScore(column, Role.FEATURE, test, chance.random(), 0.1, chance.random(), deciding=test == "ks")
                for column in columns
                for test in TESTS
            ),
            quality=tuple(
                ColumnQuality(
                    column,
                    30_000,
                    chance.random(),
                    0.0,
                    mean=chance.random(),
                    stddev=chance.random(),
                    quantiles={rank: chance.random() for rank in RANKS},
                )
                for column in columns
            ),
        )
        for name in WINDOWS
    )
    description = ModelDescription(ModelKey(f"model-{model}", "3"), Task.CLASSIFICATION)
    return Evaluation(f"model-{model}", 1.7e9, success=True, description=description, windows=windows)


@dataclass(frozen=True)
class Measured:
    """Medians in milliseconds, sizes in bytes."""

    series: int
    publish: float
    plain: float
    packed: float
    changed: float
    rendered: float
    compressed: float
    plain_size: int
    packed_size: int


def milliseconds(work: Callable[[], object], repetitions: int = 15, prepare: Callable[[], object] = bool) -> float:
    """The median time of a call; what is prepared before each is not counted."""
    times = []
    for _ in range(repetitions):
        prepare()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def measure() -> Measured:
    """Both sides, in this process."""
    chance = random.Random(1)
    evaluations = [evaluation(model, chance) for model in range(MODELS)]
    served, changes = Served(), cycle(evaluations)
    client = create_app(served).test_client()

    def publish() -> None:
        served.exposition.publish(next(changes))

    def scrape(encoding: str) -> bytes:
        body: bytes = client.get("/metrics", headers={"Accept-Encoding": encoding}).data
        return body

    published = milliseconds(publish, MODELS)
    families = collected(evaluations)
    registry = AtEachScrape([family.metric(points.items()) for family, points in families.items()])
    return Measured(
        series=count(families),
        publish=published,
        plain=milliseconds(partial(scrape, "identity")),
        packed=milliseconds(partial(scrape, "gzip")),
        changed=milliseconds(partial(scrape, "gzip"), prepare=publish),
        rendered=milliseconds(lambda: generate_latest(registry), 3),
        compressed=milliseconds(lambda: gzip.compress(generate_latest(registry)), 3),
        plain_size=len(scrape("identity")),
        packed_size=len(scrape("gzip")),
    )


def collected(evaluations: list[Evaluation]) -> dict[Family, Points]:
    """The families of all models, as one registry would collect them."""
    collectors = [found for found in discover() if found.subject is Evaluation and not found.optional]
    return by_family(sample for one in evaluations for found in collectors for sample in found.collect(one))


def section(found: Measured) -> str:
    """The report."""
    rows: list[tuple[str, ...]] = [
        ("from memory", f"{found.plain:.1f} ms", f"{found.packed:.1f} ms", "1"),
        ("from memory, the first after a change", "", f"{found.changed:.1f} ms", f"{found.changed / found.packed:.0f}"),
        (
            "generate_latest at each scrape",
            f"{found.rendered:.0f} ms",
            f"{found.compressed:.0f} ms",
            f"{found.compressed / found.packed:.0f}",
        ),
    ]
    return f"""## A scrape of {found.series:,} series

{report.machine()}. {MODELS} models in {len(WINDOWS)} windows; server time from request to body, Flask included,
medians. `generate_latest` renders the same families, already collected, at each scrape, as prometheus_client's own
server does.

{report.table(("", "plain", "gzip", "gzip, ratio"), rows)}

Goal: gzip under 50 ms, and at least 20 times faster than rendering. The first scrape after a model was published is
{found.compressed / found.changed:.0f} times faster. Publishing a model of {found.series // MODELS:,} series
takes {found.publish:.1f} ms, outside of any scrape. The body has {found.plain_size / 1e6:.1f} MB, \
{found.packed_size / 1e6:.2f} MB in gzip.
"""


if __name__ == "__main__":
    report.write_section("scrape", section(measure()))
