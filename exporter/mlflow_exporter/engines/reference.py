"""Reference rows to a baseline: a first pass over a sample places the bins, a second counts every row in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mlflow_exporter.config.suggestions import nearest
from mlflow_exporter.domain import Problem
from mlflow_exporter.engines.doubts import doubts, doubts_of_scores, listed
from mlflow_exporter.engines.encoding import encode_sample, pin_encoding
from mlflow_exporter.engines.inference import Request, infer_columns, infer_outcome, present_parts
from mlflow_exporter.engines.local import Groups, LocalEngine
from mlflow_exporter.engines.plan import Plan
from mlflow_exporter.engines.rows import Refusals, columns_needed, interpret
from mlflow_exporter.engines.sampling import Sample, draw_sample
from mlflow_exporter.engines.summaries import summarise
from mlflow_exporter.errors import BaselineError
from mlflow_exporter.profiles.baseline import Baseline
from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.layout import Layout
from mlflow_exporter.profiles.summary import Summary
from mlflow_exporter.sources.source import Chunk, Source
from mlflow_exporter.statistics.multivariate.fitting import fit
from mlflow_exporter.statistics.views import Views


@dataclass(frozen=True, eq=False)
class Made:
    """A baseline, and what was found wrong with its data."""

    baseline: Baseline
    problems: tuple[Problem, ...] = ()


Progress = Callable[[str, int], None]
"""Told the phase (`sampling`, `profiling`, `simulating`) and how many more rows, or columns, are done."""


def make_baseline(
    source: Source, request: Request, engine: LocalEngine, now: float, progress: Progress = lambda _phase, _done: None
) -> Made:
    """Profile reference data; memory does not grow with it.

    Raises BaselineError where there is no row that can be used, no column, none of the model's inputs, a task that
    cannot be told or too many classes, and ConfigurationError where a classifier has less than two classes or not the
    one that is configured as positive.
    """
    problems: list[Problem] = []
    sample = draw_sample(_chunks(source, problems), lambda rows: progress("sampling", rows))
    if not sample.table.num_rows:
        raise _no_rows(request, problems)
    plan = _plan(sample, request)
    problems += [*doubts(sample, request, plan.layout), *doubts_of_scores(request, plan.outcome)]
    summary = Summary.empty(plan.layout, plan.outcome)
    for chunk in _chunks(source, []):
        summary = summary.merge(_count(chunk, plan, engine, now, problems))
        progress("profiling", chunk.rows)
    if not summary.rows:
        raise _no_rows(request, problems)
    progress("simulating", len(plan.layout.columns))
    nulls = Views.of(summary.profile).simulate(os.cpu_count() or 1)
    baseline = Baseline(
        plan.layout, plan.outcome, summary, nulls, now, request.origin, _geometry(sample, plan, request)
    )
    return Made(baseline, tuple(dict.fromkeys(problems)))


def _geometry(sample: Sample, plan: Plan, request: Request) -> Geometry | None:
    encoding = pin_encoding(sample, plan.layout)
    return fit(encode_sample(sample, encoding, plan.layout), encoding, sampled=request.sampled)


def _chunks(source: Source, problems: list[Problem]) -> Iterator[Chunk]:
    for found in source.poll({}, {}):
        if isinstance(found, Problem):
            problems.append(found)
        else:
            yield found


def _no_rows(request: Request, problems: Sequence[Problem]) -> BaselineError:
    if problems:
        return BaselineError(problems[0].what, where=problems[0].where, mend=problems[0].mend)
    return BaselineError("the reference data has no rows", where=request.origin, mend="give data with rows")


def _plan(sample: Sample, request: Request) -> Plan:
    if request.features and not set(request.features) & set(sample.names):
        raise _no_inputs(sample, request.features, request.origin)
    spec = infer_outcome(sample, request)
    layout = Layout(infer_columns(sample, request, spec))
    if not layout.columns:
        mend = "check `features.exclude` and the model's signature"
        raise BaselineError("no column of it is a feature, a prediction or a label", where=request.origin, mend=mend)
    return Plan(layout, spec, present_parts(request.parts, sample))


def _no_inputs(sample: Sample, inputs: Sequence[str], origin: str) -> BaselineError:
    slips = {name: close for name in inputs if (close := nearest(name, sample.names))}
    meant = " and ".join(f"{close!r} for {name!r}" for name, close in list(slips.items())[:3])
    advice = f"rename its columns: was {meant} meant?" if slips else "give data with every input"
    what = f"it has none of the model's inputs {listed(inputs)}, but {listed(sample.names)}"
    return BaselineError(what, where=origin, mend=advice)


def _count(chunk: Chunk, plan: Plan, engine: LocalEngine, now: float, problems: list[Problem]) -> Summary:
    if plan.parts.prediction not in chunk.names:
        profile = engine.profile(chunk, plan.layout, plan.columns, Groups.whole(chunk.rows))[0]
        return Summary.of_profile(profile, plan.outcome)
    refusals = Refusals(chunk.rows, chunk.origin)
    rows = interpret(chunk.read(columns_needed(plan, chunk.names)), plan, now, refusals)
    mend = "mend these rows, or leave them out"
    problems += [Problem(r.example, f"{r.rows:,} such rows refused as {r.reason}", mend) for r in refusals.rejections]
    groups = Groups.by(np.where(refusals.kept, 0, -1), 1)
    return next(summarise(engine, chunk, rows, plan, groups))
