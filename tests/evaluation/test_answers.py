from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mlflow_exporter.engines.plan import Parts, Plan
from mlflow_exporter.evaluation.answers import Answers
from mlflow_exporter.profiles.baseline import Baseline


@pytest.fixture
def plan_of(baseline: Baseline) -> Callable[..., Plan]:
    """The plan of a model with these segment columns."""

    def make(*segments: str) -> Plan:
        return Plan(baseline.layout, baseline.spec, Parts("prediction"), dict.fromkeys(segments, ("a", "b")))

    return make


def _answers(rows: int, *segments: str) -> Answers:
    rng = np.random.default_rng(rows)
    codes = {name: rng.integers(0, 3, rows) for name in segments}
    return Answers(rng.integers(0, 2, rows).astype(np.float64), rng.random((rows, 1)), codes)


@pytest.mark.parametrize("rows", (0, 1, 50))
def test_what_waited_comes_back_to_the_bit(plan_of: Callable[..., Plan], rows: int) -> None:
    """Answers, probabilities, absent ones included, and segments are as they were."""
    answers = _answers(rows, "city", "kind")
    answers.probabilities[:1] = np.nan
    read = Answers.unpack(answers.pack(), plan_of("city", "kind"))
    assert read.predicted.tobytes() == answers.predicted.tobytes()
    assert read.probabilities.tobytes() == answers.probabilities.tobytes()
    assert {name: codes.tolist() for name, codes in read.segments.items()} == {
        name: codes.tolist() for name, codes in answers.segments.items()
    }


def test_segments_are_known_by_their_names(plan_of: Callable[..., Plan]) -> None:
    """In another order they are the same, one that was not kept is -1, and one not asked for is passed over."""
    answers = [_answers(4, "city", "kind"), _answers(3), _answers(2, "kind")]
    packed = [each for some in answers for each in some.pack()]
    read = Answers.unpack(packed, plan_of("kind", "age", "city"))
    assert list(read.segments) == ["kind", "age", "city"]
    city, kind = answers[0].segments.values()
    assert read.segments["city"].tolist() == [*city, -1, -1, -1, -1, -1]
    assert read.segments["kind"].tolist() == [*kind, -1, -1, -1, *answers[2].segments["kind"]]
    assert read.segments["age"].tolist() == [-1] * 9
    assert read.predicted.tolist() == [value for some in answers for value in some.predicted.tolist()]


def test_some_are_taken_with_all_their_parts() -> None:
    """What is taken are these rows' answers, probabilities and segments."""
    answers = _answers(5, "city")
    taken = answers.take(np.array([3, 1]))
    assert taken.predicted.tolist() == answers.predicted[[3, 1]].tolist()
    assert taken.probabilities.tolist() == answers.probabilities[[3, 1]].tolist()
    assert taken.segments["city"].tolist() == answers.segments["city"][[3, 1]].tolist()
    assert replace(answers, segments={}).take(np.array([0])).segments == {}
