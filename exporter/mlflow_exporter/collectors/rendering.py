"""Families to bytes, by prometheus_client's own renderers, in the two formats that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache

from prometheus_client import exposition
from prometheus_client.core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector as Source

from mlflow_exporter.collectors.family import Family

_RENDERERS: Mapping[str, Callable[[Source], bytes]] = {
    exposition.CONTENT_TYPE_PLAIN_0_0_4: exposition.generate_latest,
    openmetrics.CONTENT_TYPE_LATEST: openmetrics.generate_latest,
}


class Format(Enum):
    """An exposition format; the value is its content type."""

    TEXT = exposition.CONTENT_TYPE_PLAIN_0_0_4
    OPENMETRICS = openmetrics.CONTENT_TYPE_LATEST

    def render(self, families: Iterable[Metric]) -> bytes:
        """A whole exposition of the families (OpenMetrics: with its `# EOF`)."""
        return _RENDERERS[self.value](_Families(families))


@cache
def header(family: Family, style: Format) -> bytes:
    """The HELP and TYPE lines of a family."""
    return style.render([family.metric()]).removesuffix(b"# EOF\n")


def sample_lines(family: Family, points: Mapping[tuple[str, ...], float]) -> bytes:
    """One line for each (label values, value): the same in both formats, as no family is a histogram.

    Label values that are not legible text (a lone surrogate has no UTF-8) get question marks.
    """
    metric = family.metric((tuple(map(_legible, labels)), value) for labels, value in points.items())
    return Format.TEXT.render([metric]).removeprefix(header(family, Format.TEXT))


def _legible(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


class _Families(Source):
    """What a renderer takes: anything that can be asked for families."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families: Sequence[Metric] = list(families)

    def collect(self) -> Iterator[Metric]:
        return iter(self._families)
