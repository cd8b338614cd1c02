from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlflow_exporter.errors import BaselineError
from mlflow_exporter.profiles import codec
from mlflow_exporter.profiles.baseline import Baseline, digest_of
from mlflow_exporter.profiles.layout import Layout
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.profiles.summary import Summary

Make = Callable[..., Profile]


@pytest.fixture
def baseline(profile_of: Make, layout: Layout) -> Baseline:
    """A baseline of two rows."""
    spec = OutcomeSpec.classification(("0", "1"), None, np.random.default_rng(0).random((50, 1)))
    summary = Summary.of_profile(profile_of([1.0, np.nan], [1, 2], ["ü", "new"]), spec)
    nulls = {"fine.scores": np.arange(6.0).reshape(2, 3), "fine.sizes": np.array([1, 2])}
    return Baseline(layout, spec, summary, nulls, 1_700_000_000.25, "référence.parquet")


def test_packing_keeps_every_bit(baseline: Baseline) -> None:
    """A baseline comes back from its artifact with its layout, specification, counts, nulls and origin."""
    read = Baseline.unpack(baseline.packed, "artifact")
    assert (read.layout.digest, read.spec.digest) == (baseline.layout.digest, baseline.spec.digest)
    assert (read.rows, read.created_at, read.origin) == (2, 1_700_000_000.25, "référence.parquet")
    assert read.summary.to_bytes() == baseline.summary.to_bytes()
    assert {name: array.tolist() for name, array in read.nulls.items()} == {
        name: array.tolist() for name, array in baseline.nulls.items()
    }
    assert read.packed == baseline.packed
    assert read.digest == baseline.digest == digest_of(baseline.packed)


def test_other_bytes_are_an_error_that_says_where(baseline: Baseline) -> None:
    """Damaged, foreign and newer artifacts are refused, naming where they came from and what to do."""
    with pytest.raises(BaselineError, match=r"^run 1: .* no stored profile; make the baseline anew"):
        Baseline.unpack(b"PK\3\4", "run 1")
    with pytest.raises(BaselineError, match=r"^run 1: a stored profile is damaged: .*; make the baseline anew"):
        Baseline.unpack(baseline.packed[:-5], "run 1")
    with pytest.raises(BaselineError, match=r"^run 1: the baseline has format 99, not 1; make the baseline anew"):
        Baseline.unpack(codec.pack({"format": 99}, {}), "run 1")


def test_summary_of_other_columns_is_an_error(baseline: Baseline) -> None:
    """An artifact whose counts do not fit its own layout is refused."""
    header, arrays = codec.unpack(baseline.packed)
    with pytest.raises(BaselineError, match=r"^run 1: a stored profile does not fit its layout"):
        Baseline.unpack(codec.pack(header | {"layout": []}, arrays), "run 1")
