"""The reference that windows are compared with: pinned bins, the reference rows counted in them, and the nulls."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.errors import BaselineError
from mlflow_exporter.profiles import codec
from mlflow_exporter.profiles.geometry import Geometry
from mlflow_exporter.profiles.layout import Layout
from mlflow_exporter.profiles.outcomes import OutcomeSpec
from mlflow_exporter.profiles.summary import Summary

FORMAT = 1
_SUMMARY = "summary"
_GEOMETRY = "geometry."


@dataclass(frozen=True, eq=False)
class Baseline:
    """What `mlflow-exporter baseline` logs to the version's run.

    `nulls` are arrays by name: how each simulated test's score is distributed without drift, over window sizes (see
    statistics/null.py). `created_at` is in Unix seconds, `origin` says which data it was made from. `geometry` is None
    where there are too few columns or rows for one.
    """

    layout: Layout
    spec: OutcomeSpec
    summary: Summary
    nulls: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    created_at: float = 0.0
    origin: str = ""
    geometry: Geometry | None = None

    @property
    def rows(self) -> int:
        """How many reference rows were profiled."""
        return self.summary.rows

    @cached_property
    def packed(self) -> bytes:
        """The artifact's bytes."""
        header = {
            "format": FORMAT,
            "layout": self.layout.to_json(),
            "spec": self.spec.to_json(),
            "created_at": self.created_at,
            "origin": self.origin,
        }
        summary = np.frombuffer(self.summary.to_bytes(), np.uint8)
        geometry = {} if self.geometry is None else self.geometry.arrays()
        arrays = {_GEOMETRY + name: array for name, array in geometry.items()}
        return codec.pack(header, {_SUMMARY: summary, **arrays, **self.nulls})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the artifact, in hexadecimal."""
        return digest_of(self.packed)

    @classmethod
    def unpack(cls, packed: bytes, where: str) -> Baseline:
        """The baseline that was packed; raises BaselineError for other bytes, naming `where` they came from."""
        mend = "make the baseline anew with `mlflow-exporter baseline`"
        try:
            header, arrays = codec.unpack(packed)
            if header.get("format") != FORMAT:
                what = f"the baseline has format {header.get('format')}, not {FORMAT}"
                raise BaselineError(what, where=where, mend=mend)
            return cls._of_parts(header, arrays)
        except ValueError as error:
            raise BaselineError(str(error), where=where, mend=mend) from error

    @classmethod
    def _of_parts(cls, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Baseline:
        layout, spec = Layout.from_json(header["layout"]), OutcomeSpec.from_json(header["spec"])
        summary = Summary.from_bytes(arrays[_SUMMARY].tobytes(), layout, spec)
        shape = {name.removeprefix(_GEOMETRY): arrays[name] for name in arrays if name.startswith(_GEOMETRY)}
        geometry = Geometry.from_arrays(shape) if shape else None
        nulls = {name: array for name, array in arrays.items() if name != _SUMMARY and not name.startswith(_GEOMETRY)}
        return cls(layout, spec, summary, nulls, header["created_at"], header["origin"], geometry)


def digest_of(packed: bytes) -> str:
    """SHA-256 of a packed baseline, in hexadecimal."""
    return hashlib.sha256(packed).hexdigest()
