"""What the two models predict, and what goes wrong with each in production."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import pandas as pd

from mlflow_exporter.domain import Task

LATE, ON_TIME = "late", "on_time"
_LONG_HAUL_MILES = 1_000
_SLACK_CUT_MINUTES = 15
_DETOUR = 1.12


class Phase(IntEnum):
    """Each phase keeps what the one before changed."""

    CLEAN = 0
    DRIFT = 1
    DECAY = 2


@dataclass(frozen=True)
class Subject:
    """A registered model: its columns, its label, and how the world moves away from what it learnt.

    `label` gives each row's true outcome, missing where a flight was diverted. `drift` gives the rows that come once
    the inputs have drifted, `decay` the rows whose inputs stay while their outcome is no longer what was learnt.
    `positive` is the class of interest of a classifier.
    """

    name: str
    task: Task
    description: str
    categorical: tuple[str, ...]
    numeric: tuple[str, ...]
    label: Callable[[pd.DataFrame], pd.Series]
    drift: Callable[[pd.DataFrame], pd.DataFrame]
    decay: Callable[[pd.DataFrame], pd.DataFrame]
    positive: str | None = None

    @property
    def features(self) -> list[str]:
        """The model's input columns, in order."""
        return [*self.categorical, *self.numeric]

    def rows(self, flights: pd.DataFrame, phase: Phase) -> pd.DataFrame:
        """The flights as they come in a phase."""
        changes = [self.drift, self.decay][:phase]
        for change in changes:
            flights = change(flights)
        return flights.reset_index(drop=True)


def arrives_late(flights: pd.DataFrame) -> pd.Series:
    """`late` where the flight lands after its scheduled time, else `on_time`."""
    outcome = (flights["arr_delay"] > 0).map({True: LATE, False: ON_TIME})
    return outcome.where(flights["arr_delay"].notna())


def minutes_in_air(flights: pd.DataFrame) -> pd.Series:
    """Minutes between take-off and landing."""
    return flights["air_time"]


def to_celsius(flights: pd.DataFrame) -> pd.DataFrame:
    """The weather feed changes its unit: temperature and dew point arrive in °C instead of °F."""
    return flights.assign(temp=(flights["temp"] - 32) / 1.8, dewp=(flights["dewp"] - 32) / 1.8)


def cut_slack(flights: pd.DataFrame) -> pd.DataFrame:
    """The airlines plan 15 minutes less for each flight, so that the same flights land later against the schedule."""
    return flights.assign(arr_delay=flights["arr_delay"] + _SLACK_CUT_MINUTES)


def long_haul(flights: pd.DataFrame) -> pd.DataFrame:
    """Only the flights beyond 1,000 miles come: the short ones are sent to another model."""
    return flights[flights["distance"] > _LONG_HAUL_MILES]


def detour(flights: pd.DataFrame) -> pd.DataFrame:
    """A closed airspace makes every flight 12% longer."""
    return flights.assign(air_time=flights["air_time"] * _DETOUR)


FLIGHT_DELAY = Subject(
    name="flight-delay",
    task=Task.CLASSIFICATION,
    description="Will a flight that leaves the gate in New York land late?",
    categorical=("carrier", "origin"),
    numeric=(
        "dep_delay",
        "distance",
        "month",
        "weekday",
        "hour",
        "temp",
        "dewp",
        "wind_speed",
        "precip",
        "pressure",
        "visib",
        "seats",
    ),
    label=arrives_late,
    drift=to_celsius,
    decay=cut_slack,
    positive=LATE,
)

FLIGHT_DURATION = Subject(
    name="flight-duration",
    task=Task.REGRESSION,
    description="How many minutes will a flight from New York be in the air?",
    categorical=("carrier", "origin", "dest"),
    numeric=("distance", "month", "hour", "temp", "wind_dir", "wind_speed", "pressure", "seats", "built"),
    label=minutes_in_air,
    drift=long_haul,
    decay=detour,
)
