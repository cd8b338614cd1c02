"""Labels that come apart, while the version that is watched changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlflow_exporter.results import Evaluation

NOW = 1_700_000_123.0


def _labelled(lab: Any, registry: Any) -> tuple[Callable[[str], Evaluation], Any]:
    """A function that moves the alias and evaluates, with labels that come apart."""
    catalogue = registry.catalogue()
    monitor = lab.monitor(lab.labelled(version="@champion"), catalogue)

    def evaluate(version: str) -> Evaluation:
        registry.aliases = {"champion": version}
        catalogue.refresh()
        evaluation: Evaluation = monitor.evaluate(NOW)
        assert evaluation.success, evaluation.problems
        return evaluation

    return evaluate, monitor


def _labels(evaluation: Evaluation) -> tuple[int, int | None]:
    return evaluation.windows[-1].rows, evaluation.windows[-1].labelled_rows


def test_labels_that_come_after_the_alias_moved_are_the_old_versions(lab: Any, make_rows: Any, registry: Any) -> None:
    """They are joined to its predictions while another version is watched; moved back, its accuracy is complete."""
    evaluate, _ = _labelled(lab, registry)
    rows = make_rows(600, seed=9)
    lab.append(rows[:400])
    lab.append_labels(rows[:100])
    assert _labels(evaluate("1")) == (400, 100)
    lab.append(rows[400:])
    assert _labels(evaluate("2")) == (200, 0)
    lab.append_labels(rows[100:500])
    assert _labels(evaluate("2")) == (200, 100)
    back = evaluate("1")
    assert _labels(back) == (400, 400)
    expected = rows[:400].groupby(["churned", "prediction"]).size()
    assert back.windows[-1].confusion == {(str(a), str(p)): int(n) for (a, p), n in expected.items()}
    with lab.store.reading() as transaction:
        assert [transaction.waiting_predictions.count(stream) for stream in (1, 2)] == [0, 100]
        assert [transaction.waiting_labels.count(stream) for stream in (1, 2)] == [0, 0]


def test_a_label_that_came_before_its_prediction_is_the_version_s_that_makes_it(
    lab: Any, make_rows: Any, registry: Any
) -> None:
    """Labels that wait go on waiting with the version that the alias moves to, and back."""
    evaluate, _ = _labelled(lab, registry)
    rows = make_rows(300, seed=9)
    lab.append(rows[:100])
    lab.append_labels(rows)
    assert _labels(evaluate("1")) == (100, 100)
    lab.append(rows[100:200])
    assert _labels(evaluate("2")) == (100, 100)
    lab.append(rows[200:])
    assert _labels(evaluate("1")) == (200, 200)


def test_a_new_baseline_takes_only_its_own_version_s_rows_again(lab: Any, make_rows: Any, registry: Any) -> None:
    """Rows and labels of the other version stay that one's, also when both have got a new baseline."""
    evaluate, _ = _labelled(lab, registry)
    first, second = registry.versions["1"], registry.versions["2"]
    rows = make_rows(600, seed=9)
    for version, part in (("1", rows[:100]), ("2", rows[100:300]), ("1", rows[300:350]), ("2", rows[350:400])):
        lab.append(part)
        lab.append_labels(part[:40])
        evaluate(version)
    registry.versions["1"] = second
    assert _labels(evaluate("1")) == (150, 80)
    registry.versions["2"] = first
    assert _labels(evaluate("2")) == (250, 80)
    registry.versions["1"] = first
    lab.append(rows[400:])
    again = evaluate("1")
    assert _labels(again) == (350, 80)
    assert again.rejected == {"already_counted": 250 + 150 + 250}
    assert _labels(evaluate("2")) == (250, 80)
