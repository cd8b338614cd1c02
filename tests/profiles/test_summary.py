from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlflow_exporter.domain import Task
from mlflow_exporter.errors import IncompatibleProfiles
from mlflow_exporter.profiles import codec
from mlflow_exporter.profiles.classification import ClassificationTally
from mlflow_exporter.profiles.confidence import ConfidenceTally
from mlflow_exporter.profiles.counting import count_numbers
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.profiles.layout import Layout
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.profiles.quantiles import quantiles
from mlflow_exporter.profiles.regression import RegressionTally
from mlflow_exporter.profiles.summary import EVERY_ROW, TIMINGS, OutcomeTally, Summary, tally_class

Make = Callable[..., Profile]
BINARY, REGRESSION = OutcomeSpec.classification(("0", "1")), OutcomeSpec.regression()
SEEDS = st.integers(0, 10**6)


def tally(spec: OutcomeSpec, rows: int, rng: np.random.Generator) -> OutcomeTally:
    if spec.task is Task.REGRESSION:
        return RegressionTally.of(spec, rng.normal(size=rows), rng.normal(size=rows))
    codes = rng.integers(0, 2, (2, rows))
    return ClassificationTally.of(spec, codes[0], codes[1], rng.random((rows, 1)))


def random_summary(profile_of: Make, spec: OutcomeSpec, seed: int) -> Summary:
    """A summary of up to 6 random rows, with or without each of its parts."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(0, 7))
    texts = rng.choice(["a", "b", "new", "東京"], rows).tolist()
    timings = Profile.empty(TIMINGS)
    timings.rows = rows
    count_numbers(timings, 0, rng.exponential(size=rows))
    segments = [f"city={name}" for name in ("Zürich", "", "other") if rng.random() < 0.5]
    is_scored = spec.task is Task.CLASSIFICATION and rng.random() < 0.7
    return Summary(
        profile_of(rng.normal(size=rows), rng.integers(-9, 9, rows), texts),
        timings,
        spec,
        ConfidenceTally.of(spec, rng.random((rows, 1))) if is_scored else None,
        {key: tally(spec, rows, rng) for key in (EVERY_ROW, *segments)} if rows else {},
        Counter({key: int(rng.integers(1, 9)) for key in segments}),
        rows,
        int(rng.integers(0, 3)),
        float(rng.normal()) if rows else None,
        joint(rng, rows) if rng.random() < 0.7 else None,
    )


def joint(rng: np.random.Generator, rows: int) -> JointTally:
    """The tally of random encoded rows, with or without a sample of them."""
    keys = rng.integers(0, 2**64, rows, np.uint64) if rng.random() < 0.5 else None
    return JointTally.of(rng.normal(size=(2, rows)).astype(np.float32), rows // 2, keys)


def parts(summary: Summary) -> dict[str, np.ndarray]:
    """Every array of a summary by name."""
    tallies = dict(sorted(summary.outcomes.items()))
    held: dict[str, Profile | OutcomeTally | ConfidenceTally | JointTally] = {"profile": summary.profile, **tallies}
    held["timings"] = summary.timings
    if summary.confidence is not None:
        held["confidence"] = summary.confidence
    if summary.joint is not None:
        held["joint"] = summary.joint
    return {f"{part}.{name}": array for part, kept in held.items() for name, array in kept.arrays().items()}


def facts(summary: Summary) -> tuple[object, ...]:
    profile = summary.profile
    numbers = (profile.rows, summary.timings.rows, summary.labelled, summary.duplicates, summary.newest)
    return (*numbers, profile.unseen, summary.segment_rows, summary.spec.digest, profile.layout.digest)


def identical(a: Summary, b: Summary) -> bool:
    x, y = parts(a), parts(b)
    return facts(a) == facts(b) and x.keys() == y.keys() and all(x[name].tobytes() == y[name].tobytes() for name in x)


def same(a: Summary, b: Summary) -> bool:
    """Counts exactly, floats up to rounding."""
    x, y = parts(a), parts(b)
    return facts(a) == facts(b) and x.keys() == y.keys() and all(_close(x[name], y[name]) for name in x)


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a, b) if a.dtype.kind in "iu" else np.allclose(a, b, rtol=1e-9, atol=1e-9))


@pytest.mark.parametrize("spec", (BINARY, REGRESSION), ids=("binary", "regression"))
@settings(deadline=None)
@given(seeds=st.tuples(SEEDS, SEEDS, SEEDS))
def test_merge_is_associative_and_commutative(profile_of: Make, spec: OutcomeSpec, seeds: tuple[int, int, int]) -> None:
    """The order of merging does not matter, outcomes, segments, unseen and timings included."""
    a, b, c = (random_summary(profile_of, spec, seed) for seed in seeds)
    assert same(a.merge(b).merge(c), a.merge(b.merge(c)))
    assert same(a.merge(b), b.merge(a))


@pytest.mark.parametrize("spec", (BINARY, REGRESSION), ids=("binary", "regression"))
@settings(deadline=None)
@given(seed=SEEDS)
def test_the_empty_summary_changes_no_bit(profile_of: Make, layout: Layout, spec: OutcomeSpec, seed: int) -> None:
    """Merging with the summary of no rows keeps every bit."""
    summary, empty = random_summary(profile_of, spec, seed), Summary.empty(layout, spec)
    assert identical(summary.merge(empty), summary)
    assert identical(empty.merge(summary), summary)


@pytest.mark.parametrize("spec", (BINARY, REGRESSION), ids=("binary", "regression"))
@settings(deadline=None)
@given(seeds=st.lists(SEEDS, max_size=3))
def test_bytes_keep_every_bit(profile_of: Make, layout: Layout, spec: OutcomeSpec, seeds: list[int]) -> None:
    """A summary, empty, of a few rows or merged, comes back from its bytes as it was, and can be merged on."""
    summaries = [random_summary(profile_of, spec, seed) for seed in seeds]
    summary = reduce(Summary.merge, summaries, Summary.empty(layout, spec))
    read = Summary.from_bytes(summary.to_bytes(), layout, spec)
    assert identical(read, summary)
    assert identical(read.merge(summary), summary.merge(summary))


def test_parts_add_up(profile_of: Make, layout: Layout) -> None:
    """Rows, labels, duplicates, segments and the newest time of both sides are in the merged summary."""
    a = Summary(profile_of([1.0], [1], ["a"]), Profile.empty(TIMINGS), BINARY, None, {}, Counter(x=1), 1, 2, 5.0)
    b = Summary(profile_of([2.0], [2], ["b"]), Profile.empty(TIMINGS), BINARY, None, {}, Counter(x=2, y=1), 3, 4, 4.0)
    merged = a.merge(b)
    assert (merged.rows, merged.labelled, merged.duplicates, merged.newest) == (2, 4, 6, 5.0)
    assert merged.segment_rows == Counter(x=3, y=1)
    assert (Summary.empty(layout, BINARY).rows, Summary.empty(layout, BINARY).newest) == (0, None)


def test_other_specifications_do_not_add_up(profile_of: Make) -> None:
    """Outcomes with other classes are not merged."""
    other = OutcomeSpec.classification(("no", "yes"))
    rng = np.random.default_rng(0)
    a, b = (
        Summary(profile_of([], [], []), Profile.empty(TIMINGS), spec, None, {EVERY_ROW: tally(spec, 3, rng)})
        for spec in (BINARY, other)
    )
    with pytest.raises(IncompatibleProfiles, match="different classes or bins"):
        a.merge(b)


def test_other_bytes_are_refused(layout: Layout) -> None:
    """Bytes that are no summary, or one of other columns, are a ValueError."""
    with pytest.raises(ValueError, match="no stored profile"):
        Summary.from_bytes(b"nonsense", layout, BINARY)
    with pytest.raises(ValueError, match="no summary"):
        Summary.from_bytes(codec.pack({}, {}), layout, BINARY)
    with pytest.raises(ValueError, match="does not fit its layout"):
        Summary.from_bytes(Summary.empty(Layout([]), BINARY).to_bytes(), layout, BINARY)


def test_tallies_by_task() -> None:
    """Each task has its tally."""
    assert tally_class(BINARY) is ClassificationTally
    assert tally_class(REGRESSION) is RegressionTally


@pytest.mark.parametrize("index", (0, 1), ids=("latency", "delay"))
def test_timings_are_within_a_hundredth(index: int) -> None:
    """Quantiles of latencies and label delays are within 1% of NumPy's."""
    seconds = np.random.default_rng(0).lognormal(0, 2, 50_000)
    profile = Profile.empty(TIMINGS)
    count_numbers(profile, index, seconds)
    levels = np.array([0.05, 0.5, 0.95, 0.99])
    assert quantiles(profile, levels)[:, index] == pytest.approx(np.quantile(seconds, levels), rel=0.01)
