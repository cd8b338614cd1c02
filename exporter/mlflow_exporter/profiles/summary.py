"""All that is kept of the rows of a time bucket, in one mergeable value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.domain import Kind, Role, Task
from mlflow_exporter.profiles import codec
from mlflow_exporter.profiles.classification import ClassificationTally
from mlflow_exporter.profiles.confidence import ConfidenceTally
from mlflow_exporter.profiles.joint import JointTally
from mlflow_exporter.profiles.layout import Layout, NumericColumn
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.profiles.regression import RegressionTally

OutcomeTally = ClassificationTally | RegressionTally

EVERY_ROW = ""
"""The key of the tally over all rows, beside those of the segments."""

LATENCY, DELAY = "latency", "delay"


def _geometric(name: str, first: float, last: float) -> NumericColumn:
    """Bins 2% wide, so that a quantile is within 1% of the exact one."""
    edges = np.geomspace(first, last, int(np.log(last / first) / np.log(1.02)))
    return NumericColumn(Role.PREDICTION, name, Kind.FLOAT, edges)


TIMINGS = Layout([_geometric(LATENCY, 1e-6, 1e4), _geometric(DELAY, 1e-3, 1e9)])
"""Seconds a prediction took, and seconds between a prediction and its label: bins that need no baseline."""


@dataclass(frozen=True, eq=False)
class Summary:
    """Profiles and tallies of the same rows.

    `outcomes` has the labelled rows: under EVERY_ROW all of them, under `column=value` those of a segment, whose
    predicted rows `segment_rows` counts. `labelled` rows have a label; `duplicates` were read and not counted.
    `newest` is the latest event time in Unix seconds, None without rows that have one; `joint` is None where the rows
    were not counted as points.
    """

    profile: Profile
    timings: Profile
    spec: OutcomeSpec
    confidence: ConfidenceTally | None = None
    outcomes: Mapping[str, OutcomeTally] = field(default_factory=dict)
    segment_rows: Counter[str] = field(default_factory=Counter)
    labelled: int = 0
    duplicates: int = 0
    newest: float | None = None
    joint: JointTally | None = None

    @classmethod
    def empty(cls, layout: Layout, spec: OutcomeSpec) -> Summary:
        """The summary of no rows."""
        return cls.of_profile(Profile.empty(layout), spec)

    @classmethod
    def of_profile(cls, profile: Profile, spec: OutcomeSpec) -> Summary:
        """The summary of rows of which only the columns are known."""
        return cls(profile, Profile.empty(TIMINGS), spec)

    @property
    def rows(self) -> int:
        """How many rows are counted."""
        return self.profile.rows

    def merge(self, other: Summary) -> Summary:
        """The summary of the rows of both; raises IncompatibleProfiles where their bins differ."""
        return replace(
            self,
            profile=self.profile.merge(other.profile),
            timings=self.timings.merge(other.timings),
            confidence=_merge_tallies(self.confidence, other.confidence),
            outcomes={
                key: _merge_tallies(self.outcomes.get(key), other.outcomes.get(key))
                for key in {**self.outcomes, **other.outcomes}
            },
            segment_rows=self.segment_rows + other.segment_rows,
            labelled=self.labelled + other.labelled,
            duplicates=self.duplicates + other.duplicates,
            newest=max((t for t in (self.newest, other.newest) if t is not None), default=None),
            joint=_merge_tallies(self.joint, other.joint),
        )

    def to_bytes(self) -> bytes:
        """Everything but the layout and the specification, which its stream has once."""
        parts: dict[str, Profile | ConfidenceTally | OutcomeTally | JointTally]
        parts = {"profile": self.profile, "timings": self.timings}
        parts |= {} if self.confidence is None else {"confidence": self.confidence}
        parts |= {} if self.joint is None else {"joint": self.joint}
        parts |= {str(i): tally for i, tally in enumerate(self.outcomes.values())}
        arrays = {f"{part}.{name}": array for part, kept in parts.items() for name, array in kept.arrays().items()}
        header = {
            "rows": [self.profile.rows, self.timings.rows],
            "unseen": self.profile.unseen,
            "outcomes": list(self.outcomes),
            "segments": self.segment_rows,
            "counts": [self.labelled, self.duplicates],
            "newest": self.newest,
        }
        return codec.pack(header, arrays)

    @classmethod
    def from_bytes(cls, packed: bytes, layout: Layout, spec: OutcomeSpec) -> Summary:
        """The summary that `to_bytes` wrote; raises ValueError for anything else."""
        header, arrays = codec.unpack(packed)
        parts: dict[str, dict[str, NDArray[Any]]] = {}
        for key, array in arrays.items():
            part, _, name = key.partition(".")
            parts.setdefault(part, {})[name] = array
        try:
            return cls._of_parts(header, parts, layout, spec)
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"these bytes are no summary: {error!r}") from error

    @classmethod
    def _of_parts(
        cls,
        header: Mapping[str, Any],
        parts: Mapping[str, Mapping[str, NDArray[Any]]],
        layout: Layout,
        spec: OutcomeSpec,
    ) -> Summary:
        rows, timed_rows = header["rows"]
        labelled, duplicates = header["counts"]
        unseen = {name: Counter(counts) for name, counts in header["unseen"].items()}
        kind = tally_class(spec)
        return cls(
            Profile.from_arrays(layout, rows, parts["profile"], unseen),
            Profile.from_arrays(TIMINGS, timed_rows, parts["timings"], {}),
            spec,
            ConfidenceTally.from_arrays(spec, parts["confidence"]) if "confidence" in parts else None,
            {key: kind.from_arrays(spec, parts[str(i)]) for i, key in enumerate(header["outcomes"])},
            Counter(header["segments"]),
            labelled,
            duplicates,
            header["newest"],
            JointTally.from_arrays(parts["joint"]) if "joint" in parts else None,
        )


def tally_class(spec: OutcomeSpec) -> type[ClassificationTally | RegressionTally]:
    """What counts the outcomes of a task."""
    return ClassificationTally if spec.task is Task.CLASSIFICATION else RegressionTally


def _merge_tallies(a: Any, b: Any) -> Any:
    """The tally of both, where None is the tally of no rows."""
    if a is None or b is None:
        return b if a is None else a
    return a.merge(b)
