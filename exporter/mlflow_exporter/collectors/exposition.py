"""What /metrics serves: every model rendered and compressed once, when it is published; a scrape joins bytes.

Measured on two cores, 100 models with 1,000 series each (benchmarks/scrape.py): publishing a model takes 8 ms in the
scheduler's thread, joining everything anew 5 ms at the first scrape after a change. Compressing the whole body anew
takes 120 ms, which 100 models that are evaluated each minute would cost at every scrape, or all the time in the
background; joined pieces are 13% larger. Hence no debounce, no background thread, and no scrape is behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from prometheus_client.core import Metric
from prometheus_client.registry import CollectorRegistry

from mlflow_exporter.collectors.chunk import Chunk, Joined, gzip_stream
from mlflow_exporter.collectors.discovery import discover
from mlflow_exporter.collectors.family import Collector, Family, Sample
from mlflow_exporter.collectors.limits import Points, by_family, count, within
from mlflow_exporter.collectors.rendering import Format, header, sample_lines
from mlflow_exporter.collectors.series import SeriesTally
from mlflow_exporter.results import Evaluation

SERIES_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class _Part:
    """All lines of one model, or (`model` is None) of something that is there once, family by family."""

    model: str | None
    chunks: Mapping[Family, Chunk]
    series: int
    dropped: int = 0


_Parts: TypeAlias = Mapping[tuple[str, str], _Part]


class Exposition:
    """The exposition of everything published; safe to use from any thread.

    Parameters
    ----------
    live
        Each is asked at every scrape for a small subject (HostReading, ExporterStatus) that a collector knows.
    process
        A prometheus_client registry that is rendered at every scrape (process, platform, own counters).
    collectors
        Those of this room by default.
    """

    def __init__(
        self,
        live: Sequence[Callable[[], object]] = (),
        process: CollectorRegistry | None = None,
        collectors: Sequence[Collector[Any]] | None = None,
    ) -> None:
        self._live = tuple(live)
        self._process = process
        self._collectors = discover() if collectors is None else tuple(collectors)
        self._lock = threading.Lock()
        self._parts: _Parts = {}
        self._joined: dict[Format, tuple[_Parts, Joined]] = {}

    def publish(
        self, evaluation: Evaluation, series_limit: int | None = SERIES_LIMIT, optional: Collection[str] = ()
    ) -> None:
        """Replace what is exposed of a model; `optional` names the optional collectors it asks for."""
        families = by_family(self._samples(evaluation, optional))
        kept = within(families, series_limit)
        part = _Part(evaluation.name, _chunks(kept), count(kept), count(families) - count(kept))
        self._replace(("model", evaluation.name), part)

    def publish_shared(self, subject: object) -> None:
        """Replace what is exposed of something that is there once, such as the registry."""
        families = by_family(self._samples(subject))
        self._replace(("shared", type(subject).__name__), _Part(None, _chunks(families), count(families)))

    def retain(self, names: Collection[str]) -> None:
        """Forget every model that is not among `names` (after a reload)."""
        with self._lock:
            kept = {key: part for key, part in self._parts.items() if part.model is None or part.model in names}
            self._parts = kept

    def render(self, style: Format = Format.TEXT, *, gzip: bool = False) -> tuple[bytes, ...]:
        """The whole exposition, in pieces to be sent one after the other."""
        parts = self._parts
        body = self._body(parts, style)
        tail = style.render(self._fresh(parts))
        return gzip_stream(body, Chunk.of(tail)) if gzip else (body.plain, tail)

    def _samples(self, subject: object, optional: Collection[str] = ()) -> Iterator[Sample]:
        for collector in self._collectors:
            if isinstance(subject, collector.subject) and (not collector.optional or collector.name in optional):
                yield from collector.collect(subject)

    def _replace(self, key: tuple[str, str], part: _Part) -> None:
        with self._lock:
            self._parts = {**self._parts, key: part}

    def _body(self, parts: _Parts, style: Format) -> Joined:
        # `parts` is replaced, never changed: the same object means the same bytes.
        seen, joined = self._joined.get(style, (None, None))
        if joined is None or seen is not parts:
            joined = _join(parts, style)
            self._joined[style] = parts, joined
        return joined

    def _fresh(self, parts: _Parts) -> Iterator[Metric]:
        """What is rendered at each scrape, some hundred lines."""
        if self._process is not None:
            yield from self._process.collect()
        for subject in (_tally(parts), *(ask() for ask in self._live)):
            for family, points in by_family(self._samples(subject)).items():
                yield family.metric(points.items())


def _chunks(families: Mapping[Family, Points]) -> dict[Family, Chunk]:
    return {family: Chunk.of(sample_lines(family, points)) for family, points in families.items()}


def _join(parts: _Parts, style: Format) -> Joined:
    """Every family once, its lines in order of model name."""
    families = {family for part in parts.values() for family in part.chunks}
    ordered = [parts[key] for key in sorted(parts)]
    chunks: list[Chunk] = []
    for family in sorted(families, key=lambda found: found.name):
        chunks.append(_header(family, style))
        chunks.extend(part.chunks[family] for part in ordered if family in part.chunks)
    return Joined.of(chunks)


@cache
def _header(family: Family, style: Format) -> Chunk:
    return Chunk.of(header(family, style))


def _tally(parts: _Parts) -> SeriesTally:
    dropped = {part.model: part.dropped for part in parts.values() if part.model is not None}
    return SeriesTally(sum(part.series for part in parts.values()), dropped)
