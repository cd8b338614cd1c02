"""The three ways in which drift tests look at a profile, and what they need to know of the baseline for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

from mlflow_exporter.profiles.comparison import Comparison, compare_categories, compare_numbers
from mlflow_exporter.profiles.profile import Profile
from mlflow_exporter.statistics.catalogue import SimulatedTest, drift_tests
from mlflow_exporter.statistics.coarse import Grouping, group
from mlflow_exporter.statistics.null import Null, simulate

FINE: Final = "fine"
COARSE: Final = "coarse"
CATEGORICAL: Final = "categorical"


@dataclass(frozen=True, eq=False)
class Views:
    """A baseline's numeric columns in fine and in coarse cells, and its categorical ones; with any window beside."""

    baseline: Profile
    grouping: Grouping

    @classmethod
    def of(cls, baseline: Profile) -> Views:
        """The views of a baseline, whose coarse cells it pins."""
        return cls(baseline, group(baseline.bins, baseline.layout.numeric_starts))

    def compare(self, window: Profile) -> dict[str, Comparison]:
        """Each view of the baseline beside the window's."""
        fine = compare_numbers(self.baseline, window)
        categories = compare_categories(self.baseline, window)
        return {FINE: fine, COARSE: self.grouping.comparison(fine), CATEGORICAL: categories}

    def simulate(self, workers: int = 1) -> dict[str, NDArray[Any]]:
        """The null distributions of every simulated test in each view, as arrays by `view.name`."""
        arrays: dict[str, NDArray[Any]] = {}
        for view, comparison in self.compare(self.baseline).items():
            null = simulate(comparison, _simulated(view), workers)
            arrays |= {f"{view}.{name}": array for name, array in null.to_arrays().items()}
        return arrays


def nulls_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Null]:
    """The null distributions by view that `Views.simulate` made arrays of."""
    views: dict[str, dict[str, NDArray[Any]]] = {}
    for key, array in arrays.items():
        view, _, name = key.partition(".")
        views.setdefault(view, {})[name] = array
    return {view: Null.from_arrays(named) for view, named in views.items()}


def _simulated(view: str) -> dict[str, SimulatedTest]:
    cells = FINE if view == FINE else COARSE
    return {
        name: test for name, test in drift_tests().items() if cells == test.CELLS and isinstance(test, SimulatedTest)
    }
