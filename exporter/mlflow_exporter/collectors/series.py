"""How many series the exposition has, and how many it had to leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlflow_exporter.collectors.family import Collector, Family, Sample
from mlflow_exporter.collectors.labels import MODEL


@dataclass(frozen=True, slots=True)
class SeriesTally:
    """Series exposed for models and the registry, and series dropped by model name."""

    exposed: int
    dropped: Mapping[str, int]


SERIES = Family("ml_exporter_series", "Series exposed for the models and the registry.")
DROPPED = Family("ml_exporter_series_dropped", "Series of the model left out because they are beyond its limit.", MODEL)


def collect(tally: SeriesTally) -> Iterator[Sample]:
    """Samples of the exposition."""
    yield SERIES.sample((), tally.exposed)
    for model, dropped in tally.dropped.items():
        yield DROPPED.sample((model,), dropped)


COLLECTOR = Collector("series", SeriesTally, (SERIES, DROPPED), collect)
