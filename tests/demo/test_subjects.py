from __future__ import annotations

import pandas as pd
import pytest

from mlflow_exporter.demo.subjects import FLIGHT_DELAY, FLIGHT_DURATION, Phase, Subject

FLIGHTS = pd.DataFrame({
    "arr_delay": [-20.0, 0.0, 1.0, None],
    "air_time": [100.0, 200.0, 300.0, None],
    "distance": [500, 1_000, 1_001, 2_000],
    "temp": [32.0, 50.0, 212.0, None],
    "dewp": [32.0, 41.0, 50.0, None],
})  # fmt: skip


def test_late_is_after_the_schedule() -> None:
    """A flight is late when it lands after its scheduled time, and has no label when it was diverted."""
    assert FLIGHT_DELAY.label(FLIGHTS).fillna("?").tolist() == ["on_time", "on_time", "late", "?"]


def test_drift_of_the_classifier_is_a_change_of_unit() -> None:
    """The drifted classifier sees °C: 32, 50 and 212 °F become 0, 10 and 100."""
    drifted = FLIGHT_DELAY.rows(FLIGHTS, Phase.DRIFT)
    assert drifted["temp"].tolist()[:3] == pytest.approx([0, 10, 100])
    assert FLIGHT_DELAY.label(drifted).equals(FLIGHT_DELAY.label(FLIGHTS))


def test_drift_of_the_regressor_is_another_population() -> None:
    """The drifted regressor sees only flights beyond 1,000 miles, as they were."""
    drifted = FLIGHT_DURATION.rows(FLIGHTS, Phase.DRIFT)
    assert drifted["distance"].tolist() == [1_001, 2_000]
    assert drifted["air_time"].tolist()[:1] == [300.0]


@pytest.mark.parametrize("subject", (FLIGHT_DELAY, FLIGHT_DURATION), ids=lambda subject: subject.name)
def test_decay_changes_outcomes_and_no_input(subject: Subject) -> None:
    """Accuracy is lost because the outcome of the same inputs changes."""
    drifted, decayed = subject.rows(FLIGHTS, Phase.DRIFT), subject.rows(FLIGHTS, Phase.DECAY)
    inputs = [name for name in subject.features if name in FLIGHTS]
    pd.testing.assert_frame_equal(drifted[inputs], decayed[inputs])
    assert not subject.label(drifted).equals(subject.label(decayed))


def test_clean_rows_are_untouched() -> None:
    """In the first phase the flights come as they are."""
    pd.testing.assert_frame_equal(FLIGHT_DELAY.rows(FLIGHTS, Phase.CLEAN), FLIGHTS)
